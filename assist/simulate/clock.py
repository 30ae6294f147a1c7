"""The time of a simulated line: frames of 20 ms, as on a real one."""

import asyncio
from collections.abc import Callable

from assist.audio.formats import LINE

FRAME_SECONDS = 0.02
FRAME = LINE.rate // 50
"""Samples in a frame."""
FRAME_BYTES = FRAME * LINE.sample_bytes
SILENCE = bytes(FRAME_BYTES)


def frames(seconds: float) -> int:
    """Return how many frames last that long."""
    return round(seconds / FRAME_SECONDS)


async def beat(tick: Callable[[], None]) -> None:
    """Call *tick* once a frame, for ever. What came late is made up for, so that no call falls behind the clock."""
    loop = asyncio.get_running_loop()
    start, count = loop.time(), 0
    while True:
        count += 1
        await asyncio.sleep(max(0.0, start + count * FRAME_SECONDS - loop.time()))
        tick()
