"""Recordings of calls on disk. Nothing else in their directory is touched."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

_NAME: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.wav")


def older(directory: Path | None, before: float) -> list[Path]:
    """Return the recordings that nothing was added to since then, in seconds since the epoch."""
    if directory is None or not directory.is_dir():
        return []
    return [path for path in directory.iterdir() if _NAME.fullmatch(path.name) and _changed(path) < before]


def of(directory: Path | None, calls: Iterable[str]) -> list[Path]:
    """Return the recordings of *calls*."""
    if directory is None:
        return []
    return [path for call in calls if (path := directory / f"{call}.wav").is_file()]


def remove(paths: Iterable[Path]) -> int:
    """Remove recordings, and return how many there were. Raises `OSError`."""
    count = 0
    for path in paths:
        try:
            path.unlink()
        except FileNotFoundError:
            continue  # somebody else was faster
        count += 1
    return count


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return float("inf")
