"""What something takes of the machine."""

import os
import platform
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one call."""

    cpu_percent: float
    """Of one core."""
    kilobytes: float
    """Of resident memory."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What it was measured on."""

    cores: int
    model: str
    python: str


class Meter:
    """The processor time of this process and the resident memory that a block takes, up to its end or `look`."""

    def __init__(self) -> None:
        self._cpu = self._memory = self._most = 0.0

    def __enter__(self) -> Self:
        self._memory = self._most = _resident_kilobytes()
        self._cpu = time.process_time()
        return self

    def __exit__(self, *_: object) -> None:
        self._cpu = time.process_time() - self._cpu
        self.look()

    def look(self) -> None:
        """Take note of the memory in use now: the most counts."""
        self._most = max(self._most, _resident_kilobytes())

    def cost(self, calls: int, call_seconds: float) -> Cost:
        """Return what one of *calls* took, which lasted so long all together."""
        memory = self._most - self._memory
        return Cost(round(100 * self._cpu / call_seconds, 4), round(memory / calls, 1))


def machine() -> Machine:
    """Return what this process runs on."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    return Machine(len(os.sched_getaffinity(0)), model or platform.machine(), platform.python_version())


def _resident_kilobytes() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024
