"""How long anybody waits for Redis, and what becomes of its errors."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from redis.exceptions import RedisError

from assist.errors import StoreError
from assist.metrics import REDIS_ERRORS

IN_CALL: Final = 0.05
"""Seconds that a caller may be kept waiting for Redis."""
OUT_OF_CALL: Final = 2.0
"""Seconds, where nobody is on the line."""
AT_LEISURE: Final = 30.0
"""Seconds for one step of many, where somebody sees how far it is: to begin again costs more than to wait."""


@asynccontextmanager
async def bounded(within: float) -> AsyncIterator[None]:
    """Give what is asked of Redis so many seconds. Raises `StoreError`, and nothing of the client library's."""
    try:
        async with asyncio.timeout(within):
            yield
    except (RedisError, OSError) as error:
        REDIS_ERRORS.inc()
        raise StoreError(f"Redis: {type(error).__name__}") from error
