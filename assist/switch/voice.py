"""What the caller is told: a reply's audio on its way into the named pipe that FreeSWITCH plays."""

import fcntl
import os
import struct
import termios
from pathlib import Path

from assist.audio import g711
from assist.audio.formats import Encoding
from assist.switch.pacing import Pacing
from assist.switch.script import Script


class Pipe:
    """A named pipe of which this process holds both ends, so that nobody who opens it waits."""

    def __init__(self, path: Path) -> None:
        """Make it. Raises `OSError`."""
        self.path = path
        os.mkfifo(path, 0o660)
        try:
            self._descriptor = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            path.unlink()
            raise

    @property
    def closed(self) -> bool:
        return self._descriptor < 0

    def unread(self) -> int:
        """Return how many bytes the reader has not taken yet."""
        return int(struct.unpack("i", fcntl.ioctl(self._descriptor, termios.FIONREAD, b"\0" * 4))[0])

    def write(self, data: bytes) -> None:
        """Put *data* in, which has room if the pipe was empty."""
        os.write(self._descriptor, data)

    def close(self) -> None:
        """The reader gets what is left and then the end of the file."""
        if self._descriptor >= 0:
            # In this order: who opens a pipe that has a name and no writer waits for ever.
            self.path.unlink(missing_ok=True)
            os.close(self._descriptor)
            self._descriptor = -1


class Voice:
    """Feeds one playback from one script."""

    def __init__(self, call: str, pipe: Pipe, script: Script, start: int, encoding: Encoding, frame: int) -> None:
        """Go on with sample *start* of *script*; the line takes *frame* samples at a time, in *encoding*."""
        self.call = call
        self._pipe = pipe
        self._script = script
        self._start = self._last = self._position = start
        self._encoding = encoding
        self._frame = frame
        self._pacing = Pacing(frame)

    def tick(self, now: float) -> float | None:
        """Top up the pipe, and close it when all is taken; return when to do so again, if ever.

        *now* is any clock's, in seconds.
        """
        if self._pipe.closed:
            return None
        if now >= self._pacing.rests_until:
            self._top_up(now)
        return self._pacing.rests_until

    def _top_up(self, now: float) -> None:
        unread = self._pipe.unread()
        available = self._script.end - self._position
        portion = self._pacing.next(now, unread, available, self._script.ended)
        if portion:
            self._write(portion.given, portion.total)
        elif not unread and self._script.ended:
            self._pipe.close()

    @property
    def written(self) -> int:
        """Samples of the script that are in the pipe or beyond."""
        return self._position

    def fail(self) -> None:
        """End it."""
        self._pipe.close()

    def _write(self, given: int, total: int) -> None:
        audio = g711.encode(self._script.take(self._position, given), self._encoding)
        self._pipe.write(audio + g711.silence(self._encoding, total - given))
        # The pipe was empty, so FreeSWITCH has the portion before this one and at most a frame of what was before that.
        self._script.forget(self._last - self._frame)
        self._last = self._position
        self._position += given

    def heard(self, counted: int) -> int:
        """Return how many samples of the script were heard when FreeSWITCH had *counted* so many in this playback."""
        return self._start + self._pacing.played(counted)
