"""The numbers of all workers of a parent, those that died included.

Each process keeps what it counts in files of a directory in memory, by its id: so nothing is lost with a process that
is killed. What one counted that is gone is added up; what it only measured, as calls in progress, goes with it.
"""

import fcntl
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from prometheus_client import Metric
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.multiprocess import MultiProcessCollector

VARIABLE: Final = "PROMETHEUS_MULTIPROC_DIR"
"""Tells the library, when a process imports it, where to keep the numbers."""
MEMORY: Final = "/dev/shm"
PREFIX: Final = "assist-metrics-"
YOUNG: Final = 10.0
"""Seconds."""
GONE: Final = "gone"
"""In the place of a process id: of all that are no more."""


class Crew:
    """Fulfils the library's `Collector` for the processes that were given its *directory*."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        # The files of one that died must not be read while they are added up.
        self._reading = threading.Lock()

    def collect(self) -> Iterable[Metric]:
        """Return the sum of what all count, and of what those who live measure. Takes milliseconds."""
        with self._reading:
            for path in self._of_the_dead():
                if not path.name.startswith("gauge_"):
                    _add(path, path.with_name(f"{path.name.partition('_')[0]}_{GONE}.db"))
                path.unlink()
            # One that was made just now has no head yet.
            files = [str(path) for path in self.directory.glob("*.db") if path.stat().st_size]
            return list(MultiProcessCollector.merge(files))  # type: ignore[no-untyped-call]

    def _of_the_dead(self) -> Iterator[Path]:
        for path in sorted(self.directory.glob("*.db")):
            process = path.stem.rpartition("_")[2]
            if process != GONE and not _is_ours(int(process)):
                yield path


@contextmanager
def crew() -> Iterator[Crew]:
    """Lend one; processes that are started with `VARIABLE` set to its directory belong to it."""
    memory = Path(MEMORY if Path(MEMORY).is_dir() else tempfile.gettempdir())
    _sweep(memory)
    with tempfile.TemporaryDirectory(prefix=PREFIX, dir=memory) as path, _opened(Path(path)) as directory:
        # The kernel lets go of it however this process dies.
        fcntl.flock(directory, fcntl.LOCK_EX)
        yield Crew(Path(path))


def _sweep(memory: Path) -> None:
    """Remove what parents left behind that were killed."""
    for path in memory.glob(f"{PREFIX}*"):
        # Somebody else may have removed it, or may alone.
        with suppress(OSError), _opened(path) as directory:
            # One that was made just now is not locked yet.
            if time.time() - path.stat().st_mtime > YOUNG:
                fcntl.flock(directory, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(path)


@contextmanager
def _opened(directory: Path) -> Iterator[int]:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _is_ours(process: int) -> bool:
    """Return whether that is a living child of this process: ids are given again."""
    try:
        status = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    state, parent = status.rpartition(")")[2].split()[:2]
    return int(parent) == os.getpid() and state != "Z"


def _add(source: Path, target: Path) -> None:
    # The library has no types.
    total = MmapedDict(str(target))  # type: ignore[no-untyped-call]
    try:
        for key, value, stamp, _ in MmapedDict.read_all_values_from_file(str(source)):  # type: ignore[no-untyped-call]
            total.write_value(key, total.read_value(key)[0] + value, stamp)  # type: ignore[no-untyped-call]
    finally:
        total.close()  # type: ignore[no-untyped-call]
