"""One connection of the simulated Event Socket: FreeSWITCH's side of it."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress

from assist.aio import race
from assist.errors import ProtocolError
from assist.simulate.jobs import perform, start_job
from assist.simulate.session import Session
from assist.simulate.subscription import NOT_FOUND, Subscription, reply
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
                self._writer.write(await self._answer(command))
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

    async def _answer(self, command: Command) -> bytes:
        verb, _, rest = command.text.partition(" ")
        if verb == "api":
            return await perform(self._board, rest)
        if verb == "connect":
            return self._connect()
        if verb == "bgapi":
            return start_job(self._board, command, self._session.uuid)
        return reply(self._obey(verb, rest, command) or NOT_FOUND)

    def _obey(self, verb: str, rest: str, command: Command) -> str:
        words = rest.split()
        match verb:
            case "exit" | "...":
                self._left.set()
                return "+OK bye"
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
            case "linger":
                self._linger = float(words[0]) if words else FOR_EVER
                return f"+OK will linger {words[0]} seconds" if words else "+OK will linger"
            case "nolinger":
                self._linger = None
                return "+OK will not linger"
        return self._subscription.obey(verb, words)

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
