"""What must be told to the ledger although Redis does not answer just now."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from assist.errors import StoreError

log = logging.getLogger(__name__)

T = TypeVar("T")

PATIENCE: Final = 60.0
"""Seconds, in which a Redis that died is back."""
AGAIN: Final = 0.5


async def insist(tell: Callable[[], Awaitable[T]], patience: float = PATIENCE) -> T | None:
    """Return what *tell* returns as soon as Redis takes it; None: it never did, and whoever reaps finds out.

    Only for what may be told twice.
    """
    try:
        async with asyncio.timeout(patience):
            while True:
                try:
                    return await tell()
                except StoreError as error:
                    log.warning("the ledger is told again: %s", error)
                await asyncio.sleep(AGAIN)
    except TimeoutError:
        log.error("the ledger was not told how a call went on")
        return None
