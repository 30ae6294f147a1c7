"""The numbers of all workers of a parent, those that died included.

Each process keeps what it counts in files of a directory in memory, by its id: so nothing is lost with a process that
is killed. What one counted that is gone is added up; what it only measured, as calls in progress, goes with it.
"""

import os
import tempfile
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from prometheus_client import Metric
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.multiprocess import MultiProcessCollector

VARIABLE: Final = "PROMETHEUS_MULTIPROC_DIR"
"""Tells the library, when a process imports it, where to keep the numbers."""
MEMORY: Final = "/dev/shm"
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
    with tempfile.TemporaryDirectory(prefix="assist-metrics-", dir=MEMORY if Path(MEMORY).is_dir() else None) as path:
        yield Crew(Path(path))


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
