"""Time that runs faster than the clock on the wall, for tests that would mostly wait."""

import asyncio
from typing import Any

SPEED = 4.0


def hasten() -> None:
    """Let all that waits by the running loop's time wait a fraction of it, for as long as the loop lives."""
    # pytest-asyncio's way to choose a loop for some tests makes fixtures of the session anew for each test.
    loop: Any = asyncio.get_running_loop()
    clock, select = loop.time, loop._selector.select
    start = clock()
    loop.time = lambda: start + (clock() - start) * SPEED
    loop._selector.select = lambda timeout=None: select(timeout / SPEED if timeout else timeout)
