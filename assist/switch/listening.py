"""The ear of one call: FreeSWITCH's recording kept running, and given to a listener as it grows."""

import asyncio
import logging
import math
from contextlib import suppress

from assist.audio.formats import LINE
from assist.call.channel import Listener
from assist.errors import CommandFailed, MediaLost
from assist.switch.connection import Connection
from assist.switch.directory import MediaFile
from assist.switch.events import Event
from assist.switch.media import Media
from assist.switch.recording import READ_BYTES, Recording

logger = logging.getLogger(__name__)

FRAME_SECONDS = 0.02
"""That often FreeSWITCH writes."""
FRAME = round(FRAME_SECONDS * LINE.rate)

STALLED = 0.5
"""Seconds without audio after which an ear counts as dead: 25 frames."""

# Without the first two what the caller says comes half a second late; the third saves the assistant's half. A thread of
# the recording's own, begun when the caller has just hung up, would keep the session for ever.
_VARIABLES = (
    "{enable_file_write_buffering=false,RECORD_PRE_BUFFER_FRAMES=1,RECORD_READ_ONLY=true,RECORD_USE_THREAD=false}"
)


async def hear_from_now_on(connection: Connection, connect: Event, media: Media) -> None:
    """Let FreeSWITCH keep what is said in a call, if that is answered already, for whoever will listen to it.

    Whoever was called speaks at once, and it may take seconds until all is there that the call needs. What cannot be
    kept is told to the listener.
    """
    recording = Recording(media.directory, connect["Unique-ID"])
    if connect.get("Answer-State") == "answered" and recording.current is None:
        with suppress(CommandFailed):
            await _record(connection, connect["Unique-ID"], recording.begin())


async def _record(connection: Connection, call: str, file: MediaFile) -> None:
    await connection.api(f"uuid_record {call} start {file.path} 0 {_VARIABLES}")


class Feed:
    """Gives a recording to a listener, as soon as that makes a difference to him."""

    def __init__(self, call: str, recording: Recording, listener: Listener, stalled: asyncio.Event) -> None:
        """*stalled* is set when nothing came for `STALLED` seconds."""
        self.call = call
        self.listener = listener
        self.failed = False
        """The listener, or the reading, raised an exception."""
        self._stalled = stalled
        self._recording = recording
        self._quiet_since: float | None = None
        self._looked = -math.inf
        self.speaking = False
        """Whether somebody speaks to the caller, who may want to interrupt."""

    def tick(self, now: float) -> float:
        """Give what has come to the listener, and return when there may be what it waits for."""
        looked, self._looked = self._looked, now
        audio = self._recording.read()
        if not audio:
            self._watch(now)
            return now
        self.listener.hear(audio)
        if len(audio) == READ_BYTES:
            self.drain()
        self._quiet_since = now
        wanted = -(-self.listener.patience(self.speaking) // FRAME)
        # The last frame was written since the last look.
        return max(looked, now - FRAME_SECONDS) + max(wanted, 1) * FRAME_SECONDS

    def _watch(self, now: float) -> None:
        if self._quiet_since is None:
            self._quiet_since = now
        elif now - self._quiet_since > STALLED:
            self._stalled.set()

    def drain(self) -> None:
        """Give all there is to the listener."""
        while audio := self._recording.read():
            self.listener.hear(audio)

    def restart(self) -> None:
        """Be patient again for `STALLED` seconds: nothing was to come until now."""
        self._quiet_since = None
        self._stalled.clear()

    def fail(self) -> None:
        """Give nothing more."""
        self.failed = True
        self._stalled.set()


class Listening:
    """What the caller says, from the first `begin` to `close`."""

    def __init__(self, connection: Connection, media: Media, call: str) -> None:
        self._connection = connection
        self._media = media
        self._call = call
        self._recording = Recording(media.directory, call)
        self._feed: Feed | None = None
        self._stalled = asyncio.Event()
        self._changing = asyncio.Lock()
        self._runs = False
        self._held = False
        self._speaking = False

    async def begin(self, listener: Listener, since: int) -> None:
        """Give everything from sample *since* on to *listener*. Raises `MediaLost`."""
        async with self._changing:
            if not self._runs:
                await self._take_over()
        if self._feed:
            self._media.remove(self._feed)
        self._recording.seek(since)
        self._feed = Feed(self._call, self._recording, listener, self._stalled)
        self._feed.speaking = self._speaking
        self._feed.drain()
        if self._held:
            listener.hold(True)
        self._listen()

    async def stop(self) -> None:
        """Hear nothing from now on: what is said is not meant for us."""
        async with self._changing:
            if self._runs:
                await self._stop()
        if self._feed:
            self._feed.drain()
            self._media.remove(self._feed)

    async def resume(self) -> None:
        """Hear again, if somebody listened before. Raises `MediaLost`."""
        async with self._changing:
            if self._feed and not self._runs:
                await self._start()
                self._listen()

    def speak(self, speaking: bool) -> None:
        """Somebody speaks to the caller from now on, or does no longer: who may be interrupted listens closely."""
        self._speaking = speaking
        if self._feed:
            self._feed.speaking = speaking
            if speaking:
                self._media.hasten(self._feed)

    def press(self, digit: str) -> None:
        """The caller pressed a key."""
        if self._feed:
            self._feed.listener.press(digit)

    def hold(self, held: bool) -> None:
        """The call was put on hold, where no audio comes, or taken back."""
        if held is self._held:
            return
        self._held = held
        if self._feed is None:
            return
        if held:
            self._feed.drain()
            self._media.remove(self._feed)
        self._feed.listener.hold(held)
        self._listen()

    def forget(self, before: int) -> None:
        """Free what was heard before that sample of the call."""
        self._recording.forget(before)

    async def watch(self) -> MediaLost:
        """Start a dead ear again once, and return when that did not help."""
        restarted_at = -1
        while True:
            await self._stalled.wait()
            async with self._changing:
                if self._feed is None or self._feed.failed or self._recording.position == restarted_at:
                    return self._media.directory.lost()
                self._stalled.clear()
                if self._held or not self._runs:
                    continue
                restarted_at = self._recording.position
                logger.warning("call %s: no audio comes, its ear is started again", self._call)
                try:
                    await self._stop()
                    await self._start()
                except MediaLost as lost:
                    return lost
                self._listen()

    def close(self) -> None:
        """Give nothing more to the listener. The recording goes on, for whoever takes the call over."""
        if self._feed:
            self._media.remove(self._feed)
        self._recording.close()

    def _listen(self) -> None:
        """Expect audio from now on, if any can come."""
        if self._feed and self._runs and not self._held:
            self._feed.restart()
            self._media.add(self._feed)

    async def _take_over(self) -> None:
        current = self._recording.current
        if current and str(current.path) in await self._connection.api(f"uuid_buglist {self._call}"):
            self._runs = True
        else:
            await self._start()

    async def _start(self) -> None:
        try:
            await _record(self._connection, self._call, self._recording.begin())
        except CommandFailed as error:
            raise self._media.directory.lost() from error
        self._runs = True

    async def _stop(self) -> None:
        self._runs = False
        assert self._recording.current is not None
        try:
            await self._connection.api(f"uuid_record {self._call} stop {self._recording.current.path}")
        except CommandFailed:
            logger.info("call %s: its ear had stopped by itself", self._call)
