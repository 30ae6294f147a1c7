"""One Event Socket connection, over streams that are already open: `async with Connection(reader, writer)`.

FreeSWITCH answers in order and without ids, so every command leaves a place in a queue before it is
written and keeps it, also if nobody waits for the answer any more. Nothing is ever sent twice and
nothing reconnects: only the caller knows whether what he asked for has happened. To each error there
are two questions, and its type answers both: `CommandFailed` (go on), `ConnectionLost` (do not).
"""

import asyncio
import logging
import socket
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

from assist.aio import race
from assist.errors import CommandFailed, ConnectionLost, ProtocolError, SwitchError
from assist.metrics import ESL_CONNECTIONS
from assist.switch.events import Event, from_json, from_plain
from assist.switch.wire import Frame, Parser, encode

logger = logging.getLogger(__name__)

READ_BYTES = 1 << 16

VANISHED_SECONDS = 20
"""After which a peer whose host no longer answers counts as gone: the kernel asks, so an idle call costs nothing."""


@dataclass(frozen=True, slots=True)
class Reply:
    """FreeSWITCH's answer to one command, which did not fail."""

    text: str
    """As ``+OK accepted``; of an ``api`` command, its output."""
    headers: Mapping[str, str]


class Connection:
    """Asks, and tells what comes unasked."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._answers: deque[asyncio.Future[Frame]] = deque()
        self._jobs: dict[str, asyncio.Future[str]] = {}
        self._jobs_are_told = False
        self._subscribers: list[Callable[[Event], None]] = []
        self._greeted = asyncio.Event()
        self._closed = asyncio.Event()
        self._reason = ""
        self.dismissed = False
        """FreeSWITCH ended it in good form, as it does after a call."""

    async def __aenter__(self) -> Self:
        _notice_a_vanished_peer(self._writer)
        ESL_CONNECTIONS.inc()
        self._reading = asyncio.create_task(self._read(), name="event socket")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        ESL_CONNECTIONS.dec()
        self.close()
        await self._reading

    async def command(self, text: str, headers: Mapping[str, str] | None = None, body: str = "") -> Reply:
        """Return the answer. Raises `CommandFailed`, `ConnectionLost`, and `ProtocolError` with nothing sent."""
        frame = await self._ask(encode(text, headers, body))
        if frame.kind == "api/response":
            answer = frame.body.decode(errors="replace")
        else:
            answer = frame.headers.get("Reply-Text", "")
        return Reply(_unless_failed(text, answer), frame.headers)

    async def api(self, text: str) -> str:
        """Return what the API command *text* prints. FreeSWITCH does nothing else for this connection meanwhile."""
        return (await self.command(f"api {text}")).text

    async def bgapi(self, text: str) -> str:
        """Return what the API command *text* prints, while the connection stays free for others.

        Without ``myevents`` the results of everybody's jobs are sent here too: for the inbound connection.
        """
        if not self._jobs_are_told:
            await self.command("event json BACKGROUND_JOB")
            self._jobs_are_told = True
        # The id is ours, so the result is recognised even if it overtakes the answer.
        job = str(uuid4())
        result = self._jobs[job] = asyncio.get_running_loop().create_future()
        try:
            await self.command(f"bgapi {text}", {"Job-UUID": job})
            return _unless_failed(f"bgapi {text}", await result)
        finally:
            del self._jobs[job]

    async def execute(self, application: str, argument: str = "", *, event_uuid: str | None = None) -> str:
        """Queue a dialplan application on the call; return the ``Application-UUID`` of its events once it is accepted.

        It starts when those before it have ended.
        """
        event_uuid = event_uuid or str(uuid4())
        headers = {
            "call-command": "execute",
            "execute-app-name": application,
            "event-uuid": event_uuid,
            "event-lock": "true",
        }
        if argument:
            headers["execute-app-arg"] = argument
        await self.command("sendmsg", headers)
        return event_uuid

    def subscribe(self, subscriber: Callable[[Event], None]) -> Callable[[], None]:
        """Give every event from now on to *subscriber*, in order, until the returned function is called.

        It returns at once. An exception it raises ends the connection.
        """
        self._subscribers.append(subscriber)
        return lambda: self._subscribers.remove(subscriber)

    async def greeted(self) -> None:
        """Wait until FreeSWITCH asks for a password: only its inbound connections do. Raises `ConnectionLost`."""
        await race(self._greeted.wait(), self._closed.wait())
        if not self._greeted.is_set():
            raise ConnectionLost(self._reason)

    async def closed(self) -> None:
        """Wait until nothing more will come, whoever ended it."""
        await self._closed.wait()

    def close(self) -> None:
        """End it: all who wait get `ConnectionLost`."""
        self._end("closed here")

    async def _ask(self, command: bytes) -> Frame:
        if self._closed.is_set():
            raise ConnectionLost(self._reason)
        answer: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        self._answers.append(answer)
        # No drain: whoever sends waits for the answer, so what is unsent is bounded by the number of tasks.
        self._writer.write(command)
        return await answer

    async def _read(self) -> None:
        parser = Parser()
        reason = "a subscriber failed"
        try:
            while data := await self._reader.read(READ_BYTES):
                for frame in parser.feed(data):
                    if self._closed.is_set():
                        return
                    self._take(frame)
            reason = "end of stream"
        except (OSError, SwitchError) as error:
            reason = str(error)
        finally:
            self._end(reason)

    def _take(self, frame: Frame) -> None:
        match frame.kind:
            case "text/event-json":
                self._tell(from_json(frame.body))
            case "text/event-plain":
                self._tell(from_plain(frame.body))
            case "command/reply" | "api/response":
                self._answer(frame)
            case "auth/request":
                self._greeted.set()
            case "text/rude-rejection":
                raise ConnectionLost("FreeSWITCH's access list does not hold this host")
            case "text/disconnect-notice" if frame.headers.get("Content-Disposition") != "linger":
                self.dismissed = True
                raise ConnectionLost("FreeSWITCH said goodbye")

    def _answer(self, frame: Frame) -> None:
        if not self._answers:
            raise ProtocolError("an answer to nothing")
        waiter = self._answers.popleft()
        if not waiter.done():
            waiter.set_result(frame)

    def _tell(self, event: Event) -> None:
        if event.name == "BACKGROUND_JOB":
            result = self._jobs.get(event.get("Job-UUID"))
            if result and not result.done():
                result.set_result(event.body)
        for subscriber in tuple(self._subscribers):
            subscriber(event)

    def _end(self, reason: str) -> None:
        if self._closed.is_set():
            return
        self._reason = reason
        self._closed.set()
        # Whatever mattered has been answered; a peer that reads no more must not keep the socket.
        self._writer.transport.abort()
        waiters: list[asyncio.Future[Any]] = [*self._answers, *self._jobs.values()]
        for waiter in waiters:
            if not waiter.done():
                waiter.set_exception(ConnectionLost(reason))
                waiter.exception()  # a job's is read by nobody if its command was never answered
        self._answers.clear()


def _unless_failed(command: str, answer: str) -> str:
    if answer.startswith(("-ERR", "-USAGE")):
        verb = " ".join(command.split()[: 2 if command.startswith(("api ", "bgapi ")) else 1])
        raise CommandFailed(answer.removeprefix("-ERR").strip(), verb)
    return answer.rstrip("\n")


def _notice_a_vanished_peer(writer: asyncio.StreamWriter) -> None:
    peer: socket.socket = writer.get_extra_info("socket")
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, VANISHED_SECONDS // 4)
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, VANISHED_SECONDS // 4)
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3)
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, VANISHED_SECONDS * 1000)
