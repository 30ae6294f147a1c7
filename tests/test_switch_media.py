import asyncio
import logging
from itertools import pairwise
from pathlib import Path

import pytest

from assist.errors import MediaLost
from assist.switch.media import CROWD, TOGETHER, Media


class Part:
    """Counts how often it is looked at, and raises at the last; in between it rests."""

    def __init__(self, looks: int, rest: float | None = 0.0) -> None:
        self.call = "f2b0"
        self.left = looks
        self.rest = rest
        self.looked: list[float] = []
        self.failed = False
        self.done = asyncio.Event()

    def tick(self, now: float) -> float | None:
        self.left -= 1
        self.looked.append(now)
        if self.left == 0:
            self.done.set()
            raise ValueError("broken")
        return None if self.rest is None else now + self.rest

    def fail(self) -> None:
        self.failed = True


@pytest.fixture
def beat() -> float:
    return 0.001


async def test_whoever_does_not_rest_is_looked_at_on_every_beat(tmp_path: Path, beat: float) -> None:
    async with Media(tmp_path, beat) as media:
        parts = [Part(3), Part(5)]
        for part in parts:
            media.add(part)
        await asyncio.gather(*(part.done.wait() for part in parts))


async def test_one_calls_failure_leaves_the_others_alone(
    tmp_path: Path, beat: float, caplog: pytest.LogCaptureFixture
) -> None:
    async with Media(tmp_path, beat) as media:
        broken, well = Part(1), Part(10)
        media.add(broken)
        media.add(well)
        with caplog.at_level(logging.ERROR):
            await well.done.wait()
        assert broken.failed
        assert broken.left == 0
    assert "call f2b0: its audio fails" in caplog.text


async def test_who_was_removed_is_looked_at_no_more(tmp_path: Path, beat: float) -> None:
    async with Media(tmp_path, beat) as media:
        part, other = Part(1000), Part(5)
        media.add(part)
        media.remove(part)
        media.remove(part)
        media.add(other)
        await other.done.wait()
        assert part.left == 1000


async def test_nothing_runs_while_there_is_no_call_nor_afterwards(tmp_path: Path, beat: float) -> None:
    async with Media(tmp_path, beat) as media:
        part = Part(3)
        media.add(part)
        await part.done.wait()
        media.add(Part(1000))
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_who_rests_is_not_looked_at_before_it_asked_for(tmp_path: Path, beat: float) -> None:
    async with Media(tmp_path, beat) as media:
        part = Part(4, rest=beat * (TOGETHER - 2))
        media.add(part)
        await part.done.wait()
    for earlier, later in pairwise(part.looked):
        assert later - earlier >= beat * (TOGETHER - 3)


async def test_those_who_rest_long_are_looked_at_together(tmp_path: Path, beat: float) -> None:
    async with Media(tmp_path, beat) as media:
        early, late, busy = (Part(5, rest) for rest in (beat * TOGETHER, beat * TOGETHER, 0.0))
        media.add(early)
        media.add(busy)
        await busy.done.wait()
        media.add(late)
        await asyncio.gather(early.done.wait(), late.done.wait())
    assert len({*early.looked[1:]} & {*late.looked[1:]}) >= 2


async def test_a_crowd_is_spread_over_the_beats(tmp_path: Path) -> None:
    async with Media(tmp_path, beat=0.05) as media:
        last = Part(1)
        for part in (*(Part(1000, rest=0.05 * TOGETHER) for _ in range(CROWD * 3)), last):
            media.add(part)
        await last.done.wait()
        assert sum(map(len, media._beats.values())) == CROWD * 3
        assert max(map(len, media._beats.values())) <= CROWD


async def test_who_is_hastened_rests_no_longer(tmp_path: Path, beat: float) -> None:
    async with Media(tmp_path, beat) as media:
        part, other = Part(2, rest=3600.0), Part(2)
        media.add(part)
        media.add(other)
        await other.done.wait()
        media.hasten(part)
        media.hasten(other)
        await part.done.wait()
    assert other.left == 0


async def test_who_is_done_is_looked_at_no_more(tmp_path: Path, beat: float) -> None:
    async with Media(tmp_path, beat) as media:
        part, other = Part(1000, rest=None), Part(5)
        media.add(part)
        media.add(other)
        await other.done.wait()
        assert part.left == 999


async def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(MediaLost, match="file/media"):
        async with Media(tmp_path / "file" / "media"):
            pass
