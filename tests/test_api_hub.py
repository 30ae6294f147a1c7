import asyncio
from collections.abc import Mapping
from contextlib import aclosing

import pytest

from assist.api.hub import BEHIND, Hub, News, TooMany, run_hub
from assist.store import Event
from tests.rigs import until


class Streams:
    """Streams of events, in memory."""

    def __init__(self) -> None:
        self.events: dict[str, list[tuple[str, Event]]] = {}
        self.reads = 0
        self._news = asyncio.Event()

    def add(self, name: str, identity: str) -> None:
        self.events.setdefault(name, []).append((identity, {"is": identity}))
        self._news.set()

    async def now(self, places: Mapping[str, str]) -> Mapping[str, News]:
        return {
            name: [one for one in self.events.get(name, []) if _key(one[0]) > _key(after)]
            for name, after in places.items()
        }

    async def soon(self, places: Mapping[str, str]) -> Mapping[str, News]:
        self.reads += 1
        self._news.clear()
        news = await self.now(places)
        if not any(news.values()):
            try:
                async with asyncio.timeout(0.02):
                    await self._news.wait()
            except TimeoutError:
                return {}
        return await self.now(places)


def _key(identity: str) -> tuple[int, int]:
    moment, _, number = identity.partition("-")
    return int(moment), int(number or 0)


async def take(hub: Hub, name: str, count: int, after: str = "0") -> list[str]:
    found: list[str] = []
    async with asyncio.timeout(5), aclosing(hub.watch(name, after)) as told:
        async for one in told:
            assert one
            found.append(one[0])
            if len(found) == count:
                break
    return found


async def test_a_watcher_gets_what_was_and_what_comes_each_once_and_in_order() -> None:
    streams = Streams()
    async with run_hub(Hub(streams.now, streams.soon, 10)) as hub:
        for number in range(3):
            streams.add("a", f"1-{number}")
        watching = asyncio.create_task(take(hub, "a", 20))
        for number in range(3, 20):
            await asyncio.sleep(0)
            streams.add("a", f"1-{number}")
        assert await watching == [f"1-{number}" for number in range(20)]


async def test_he_may_go_on_from_where_he_was() -> None:
    streams = Streams()
    async with run_hub(Hub(streams.now, streams.soon, 10)) as hub:
        for number in range(9, 12):
            streams.add("a", f"1-{number}")
        assert await take(hub, "a", 2, after="1-9") == ["1-10", "1-11"]


async def test_many_who_watch_are_one_who_reads_and_nobody_gets_the_events_of_others() -> None:
    streams = Streams()
    async with run_hub(Hub(streams.now, streams.soon, 1000)) as hub:
        watching = [asyncio.create_task(take(hub, f"s{number % 10}", 3)) for number in range(500)]
        await until(lambda: hub.watchers == 500)
        before = streams.reads
        for event in range(3):
            for stream in range(10):
                streams.add(f"s{stream}", f"{stream + 1}-{event}")
        for number, found in enumerate(await asyncio.gather(*watching)):
            assert found == [f"{number % 10 + 1}-{event}" for event in range(3)]
        assert streams.reads - before < 20


async def test_one_who_waits_for_events_of_the_future_does_not_keep_others_from_theirs() -> None:
    streams = Streams()
    async with run_hub(Hub(streams.now, streams.soon, 10)) as hub:
        late = asyncio.create_task(take(hub, "a", 1, after="999999999999999-0"))
        await until(lambda: hub.watchers == 1)
        other = asyncio.create_task(take(hub, "a", 1))
        await until(lambda: hub.watchers == 2)
        streams.add("a", "5-0")
        assert await other == ["5-0"]
        late.cancel()
        await asyncio.wait([late])


async def test_there_is_room_for_so_many() -> None:
    streams = Streams()
    async with run_hub(Hub(streams.now, streams.soon, 1)) as hub:
        first = asyncio.create_task(take(hub, "a", 1))
        await until(lambda: hub.full)
        with pytest.raises(TooMany):
            await take(hub, "b", 1)
        streams.add("a", "1-0")
        await first
        assert not hub.full


async def test_one_who_hears_nothing_is_told_so() -> None:
    streams = Streams()
    async with run_hub(Hub(streams.now, streams.soon, 1)) as hub, aclosing(hub.watch("a", patience=0.01)) as told:
        async with asyncio.timeout(5):
            assert await anext(told) is None


async def test_one_who_is_too_slow_is_let_go_after_what_he_could_have() -> None:
    streams = Streams()
    async with run_hub(Hub(streams.now, streams.soon, 1)) as hub:
        found = []
        async with asyncio.timeout(10), aclosing(hub.watch("a")) as told:
            streams.add("a", "1-0")
            found.append(await anext(told))
            ready = asyncio.ensure_future(anext(told))
            await until(lambda: hub.watchers == 1)
            streams.add("a", "1-1")
            found.append(await ready)
            reads = streams.reads
            for number in range(BEHIND + 100):
                streams.add("a", f"2-{number}")
            await until(lambda: streams.reads > reads + 1)
            found += [one async for one in told]
    assert BEHIND - 1 <= len(found) <= BEHIND + 2


async def test_everybody_is_let_go_when_it_closes() -> None:
    streams = Streams()
    async with run_hub(Hub(streams.now, streams.soon, 5)) as hub:
        watching = [asyncio.create_task(take(hub, "a", 1)) for _ in range(3)]
        await until(lambda: hub.watchers == 3)
        hub.close()
        assert await asyncio.gather(*watching) == [[], [], []]
        assert hub.full
