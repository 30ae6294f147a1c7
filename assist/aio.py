"""The few asyncio idioms everything else is written in."""

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from typing import Any, Generic, TypeAlias, TypeVar

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


class Growing(Generic[T]):
    """Items that arrive bit by bit, kept for as many readers as need them from the beginning."""

    def __init__(self) -> None:
        self.items: list[T] = []
        self._complete = False
        self._news = asyncio.Event()

    def append(self, item: T) -> None:
        self.items.append(item)
        self._news.set()

    def finish(self) -> None:
        """Nothing more will come."""
        self._complete = True
        self._news.set()

    async def read(self, start: int = 0) -> Stream[T]:
        """Yield the items from number *start* on, as they arrive, until all have come."""
        while True:
            while start < len(self.items):
                yield self.items[start]
                start += 1
            if self._complete:
                return
            self._news.clear()
            await self._news.wait()
