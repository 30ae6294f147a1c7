"""The machine: its clock, and how much a process may open."""

import ctypes
import resource
from collections.abc import Iterator
from typing import Final

from assist.doctor.finding import Finding, ok, warning
from assist.settings import Settings

PER_CALL: Final = 10
"""Descriptors: the socket, the ear, the voice, connections to engines, and as many to spare."""
BESIDE: Final = 200
"""Descriptors of a worker without calls, its libraries' included."""

_UNSYNCHRONISED: Final = 5
"""``TIME_ERROR`` of adjtimex(2)."""
_TIMEX_BYTES: Final = 512
"""More than ``struct timex`` has anywhere; with zeros in it, nothing is changed."""


def clock(_: Settings) -> Iterator[Finding]:
    """Yield whether somebody sets this machine's clock, as the kernel was told."""
    state = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
    mend = "install chrony or systemd-timesyncd: dialing hours are by this clock"
    if state < 0:
        yield warning("Clock: NTP", "the kernel does not tell whether it is synchronised", mend)
    elif state == _UNSYNCHRONISED:
        yield warning("Clock: NTP", "is not synchronised", mend)
    else:
        yield ok("Clock: NTP", "synchronised")


def descriptors(settings: Settings) -> Iterator[Finding]:
    """Yield whether a worker may open as many files as its calls take."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield enough(soft, hard, settings.workers.calls)


def enough(soft: int, hard: int, calls: int) -> Finding:
    """Return whether *calls* at once have room between these limits of open files."""
    needed = BESIDE + PER_CALL * calls
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return ok("Open files", f"{'unlimited' if soft == resource.RLIM_INFINITY else soft}; a worker needs {needed}")
    within = hard == resource.RLIM_INFINITY or hard >= needed
    mend = f"ulimit -n {needed}" if within else f"LimitNOFILE={needed} in systemd, or limits.conf"
    return warning("Open files", f"at most {soft}; a worker with {calls} calls needs {needed}", mend)
