"""One connection of the simulated Event Socket: FreeSWITCH's side of it."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from uuid import uuid4

from assist.aio import race
from assist.errors import ProtocolError
from assist.simulate.api import api
from assist.simulate.session import Session
from assist.simulate.subscription import Subscription
from assist.simulate.switchboard import Switchboard
from assist.switch.wire import Command, CommandParser, frame

GOODBYE = b"Disconnected, goodbye.\nSee you at ClueCon! http://www.cluecon.com/\n"
FOR_EVER = float("inf")


class EventSocket:
    """Answers in order, and tells of events."""

    def __init__(self, session: Session, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connected = False
        """``connect`` was answered."""
        self.finished = False
        self._session = session
        self._board: Switchboard = session.board
        self._reader = reader
        self._writer = writer
        self._subscription = Subscription(session.uuid)
        self._linger: float | None = None
        self._resumes = False
        self._left = asyncio.Event()
        self._ending: asyncio.TimerHandle | None = None

    async def run(self) -> None:
        """Serve until either side ends it."""
        self._board.subscribers.add(self)
        try:
            await race(self._serve(), self._left.wait())
        except (OSError, ProtocolError):
            pass  # whoever was there is gone, or talks nonsense
        finally:
            await self._finish()

    async def _serve(self) -> bool:
        parser = CommandParser()
        while data := await self._reader.read(4096):
            for command in parser.feed(data):
                self._writer.write(self._answer(command))
                if self._left.is_set():
                    return True
        return True

    def tell(self, event: Mapping[str, str]) -> None:
        if not self.finished and self._subscription.wants(event):
            self._writer.write(self._subscription.write(event))

    def notice_end(self) -> None:
        """The call is over: go, or linger."""
        if self._ending or self._left.is_set() or self.finished:
            return
        if self._linger is None:
            self._left.set()
            return
        self._notice({"Content-Disposition": "linger", "Linger-Time": str(int(min(self._linger, 1e9)))})
        if self._linger < FOR_EVER:
            self._ending = asyncio.get_running_loop().call_later(self._linger, self._left.set)

    async def _finish(self) -> None:
        if self._ending:
            self._ending.cancel()
        self.finished = True
        self._board.subscribers.discard(self)
        session = self._session
        if not session.cause:
            if self._resumes or session.variables.get("socket_resume") == "true":
                session.resetting = not session.transferred
            session.controlled = False
        self._notice({"Content-Disposition": "disconnect"}, GOODBYE)
        self._writer.close()
        with suppress(OSError):
            await self._writer.wait_closed()

    def _notice(self, headers: Mapping[str, str], body: bytes = b"") -> None:
        whose = {"Content-Type": "text/disconnect-notice", "Controlled-Session-UUID": self._session.uuid}
        self._writer.write(frame({**whose, **headers}, body))

    def _answer(self, command: Command) -> bytes:
        verb, _, rest = command.text.partition(" ")
        if verb == "api":
            return frame({"Content-Type": "api/response"}, (api(self._board, rest) or "-ERR no reply\n").encode())
        if verb == "connect":
            return self._connect()
        if verb == "bgapi":
            return self._start_job(rest, command.headers.get("Job-UUID") or str(uuid4()))
        return _reply(self._obey(verb, rest, command) or "-ERR command not found")

    def _obey(self, verb: str, rest: str, command: Command) -> str:
        words = rest.split()
        match verb:
            case "exit" | "...":
                self._left.set()
                return "+OK bye"
            case "filter":
                return self._subscription.filter(words)
            case "resume":
                self._resumes = True
                self._session.variables["socket_resume"] = "true"
                return "+OK"
            case "getvar":
                return self._session.variables.get(rest, "")
            case "myevents":
                return self._subscription.mine(words)
            case "sendmsg":
                return self._send_message(rest, command)
            case "event":
                return self._subscription.add(words)
            case "nixevent":
                return self._subscription.drop(words)
            case "noevents":
                return self._subscription.clear()
            case "linger":
                self._linger = float(words[0]) if words else FOR_EVER
                return f"+OK will linger {words[0]} seconds" if words else "+OK will linger"
            case "nolinger":
                self._linger = None
                return "+OK will not linger"
        return ""

    def _send_message(self, uuid: str, command: Command) -> str:
        session = self._board.sessions.get(uuid) if uuid else self._session
        if session is None:
            return f"-ERR invalid session id [{uuid}]"
        session.private.append(command)
        return "+OK"

    def _connect(self) -> bytes:
        self.connected = True
        headers = {
            "Event-Name": "CHANNEL_DATA",
            **self._session.profile_data("Channel"),
            **self._session.data(),
            "Content-Type": "command/reply",
            "Reply-Text": "+OK\n",
            "Socket-Mode": "async",
            "Control": "full",
        }
        return frame(headers)

    def _start_job(self, command: str, job: str) -> bytes:
        # The result comes as an event, after the answer.
        asyncio.get_running_loop().call_soon(self._end_job, command, job)
        return frame({"Content-Type": "command/reply", "Reply-Text": f"+OK Job-UUID: {job}", "Job-UUID": job})

    def _end_job(self, command: str, job: str) -> None:
        verb, _, argument = command.partition(" ")
        headers = {"Job-UUID": job, "Job-Owner-UUID": self._session.uuid, "Job-Command": verb}
        result = api(self._board, command) or "-ERR no reply\n"
        self._board.publish("BACKGROUND_JOB", {**headers, "Job-Command-Arg": argument, "_body": result})


def _reply(text: str) -> bytes:
    return frame({"Content-Type": "command/reply", "Reply-Text": text})
