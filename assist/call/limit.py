"""How long a call may last."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncounted(limit: asyncio.Timeout) -> Iterator[None]:
    """Let the time of the block not count towards *limit*."""
    left = limit.when()
    limit.reschedule(None)
    started = asyncio.get_running_loop().time()
    yield
    if left is not None:
        limit.reschedule(left + asyncio.get_running_loop().time() - started)
