"""Time that passes only while everybody waits, and then at once: for tests of deadlines, to the microsecond."""

import asyncio
from typing import Any


def skip_waits() -> None:
    """Let the running loop's time stand still while there is something to do, and jump to whatever is due next.

    Not for tests with sockets or threads: nobody waits for those.
    """
    loop: Any = asyncio.get_running_loop()
    select = loop._selector.select
    now = loop.time()

    def jump(timeout: float | None = None) -> Any:
        nonlocal now
        if not timeout:
            return select(timeout)
        now += timeout
        return select(0)

    loop.time = lambda: now
    loop._selector.select = jump
