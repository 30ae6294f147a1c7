"""What the caller says, read from the recording that FreeSWITCH is writing.

A call has one recording in one or more files: the next begins where the last stopped, after a
transfer or when the recording had to be started again. Samples are counted through all of them.
"""

import ctypes
import os
from dataclasses import dataclass

from assist.audio.formats import LINE
from assist.switch.directory import EAR, MediaDirectory, MediaFile

READ_BYTES = 1 << 16
"""Of one read: four seconds, so that one call's backlog does not keep the others waiting."""

FREE_BYTES = 1 << 16
"""Freed at once at least: a system call for each turn would be spent on a few pages."""

_KEEP_SIZE, _PUNCH_HOLE = 1, 2
_libc = ctypes.CDLL(None, use_errno=True)
_libc.fallocate.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_longlong, ctypes.c_longlong]


def punch(descriptor: int, start: int, end: int) -> None:
    """Free the memory of a file's bytes from *start* to *end*; its size and whoever writes it notice nothing."""
    if _libc.fallocate(descriptor, _PUNCH_HOLE | _KEEP_SIZE, start, end - start) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


@dataclass(slots=True)
class _Part:
    file: MediaFile
    descriptor: int = -1
    freed: int = 0

    @property
    def since(self) -> int:
        return self.file.number

    def end(self) -> int:
        """First sample that is not there yet."""
        try:
            return self.since + self.file.path.stat().st_size // LINE.sample_bytes
        except FileNotFoundError:
            return self.since

    def read(self, sample: int) -> bytes:
        """Return what there is from *sample* on, in whole samples."""
        if self.descriptor < 0:
            try:
                self.descriptor = os.open(self.file.path, os.O_RDWR | os.O_CLOEXEC)
            except FileNotFoundError:
                return b""
        data = os.pread(self.descriptor, READ_BYTES, (sample - self.since) * LINE.sample_bytes)
        return data[: len(data) // LINE.sample_bytes * LINE.sample_bytes]

    def free(self, before: int) -> None:
        upto = (before - self.since) * LINE.sample_bytes // FREE_BYTES * FREE_BYTES
        if self.descriptor >= 0 and upto > self.freed:
            punch(self.descriptor, self.freed, upto)
            self.freed = upto

    def close(self) -> None:
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1


class Recording:
    """What one caller has said since the call began, and goes on saying."""

    def __init__(self, directory: MediaDirectory, call: str) -> None:
        self._directory = directory
        self._call = call
        self._parts = [_Part(file) for file in directory.files(call) if file.kind == EAR]
        self.position = 0
        """Sample of the call that `read` returns next."""

    @property
    def current(self) -> MediaFile | None:
        """The file that grows, if one was begun."""
        return self._parts[-1].file if self._parts else None

    @property
    def end(self) -> int:
        """First sample of the call that is not there yet."""
        return self._parts[-1].end() if self._parts else 0

    def begin(self) -> MediaFile:
        """Return where FreeSWITCH shall go on with it. The file before this one grows no more."""
        since = self.end
        if self._parts and self._parts[-1].since == since:
            # Nothing came into the last file, so the next has its place and name.
            self._parts.pop().close()
        path = self._directory.ear(self._call, since)
        path.unlink(missing_ok=True)
        self._parts.append(_Part(MediaFile(path, self._call, since, EAR)))
        return self._parts[-1].file

    def seek(self, sample: int) -> None:
        """Let `read` go on with *sample* of the call, or with the first after it that is still there."""
        self.position = max(sample, self._parts[0].since if self._parts else 0)

    def read(self) -> bytes:
        """Return the next audio, `LINE`, at most some seconds; nothing if there is none yet."""
        for part in reversed(self._parts):
            if part.since <= self.position:
                data = part.read(self.position)
                self.position += len(data) // LINE.sample_bytes
                return data
        return b""

    def forget(self, before: int) -> None:
        """Free what was recorded before that sample of the call, as far as it makes whole pages."""
        while len(self._parts) > 1 and self._parts[1].since <= before:
            part = self._parts.pop(0)
            part.close()
            part.file.path.unlink(missing_ok=True)
        if self._parts:
            self._parts[0].free(before)

    def close(self) -> None:
        """Stop reading. The files stay, for whoever takes the call over."""
        for part in self._parts:
            part.close()
