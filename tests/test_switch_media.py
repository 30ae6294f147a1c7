import asyncio
import logging
from pathlib import Path

import pytest

from assist.errors import MediaLost
from assist.switch.media import Media


class Part:
    """Counts its beats, and raises at the last."""

    def __init__(self, beats: int) -> None:
        self.call = "f2b0"
        self.left = beats
        self.failed = False
        self.done = asyncio.Event()

    def tick(self, now: float) -> None:
        self.left -= 1
        if self.left == 0:
            self.done.set()
            raise ValueError("broken")

    def fail(self) -> None:
        self.failed = True


@pytest.fixture
def beat() -> float:
    return 0.001


async def test_every_part_is_looked_at_on_every_beat(tmp_path: Path, beat: float) -> None:
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


async def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(MediaLost, match="file/media"):
        async with Media(tmp_path / "file" / "media"):
            pass
