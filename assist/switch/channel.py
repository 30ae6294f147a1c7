"""A call's line over FreeSWITCH.

Of the Event Socket it uses: ``connect`` data, ``filter``, ``event json``, ``linger``, ``sendmsg`` (answer,
playback, bridge), and the API commands ``uuid_setvar_multi uuid_record uuid_buglist uuid_break uuid_kill
hupall``.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from assist.aio import Stream, race
from assist.call.channel import Direction, Line, Listener, TransferOutcome
from assist.errors import CommandFailed, ConnectionLost, HungUp, SwitchError
from assist.switch.applications import Applications
from assist.switch.commands import variables, word
from assist.switch.connection import Connection
from assist.switch.events import Event
from assist.switch.listening import Listening
from assist.switch.media import Media
from assist.switch.speaking import Speaking
from assist.switch.wire import clean

logger = logging.getLogger(__name__)

T = TypeVar("T")

EVENTS = "CHANNEL_EXECUTE_COMPLETE CHANNEL_HANGUP CHANNEL_HOLD CHANNEL_UNHOLD CODEC DTMF PLAYBACK_START"

LINGER = 5
"""Seconds that the switch keeps the connection after the call, for its last events."""

RING_SECONDS = 30
"""How long the other side of a transfer may ring."""

VARIABLES = {
    # Without a timer of its own a playback that waits for bytes keeps the ear and the keys waiting too.
    "timer_name": "soft",
    "playback_terminators": "none",
    "hangup_after_bridge": "false",
    "continue_on_fail": "true",
    "ringback": "%(1500,3000,425)",
}

# With FreeSWITCH's own 25 frames of patience the caller would be kept later than the assistant; a thread of its own,
# begun when the caller has just hung up, would keep the session for ever.
_STEREO = "{RECORD_STEREO=true,RECORD_PRE_BUFFER_FRAMES=0,RECORD_USE_THREAD=false}"

_MARK = "assist_transfer"
"""Variable of whoever is being called for a transfer, with the id of our call in it."""

_OUTCOMES = {
    "SUCCESS": TransferOutcome.ENDED,
    "USER_BUSY": TransferOutcome.BUSY,
    "NO_ANSWER": TransferOutcome.NO_ANSWER,
    "NO_USER_RESPONSE": TransferOutcome.NO_ANSWER,
    "ALLOTTED_TIMEOUT": TransferOutcome.NO_ANSWER,
    "PROGRESS_TIMEOUT": TransferOutcome.NO_ANSWER,
    "RECOVERY_ON_TIMER_EXPIRE": TransferOutcome.NO_ANSWER,
}


class FreeSwitchChannel:
    """Fulfils `assist.call.channel.Channel`; made by `open_channel`."""

    def __init__(self, connection: Connection, connect: Event, media: Media, ring_seconds: int) -> None:
        self.line = line_of(connect)
        self._connection = connection
        self._media = media
        self._ring_seconds = ring_seconds
        self._applications = Applications(connection)
        self._listening = Listening(connection, media, self.line.id)
        self._speaking = Speaking(connection, self._applications, media, self.line.id)
        self._answered = connect.get("Answer-State") == "answered"
        self._kept: str | None = None
        self._over: asyncio.Future[SwitchError] = asyncio.get_running_loop().create_future()
        self._deaf: asyncio.Future[SwitchError] = asyncio.get_running_loop().create_future()
        self._speaking.notice(connect)
        self._hold(connect.get("Channel-Call-State") == "HELD")

    @property
    def heard(self) -> int:
        return self._speaking.heard

    async def answer(self) -> None:
        if not self._answered:
            await self._while_up(self._applications.run("answer"))
            self._answered = True

    async def listen(self, listener: Listener, since: int = 0) -> None:
        await self._while_up(self._listening.begin(listener, since))

    def forget(self, before: int) -> None:
        self._listening.forget(before)

    async def play(self, audio: Stream[bytes]) -> None:
        # Who was told that the ear is lost may still say goodbye.
        told = () if self._deaf.done() else (self._deaf,)
        self._listening.speak(True)
        try:
            await self._while_up(self._speaking.play(audio), *told)
        finally:
            self._listening.speak(False)

    async def transfer(self, destination: str) -> TransferOutcome:
        return await self._while_up(self._transfer(destination))

    async def hang_up(self, cause: str = "NORMAL_CLEARING") -> None:
        if not self._over.done():
            with suppress(CommandFailed):
                # It fails if the call has just ended by itself.
                await self._connection.api(f"uuid_kill {self.line.id} {word(cause)}")
        with suppress(HungUp):
            await _raise(self._over)

    async def hung_up(self) -> str:
        try:
            return await self._while_up(_raise(self._over), self._deaf)
        except HungUp as end:
            return end.cause

    async def record(self, path: Path) -> None:
        """Keep the call in *path*, a WAV file: the caller left, the assistant right, transfers masked."""
        kept = word(str(path))
        await self._while_up(self._connection.api(f"uuid_record {self.line.id} start {kept} 0 {_STEREO}"))
        self._kept = kept

    async def _transfer(self, destination: str) -> TransferOutcome:
        settings = {_MARK: self.line.id, "originate_timeout": str(self._ring_seconds)}
        await self._listening.stop()
        await self._mask(True)
        try:
            ended = await self._applications.run("bridge", variables(settings) + destination)
        except asyncio.CancelledError:
            if not self._over.done():
                await self._connection.api(f"hupall NORMAL_CLEARING {_MARK} {self.line.id}")
                await self._come_back()
            raise
        await self._come_back()
        return _OUTCOMES.get(ended.get("variable_originate_disposition"), TransferOutcome.FAILED)

    async def _come_back(self) -> None:
        await self._mask(False)
        await self._listening.resume()

    async def _mask(self, masked: bool) -> None:
        if self._kept:
            await self._connection.api(f"uuid_record {self.line.id} {'mask' if masked else 'unmask'} {self._kept}")

    async def _while_up(self, wait: Coroutine[Any, Any, T], *ends: asyncio.Future[SwitchError]) -> T:
        return await race(*(_raise(end) for end in (self._over, *ends)), wait)

    def _notice(self, event: Event) -> None:
        if event.get("Unique-ID") != self.line.id:
            return
        self._applications.notice(event)
        self._speaking.notice(event)
        match event.name:
            case "DTMF":
                self._listening.press(event["DTMF-Digit"])
            case "CHANNEL_HOLD" | "CHANNEL_UNHOLD":
                self._hold(event.name == "CHANNEL_HOLD")
            case "CHANNEL_HANGUP":
                _settle(self._over, HungUp(event.get("Hangup-Cause", "UNKNOWN")))

    def _hold(self, held: bool) -> None:
        self._speaking.hold(held)
        self._listening.hold(held)

    async def _prepare(self) -> None:
        settings = ";".join(f"{name}={value}" for name, value in VARIABLES.items())
        await self._connection.command(f"filter Unique-ID {self.line.id}")
        await self._connection.command(f"event json {EVENTS}")
        await self._connection.command(f"linger {LINGER}")
        try:
            await self._connection.api(f"uuid_setvar_multi {self.line.id} {settings}")
        except CommandFailed as error:
            # The only reason is that there is no such call any more, and its end came before we asked to be told.
            over = HungUp("UNKNOWN")
            _settle(self._over, over)
            raise over from error
        await self._speaking.take_over()

    async def _watch_connection(self) -> None:
        await self._connection.closed()
        _settle(self._over, ConnectionLost("FreeSWITCH's connection for this call is gone"))

    async def _watch_ear(self) -> None:
        _settle(self._deaf, await self._listening.watch())

    async def _close(self) -> None:
        await self._speaking.close()
        self._listening.close()
        if self._over.done() and isinstance(self._over.result(), HungUp):
            self._media.directory.remove(self.line.id)


@asynccontextmanager
async def open_channel(
    connection: Connection, connect: Event, media: Media, ring_seconds: int = RING_SECONDS
) -> AsyncIterator[FreeSwitchChannel]:
    """Yield the line of the call that *connection* serves and *connect* describes.

    When the call is over nothing of it is left. If it is not, its recording goes on, for the next
    worker. The other side of a transfer may ring for *ring_seconds*. Raises `HungUp`, `ConnectionLost`.
    """
    channel = FreeSwitchChannel(connection, connect, media, ring_seconds)
    unsubscribe = connection.subscribe(channel._notice)
    watches = [asyncio.create_task(channel._watch_connection()), asyncio.create_task(channel._watch_ear())]
    try:
        await channel._prepare()
        yield channel
    finally:
        for watch in watches:
            watch.cancel()
        await asyncio.gather(*watches, return_exceptions=True)
        await channel._close()
        unsubscribe()


def line_of(connect: Event) -> Line:
    """Return what FreeSWITCH says of a call when it connects."""
    direction = Direction(connect.get("variable_assist_direction") or connect.get("Call-Direction", "inbound"))
    return Line(
        id=connect["Unique-ID"],
        direction=direction,
        caller_number=clean(connect.get("Caller-Caller-ID-Number")),
        caller_name=clean(connect.get("Caller-Caller-ID-Name")),
        called_number=clean(connect.get("Caller-Destination-Number")),
        assistant=clean(connect.get("variable_assist_assistant")),
    )


async def _raise(end: asyncio.Future[SwitchError]) -> NoReturn:
    raise await asyncio.shield(end)


def _settle(future: asyncio.Future[SwitchError], error: SwitchError) -> None:
    if not future.done():
        future.set_result(error)
