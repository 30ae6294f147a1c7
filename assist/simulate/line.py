"""The simulated line: FreeSWITCH's end of the Event Socket over real TCP, and callers, for machines without FreeSWITCH.

async with SimulatedLine(["127.0.0.1:8084"]) as line:
    async with line.call("34910000001", variables={"assist_assistant": "clinica"}) as call:
        await call.say(audio)
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from types import TracebackType
from typing import Self
from uuid import uuid4

from assist.aio import Stream, race
from assist.audio.formats import LINE_BYTES_PER_SECOND, Encoding
from assist.audio.level import dbfs
from assist.errors import HungUp
from assist.simulate.applications import APPLICATIONS
from assist.simulate.called import Answering, behave, taken
from assist.simulate.caller import SPEECH_ABOVE
from assist.simulate.clock import beat
from assist.simulate.destinations import Destination, find_destination
from assist.simulate.dialplan import Dialplan, Extension
from assist.simulate.inbound import InboundSocket
from assist.simulate.outgoing import USAGE, SimulatedRinging, await_answer, parse
from assist.simulate.profile import Profile
from assist.simulate.session import Session, Steps
from assist.simulate.switchboard import Switchboard

logger = logging.getLogger(__name__)

NOBODY = "0000000000"
"""What FreeSWITCH shows as the caller's number if it is told none."""


class SimulatedCall:
    """The caller's end of a call: fulfils `assist.simulate.caller.Leg`."""

    def __init__(self, session: Session, extension: Extension) -> None:
        self.id = session.uuid
        """Of the assistant's end."""
        self._session = session
        self._extension = extension
        self._handset = session.handset

    @property
    def recorded(self) -> bytes:
        """All that was heard since the answer, `LINE`."""
        return bytes(self._handset.recorded)

    @property
    def apologised(self) -> bool:
        """Whether no worker took the call, or both were lost."""
        return self._extension.apologised

    async def answered(self) -> None:
        """Wait until somebody picks up. Raises `HungUp` if nobody does."""
        await race(self._session.picked_up.wait(), self._handset.over.wait())
        if not self._session.answered:
            raise HungUp(self._handset.cause)

    async def say(self, audio: bytes) -> None:
        await self._handset.say(audio)

    async def press(self, digits: str) -> None:
        await self._handset.press(digits)

    def listen(self) -> Stream[bytes]:
        return self._handset.listen()

    async def quiet(self, seconds: float) -> None:
        """Wait until the assistant has been silent for so long, or the call is over."""
        silent = 0.0
        async with aclosing(self.listen()) as heard:
            async for frame in heard:
                silent = 0.0 if dbfs(frame) > SPEECH_ABOVE else silent + len(frame) / LINE_BYTES_PER_SECOND
                if silent >= seconds:
                    return

    def hold(self) -> None:
        """Put the assistant on hold."""
        self._session.signal(lambda: self._session.hold(True))

    def unhold(self) -> None:
        """Take the call back."""
        self._session.signal(lambda: self._session.hold(False))

    def reinvite(self, codec: str) -> None:
        """Change the codec of the line: ``PCMA`` or ``PCMU``."""
        self._session.signal(lambda: self._session.change_codec(Encoding(codec)))

    async def hang_up(self) -> None:
        self._handset.hang_up("NORMAL_CLEARING")
        self._session.signal(lambda: self._session.hang_up("NORMAL_CLEARING"))

    async def ended(self) -> str:
        await self._handset.over.wait()
        return self._handset.cause


class SimulatedLine:
    """Calls that come to the workers at *hosts* (``host:port``), which are tried in turn: ``async with``."""

    def __init__(
        self,
        hosts: Sequence[str],
        plan: Dialplan | None = None,
        destinations: Callable[[str], Destination] = find_destination,
        answering: Answering | None = None,
    ) -> None:
        """*answering*: whoever is called by ``originate``; without it *destinations* are."""
        self.board = Switchboard(APPLICATIONS, self._originate, destinations)
        self._answering = answering or (lambda ringing: behave(ringing, destinations(ringing.number)))
        self._hosts = hosts
        self._plan = plan or Dialplan()
        self._threads: dict[str, tuple[Steps, Extension]] = {}

    async def __aenter__(self) -> Self:
        self.board.begin(beat(self._tick))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for uuid, (thread, _) in tuple(self._threads.items()):
            self.board.sessions[uuid].hang_up("MANAGER_REQUEST")
            thread.close()
            self._forget(uuid)
        await self.board.close()

    @asynccontextmanager
    async def call(
        self,
        number: str,
        *,
        caller: str = "34600000000",
        name: str = "",
        codec: str = "PCMA",
        variables: Mapping[str, str] | None = None,
    ) -> AsyncIterator[SimulatedCall]:
        """Call *number* and yield the caller's end once it is answered. Raises `HungUp` if it is not.

        *variables* are what the dialplan set, as ``assist_assistant``. Leaving the block ends the call.
        """
        call = self.ring(Profile(caller, name, number), codec, variables or {})
        try:
            await call.answered()
            yield call
        finally:
            await call.hang_up()

    def ring(self, profile: Profile, codec: str = "PCMA", variables: Mapping[str, str] | None = None) -> SimulatedCall:
        """Let a call begin and return the caller's end, which hears nothing before it is answered."""
        return SimulatedCall(*self._begin(str(uuid4()), profile, codec, variables or {}))

    @asynccontextmanager
    async def event_socket(self, password: str, port: int = 0) -> AsyncIterator[int]:
        """Serve FreeSWITCH's own Event Socket on loopback, and yield its port."""

        def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self.board.begin(InboundSocket(self.board, password, reader, writer).run())

        server = await asyncio.start_server(serve, "127.0.0.1", port)
        async with server:
            yield server.sockets[0].getsockname()[1]

    async def _originate(self, argument: str) -> str:
        order = parse(argument)
        if order is None:
            return USAGE
        uuid = order.uuid
        if uuid in self.board.sessions:
            return "-ERR DESTINATION_OUT_OF_ORDER\n"
        caller = order.variables.get("origination_caller_id_number", NOBODY)
        profile = Profile(caller, "", order.number, "outbound")
        session, extension = self._begin(uuid, profile, "PCMA", order.variables)
        session.create()
        call = SimulatedCall(session, extension)
        self.board.begin(taken(SimulatedRinging(session, call), self._answering))
        printed = await await_answer(session, order)
        session.route(order.extension)
        extension.entered = True
        return printed

    def _begin(
        self, uuid: str, profile: Profile, codec: str, variables: Mapping[str, str]
    ) -> tuple[Session, Extension]:
        session = Session(self.board, uuid, profile, Encoding(codec), variables)
        extension = Extension(session, self._hosts, self._plan)
        self.board.sessions[uuid] = session
        self._threads[uuid] = (extension.thread(), extension)
        return session, extension

    def _tick(self) -> None:
        for uuid, (thread, extension) in tuple(self._threads.items()):
            session = self.board.sessions[uuid]
            extension.watch()
            try:
                goes_on = session.tick(thread)
            except Exception:
                # One call's mistake must not stop the clock of the others.
                logger.exception("call %s: the simulated line fails", uuid)
                goes_on = False
            if session.cause:
                extension.notice_end()
            if not goes_on:
                self._forget(uuid)

    def _forget(self, uuid: str) -> None:
        del self._threads[uuid], self.board.sessions[uuid]
