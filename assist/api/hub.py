"""Many who watch streams of events, and one who reads them for all."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Final, TypeAlias

from assist.aio import Stream, end
from assist.errors import StoreError
from assist.store import Event

log = logging.getLogger(__name__)

News: TypeAlias = Sequence[tuple[str, Event]]
Read: TypeAlias = Callable[[Mapping[str, str]], Awaitable[Mapping[str, News]]]
"""Returns what is new in each stream after that id; may wait for a moment if there is nothing."""

AGAIN: Final = 1.0
"""Seconds after which a store that does not answer is asked again."""
BEHIND: Final = 5000
"""Events that may wait for a watcher; then he is let go, and may come again from where he was."""


class TooMany(Exception):
    """There is no room for another watcher."""


class _Watcher:
    """One, with what he has not taken yet."""

    def __init__(self) -> None:
        self.news: asyncio.Queue[tuple[str, Event] | None] = asyncio.Queue(BEHIND + 1)

    def tell(self, event: tuple[str, Event]) -> None:
        if self.news.qsize() < BEHIND:
            self.news.put_nowait(event)
        else:
            self.let_go()

    def let_go(self) -> None:
        if not self.news.full():
            self.news.put_nowait(None)


class Hub:
    """Streams of events, by name."""

    def __init__(self, now: Read, soon: Read, most: int) -> None:
        """*now* reads all there is, *soon* waits for news, but so briefly that new watchers need not wait long.

        *most*: watchers at once.
        """
        self._now = now
        self._soon = soon
        self._most = most
        self._watchers: dict[str, set[_Watcher]] = defaultdict(set)
        self._places: dict[str, str] = {}
        """Of each stream that is watched, the last event that was read."""
        self._wanted = asyncio.Event()
        self._count = 0

    @property
    def watchers(self) -> int:
        """How many there are."""
        return self._count

    @property
    def full(self) -> bool:
        """Whether there is no room for another watcher."""
        return self._count >= self._most

    async def watch(self, name: str, after: str = "0", *, patience: float = 15.0) -> Stream[tuple[str, Event] | None]:
        """Yield every event of the stream *after* that id, with its id; None when nothing came for *patience* seconds.

        Ends when the watcher is too slow. Raises `TooMany`, `StoreError`.
        """
        if self.full:
            raise TooMany
        last = after
        for told in (await self._now({name: last})).get(name, ()):
            last = told[0]
            yield told
        with self._watching(name, last) as watcher:
            # Whatever came between the two.
            for told in (await self._now({name: last})).get(name, ()):
                last = told[0]
                yield told
            while True:
                try:
                    async with asyncio.timeout(patience):
                        news = await watcher.news.get()
                except TimeoutError:
                    yield None
                    continue
                if news is None:
                    return
                if _order(news[0]) > _order(last):
                    last = news[0]
                    yield news

    def close(self) -> None:
        """Let every watcher go; there is room for none any more."""
        self._most = 0
        for watcher in [watcher for watchers in self._watchers.values() for watcher in watchers]:
            watcher.let_go()

    async def run(self) -> None:
        """Read for all, until cancelled."""
        while True:
            await self._wanted.wait()
            try:
                self._tell(await self._soon(dict(self._places)))
            except StoreError as error:
                log.warning("those who watch wait: %s", error)
                await asyncio.sleep(AGAIN)

    @contextmanager
    def _watching(self, name: str, after: str) -> Iterator[_Watcher]:
        watcher = _Watcher()
        self._count += 1
        self._watchers[name].add(watcher)
        self._places[name] = min(self._places.get(name, after), after, key=_order)
        self._wanted.set()
        try:
            yield watcher
        finally:
            self._count -= 1
            self._watchers[name].discard(watcher)
            if not self._watchers[name]:
                del self._watchers[name], self._places[name]
            if not self._places:
                self._wanted.clear()

    def _tell(self, news: Mapping[str, News]) -> None:
        for name, events in news.items():
            if name in self._places and events:
                self._places[name] = max(self._places[name], events[-1][0], key=_order)
            for watcher in self._watchers.get(name, ()):
                for event in events:
                    watcher.tell(event)


def _order(identity: str) -> tuple[int, int]:
    """Return what ids of a stream are ordered by."""
    moment, _, number = identity.partition("-")
    return int(moment), int(number or 0)


@asynccontextmanager
async def run_hub(hub: Hub) -> AsyncIterator[Hub]:
    """Lend *hub*, which reads meanwhile."""
    reading = asyncio.create_task(hub.run(), name="hub")
    try:
        yield hub
    finally:
        await end(reading)
