"""Room on the disks."""

import asyncio
import shutil
from collections.abc import Mapping
from pathlib import Path

from assist.monitor.sight import Look, Sight, gauges
from assist.settings import Files


def disk_look(files: Files) -> Look:
    """Return what looks at the directories of the settings."""
    places = {"media": files.media_dir, "state": files.state_dir, "recordings": files.recordings_dir}
    there = {name: path for name, path in places.items() if path is not None}

    async def look() -> Sight:
        free = await asyncio.to_thread(free_shares, there)
        return Sight([gauges("assist_disk_free_ratio", "Of the disk or memory that holds it.", "volume", free)])

    return look


def free_shares(places: Mapping[str, Path]) -> dict[str, float]:
    """Return which share of the disk of each of *places* is free; of those that can be asked."""
    shares = {}
    for name, path in places.items():
        try:
            usage = shutil.disk_usage(path)
        except OSError:
            continue  # nobody has needed it yet
        shares[name] = usage.free / usage.total
    return shares
