"""The directory in memory that FreeSWITCH and the workers share, and the names in it.

A file belongs to one call and says so: ``<call>-<number>.<kind>``. Of an ear (``r8``) the number is the
first sample of the call that it holds, so a worker that takes a call over knows where each file stands;
of a voice (``PCMU``, ``PCMA``) it only tells one playback from the next.
"""

import os
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from assist.audio.formats import Encoding
from assist.errors import ConfigurationError, MediaLost, ProtocolError

EAR = "r8"
"""FreeSWITCH's name for raw 16-bit samples, 8000 a second."""

VOICES = frozenset({Encoding.PCMU, Encoding.PCMA})

_CALL = re.compile(r"[0-9A-Za-z_-]{1,128}")
_NAME = re.compile(rf"(?P<call>{_CALL.pattern})-(?P<number>\d+)\.(?P<kind>{'|'.join([EAR, *sorted(VOICES)])})")


@dataclass(frozen=True, slots=True)
class MediaFile:
    """One file of one call."""

    path: Path
    call: str
    number: int
    kind: str


@dataclass(frozen=True, slots=True)
class MediaDirectory:
    """Where it is."""

    path: Path

    def make(self) -> None:
        """Make it if it is missing. Raises `MediaLost`."""
        try:
            self.path.mkdir(mode=0o770, parents=True, exist_ok=True)
        except OSError as error:
            raise self.lost(error) from error

    def ear(self, call: str, since: int) -> Path:
        """Return where the audio of *call* from sample *since* on goes."""
        return self._of(call, since, EAR)

    def voice(self, call: str, number: int, encoding: Encoding) -> Path:
        """Return where the audio of a playback of *call* comes from."""
        return self._of(call, number, encoding)

    def files(self, call: str | None = None) -> list[MediaFile]:
        """Return the files of *call*, or of all calls, by number. Raises `ConfigurationError` if it is no directory."""
        try:
            names = [entry.name for entry in self.path.iterdir()]
        except FileNotFoundError:
            return []
        except NotADirectoryError as error:
            raise ConfigurationError(f"{self.path}: is a file: ASSIST_MEDIA_DIR must name a directory") from error
        found = [
            MediaFile(self.path / name, match["call"], int(match["number"]), match["kind"])
            for name in names
            if (match := _NAME.fullmatch(name)) and call in (None, match["call"])
        ]
        return sorted(found, key=lambda file: file.number)

    def remove(self, call: str) -> None:
        """Remove whatever *call* left."""
        for file in self.files(call):
            file.path.unlink(missing_ok=True)

    def lost(self, error: OSError | None = None) -> MediaLost:
        """Return what to raise when the ear or a voice cannot work here: it names the directory and the mend."""
        reason = (error.strerror or "") if error else self._shortage()
        return MediaLost(
            f"{self.path}: {reason or 'no audio passes there'}: it must be in memory, have room (16 kB "
            "for each second that nobody has listened to), and be readable and writable for FreeSWITCH and for Assist"
        )

    def _shortage(self) -> str:
        try:
            return "no room left" if os.statvfs(self.path).f_bavail == 0 else ""
        except OSError as error:
            return error.strerror or ""

    def _of(self, call: str, number: int, kind: str) -> Path:
        if not _CALL.fullmatch(call):
            # It becomes a path, and an argument of a command.
            raise ProtocolError("the id of a call holds more than letters, digits and hyphens")
        return self.path / f"{call}-{number}.{kind}"


async def sweep(directory: MediaDirectory, alive: Callable[[list[str]], Awaitable[set[str]]]) -> int:
    """Remove the files of calls that are over, and return how many: a worker that died could not.

    *alive* is given ids of calls, and returns those of them that still exist.
    """
    # Listed before asking: a file that appears meanwhile belongs to a call that began meanwhile.
    files = directory.files()
    calls = sorted({file.call for file in files})
    dead = set(calls) - (await alive(calls) if calls else set())
    for file in files:
        if file.call in dead:
            file.path.unlink(missing_ok=True)
    return sum(file.call in dead for file in files)
