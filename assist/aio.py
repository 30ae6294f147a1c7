"""The few asyncio idioms everything else is written in."""

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from typing import Any, TypeAlias, TypeVar

T = TypeVar("T")

Stream: TypeAlias = AsyncGenerator[T, None]
"""What arrives bit by bit. Whoever iterates over one closes it: ``async with aclosing(stream)``."""


async def race(*contenders: Coroutine[Any, Any, T]) -> T:
    """Return the result of whichever finishes first and cancel the others.

    A tie goes to the earlier argument. Nothing is left running on return, nor
    when `race` itself is cancelled.
    """
    tasks = [asyncio.ensure_future(contender) for contender in contenders]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return next(task for task in tasks if task in done).result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def end(task: asyncio.Task[None]) -> None:
    """Cancel *task* and return when it has ended."""
    # A cancellation that comes together with an answer is lost: `asyncio.wait_for`, which the client of Redis uses,
    # does so before Python 3.12.
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=0.01)
