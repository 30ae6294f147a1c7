"""The voice of one call: each reply one ``playback`` of one pipe, in the codec that the line has now."""

import asyncio
import logging
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from assist.aio import Stream
from assist.audio.formats import LINE, Encoding
from assist.errors import MediaLost, SwitchError
from assist.switch.applications import Applications
from assist.switch.connection import Connection
from assist.switch.directory import VOICES
from assist.switch.events import Event
from assist.switch.media import Media
from assist.switch.script import Script
from assist.switch.voice import Pipe, Voice

logger = logging.getLogger(__name__)

STOP_SECONDS = 1.0
"""FreeSWITCH ends a playback within a frame of being told; who waits longer waits for a switch that does not answer."""


@dataclass(frozen=True, slots=True)
class Codec:
    """How audio travels on the line."""

    name: str
    frame: int
    """Samples in a packet."""

    @property
    def encoding(self) -> Encoding:
        """Raises `MediaLost` if it is none that a pipe can carry."""
        if self.name not in VOICES:
            raise MediaLost(f"the line's codec is {self.name or 'unknown'}: let FreeSWITCH offer PCMA and PCMU only")
        return Encoding(self.name)


class Playback:
    """One ``playback`` that was asked for."""

    def __init__(self, path: Path, codec: Codec, applications: Applications) -> None:
        loop = asyncio.get_running_loop()
        self.id = str(uuid4())
        self.path = path
        self.codec = codec
        self.started: asyncio.Future[None] = loop.create_future()
        self.ended = applications.expect(self.id)
        self.interrupted: asyncio.Future[None] = loop.create_future()
        """Somebody else needs it to stop: it goes on later from where it was heard."""


class Speaking:
    """What the caller is told."""

    def __init__(self, connection: Connection, applications: Applications, media: Media, call: str) -> None:
        self.heard = 0
        """Samples of the last `play` that were heard."""
        self._connection = connection
        self._applications = applications
        self._media = media
        self._call = call
        self._codec = Codec("", 0)
        self._turn = asyncio.Lock()
        self._free = asyncio.Event()
        self._free.set()
        self._over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._playback: Playback | None = None
        self._ending: asyncio.Task[None] | None = None
        self._number = 0

    async def play(self, audio: Stream[bytes]) -> None:
        """Return when all of *audio* is heard; cancelled, the line is silent. Raises `MediaLost`."""
        async with self._turn:
            # One that was cancelled twice may still be going.
            await self.close()
            self.heard = 0
            script = Script()
            filling = asyncio.create_task(script.fill(audio))
            try:
                await self._say(script)
                await filling
            finally:
                filling.cancel()
                await asyncio.gather(filling, return_exceptions=True)

    def notice(self, event: Event) -> None:
        """Take notice of *event* of the call."""
        playback = self._playback
        if (codec := _codec(event)) and codec != self._codec:
            self._codec = codec
            if playback and playback.codec.name != codec.name:
                _settle(playback.interrupted)
        match event.name:
            case "PLAYBACK_START" if playback and event.get("Playback-File-Path") == str(playback.path):
                _settle(playback.started)
            case "CHANNEL_HANGUP":
                _settle(self._over)

    def hold(self, held: bool) -> None:
        """The call was put on hold, where nothing is heard, or taken back."""
        if not held:
            self._free.set()
            return
        self._free.clear()
        if self._playback:
            _settle(self._playback.interrupted)

    async def take_over(self) -> None:
        """End what a worker before this one was saying: FreeSWITCH may be waiting for it."""
        left = [file for file in self._media.directory.files(self._call) if file.kind in VOICES]
        if left:
            with suppress(SwitchError):
                await self._connection.api(f"uuid_break {self._call}")
        for file in left:
            self._number = max(self._number, file.number)
            with suppress(FileNotFoundError):
                # Whoever waits for a writer gets one, and then the end of the file.
                os.close(os.open(file.path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC))
                file.path.unlink()

    async def close(self) -> None:
        """Return when nothing is being said any more; `play` was cancelled before."""
        if self._ending:
            await asyncio.shield(self._ending)

    async def _say(self, script: Script) -> None:
        while await script.more(self.heard):
            await self._free.wait()
            before = self.heard
            playback = await self._perform(script)
            if self.heard == before and not playback.interrupted.done():
                raise self._media.directory.lost()

    async def _perform(self, script: Script) -> Playback:
        codec = self._codec
        self._number += 1
        path = self._media.directory.voice(self._call, self._number, codec.encoding)
        try:
            pipe = Pipe(path)
        except OSError as error:
            raise self._media.directory.lost(error) from error
        voice = Voice(self._call, pipe, script, self.heard, codec.encoding, codec.frame)
        playback = self._playback = Playback(path, codec, self._applications)
        voice.tick(asyncio.get_running_loop().time())
        self._media.add(voice)
        try:
            await self._connection.execute("playback", str(path), event_uuid=playback.id)
            await _first(playback.ended, playback.interrupted)
            return playback
        finally:
            self._ending = asyncio.create_task(self._end(playback, voice, pipe))
            await asyncio.shield(self._ending)

    async def _end(self, playback: Playback, voice: Voice, pipe: Pipe) -> None:
        complete = playback.ended.done() and pipe.closed
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await self._silence(playback, pipe)
        except (TimeoutError, SwitchError) as error:
            logger.warning("call %s: a playback did not end as told: %s", self._call, error or "no answer")
        finally:
            self._media.remove(voice)
            pipe.close()
            self._applications.forget(playback.id)
            self._playback = self._ending = None
        if complete:
            self.heard = voice.written
        elif playback.started.done() and playback.ended.done():
            self.heard = voice.heard(int(playback.ended.result().get("variable_playback_last_offset_pos", "0")))

    async def _silence(self, playback: Playback, pipe: Pipe) -> None:
        # A break that comes before the playback has started is lost, and so is a pipe that is closed before.
        await _first(playback.started, playback.ended, self._over)
        if not playback.ended.done() and not self._over.done():
            # Without `all`, which would also drop the applications that wait for their turn, unheard of.
            await self._connection.api(f"uuid_break {self._call}")
        pipe.close()
        if playback.started.done():
            await playback.ended


def _codec(event: Event) -> Codec | None:
    # Of a re-INVITE only the write codec's event tells; the variables know it from the event after that.
    name = event.get("Channel-Write-Codec-Name") if event.name == "CODEC" else event.get("variable_rtp_use_codec_name")
    milliseconds = event.get("variable_rtp_use_codec_ptime", "20")
    return Codec(name, int(milliseconds) * LINE.rate // 1000) if name else None


async def _first(*futures: asyncio.Future[Any]) -> None:
    await asyncio.wait(futures, return_when=asyncio.FIRST_COMPLETED)


def _settle(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
