"""Directories: whether they are there, who may do what in them, and how much room they have."""

import os
import pwd
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from assist.doctor.finding import Finding, ok, warning, wrong
from assist.doctor.listeners import is_here, listeners
from assist.settings import Settings

IN_MEMORY: Final = frozenset({"tmpfs", "ramfs"})
PER_CALL: Final = 500_000
"""Bytes in the media directory: half a minute that a busy worker has not listened to."""
FULL, LITTLE = 0.05, 0.15
"""Shares of a disk that is free."""


def media(settings: Settings) -> Iterator[Finding]:
    """Yield what is found of the directory in which FreeSWITCH and the workers exchange audio."""
    path = settings.files.media_dir
    subject = "Media directory"
    if not path.is_dir():
        yield _missing(subject, path, "ASSIST_MEDIA_DIR")
        return
    kind = filesystem(path)
    if kind not in IN_MEMORY:
        mend = "mount a tmpfs there, or set ASSIST_MEDIA_DIR, for FreeSWITCH too, to a directory below /dev/shm"
        yield wrong(subject, f"{path} is on {kind or 'a disk'}: audio of calls must be in memory", mend)
    yield from _permissions(subject, path, _switch_user(settings))
    room = os.statvfs(path)
    free, needed = room.f_bavail * room.f_frsize, settings.workers.count * settings.workers.calls * PER_CALL
    if free < needed:
        mend = "make the tmpfs larger (mount -o remount,size=…), or take fewer calls"
        yield warning(subject, f"{_size(free)} free; {_size(needed)} are wanted for so many calls", mend)
    else:
        yield ok(subject, f"{path}, in {kind or 'no memory'}, {_size(free)} free")


def _permissions(subject: str, path: Path, switch: int | None) -> Iterator[Finding]:
    mode = path.stat()
    if not os.access(path, os.R_OK | os.W_OK | os.X_OK):
        yield wrong(subject, f"{path} ({_owner(path)}): Assist may not write there", f"chown it to uid {os.getuid()}")
    if switch is not None and not may_write(path, switch):
        found = f"{path} ({_owner(path)}): FreeSWITCH, which is uid {switch}, may not write there"
        yield wrong(subject, found, "let FreeSWITCH and Assist run as the same user, who owns it")
    elif switch is not None and switch != os.getuid():
        found = f"FreeSWITCH is uid {switch} and Assist uid {os.getuid()}: each must write to the other's files"
        yield warning(subject, found, "let both run as the same user")
    if mode.st_mode & 0o007:
        found = f"{path} ({_owner(path)}): everybody on this machine may hear the calls"
        yield warning(subject, found, f"chmod 770 {path}")


def _switch_user(settings: Settings) -> int | None:
    """Return as whom FreeSWITCH runs, if that is seen from here."""
    if not is_here(settings.esl.host):
        return None
    return next((listener.uid for listener in listeners(settings.esl.port)), None)


def may_write(path: Path, uid: int) -> bool:
    """Whether that user may make files in the directory *path*."""
    found = path.stat()
    if uid == 0:
        return True
    if uid == found.st_uid:
        return found.st_mode & 0o300 == 0o300
    wanted = 0o030 if found.st_gid in _groups(uid) else 0o003
    return found.st_mode & wanted == wanted


def _groups(uid: int) -> list[int]:
    try:
        user = pwd.getpwuid(uid)
    except KeyError:
        return [uid]  # a container's user without a name: group and user mostly have one number
    return os.getgrouplist(user.pw_name, user.pw_gid)


def recordings(settings: Settings) -> Iterator[Finding]:
    """Yield what is found of the directory of recordings."""
    path = settings.files.recordings_dir
    subject = "Recordings"
    if path is None:
        yield ok(subject, "none are kept")
        return
    if not path.is_dir():
        yield _missing(subject, path, "ASSIST_RECORDINGS_DIR")
        return
    yield from _permissions(subject, path, _switch_user(settings))
    yield disk(subject, path)


def state(settings: Settings) -> Iterator[Finding]:
    """Yield what is found of the directory of the embedded Redis."""
    if settings.redis.url is not None:
        return
    path = settings.files.state_dir
    subject = "State directory"
    there = next(parent for parent in (path, *path.absolute().parents) if parent.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        mend = "set ASSIST_STATE_DIR to a directory of this user, or REDIS_URL"
        yield wrong(subject, f"{there} ({_owner(there)}): Assist may not write there", mend)
        return
    if filesystem(there) in IN_MEMORY:
        mend = "set ASSIST_STATE_DIR to a directory on a disk, or REDIS_URL"
        yield warning(subject, f"{path} is in memory: all is gone when this machine starts anew", mend)
    yield disk(subject, there)


def disks(_: Settings) -> Iterator[Finding]:
    """Yield what is found of the disk on which logs and programs are."""
    yield disk("Disk", Path("/"))


def disk(subject: str, path: Path) -> Finding:
    """Return what is to be said of the room where *path* is."""
    room = os.statvfs(path)
    # What is kept for root is not of the whole: df counts so, too.
    whole = room.f_blocks - room.f_bfree + room.f_bavail
    return enough(subject, path, room.f_bavail * room.f_frsize, whole * room.f_frsize)


def enough(subject: str, path: Path, free: int, whole: int) -> Finding:
    """Return what is to be said of *free* bytes on a disk of *whole*."""
    share = free / whole if whole else 1.0
    found = f"{path}: {_size(free)} free, {share:.0%}"
    mend = "make room, or give it a larger disk"
    if share < FULL:
        return wrong(subject, found, mend)
    return warning(subject, found, mend) if share < LITTLE else ok(subject, found)


def filesystem(path: Path) -> str:
    """Return the kind of file system on which *path* is, as ``tmpfs``; empty if that cannot be told."""
    try:
        mounts = Path("/proc/self/mounts").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    kinds = {Path(point.replace("\\040", " ")): kind for _, point, kind, *_ in map(str.split, mounts)}
    real = path.resolve()
    return next((kinds[place] for place in (real, *real.parents) if place in kinds), "")


def _missing(subject: str, path: Path, variable: str) -> Finding:
    if path.exists():
        return wrong(subject, f"{path} is a file", f"set {variable} to a directory")
    return warning(subject, f"{path} is not there", "assist serve makes it; or make it yourself, mode 770")


def _owner(path: Path) -> str:
    found = path.stat()
    return f"{found.st_uid}:{found.st_gid}, mode {found.st_mode & 0o7777:o}"


def _size(number: float) -> str:
    return f"{number / 1e9:.1f} GB" if number >= 1e9 else f"{number / 1e6:.0f} MB"
