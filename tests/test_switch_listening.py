"""The ear's watchdog, on a clock that is moved by hand."""

import asyncio
from pathlib import Path

import pytest

from assist.errors import MediaLost
from assist.switch.directory import MediaDirectory
from assist.switch.listening import STALLED, Feed, Listening
from assist.switch.media import Media
from assist.switch.recording import Recording
from tests.diary import Diary
from tests.scripted_switch import CALL, scripted

FRAME = b"\1\0" * 160


class Ear:
    """A feed from a file that is written by hand."""

    def __init__(self, directory: Path) -> None:
        recording = Recording(MediaDirectory(directory), CALL)
        self.path = recording.begin().path
        self.diary = Diary()
        self.stalled = asyncio.Event()
        self.feed = Feed(CALL, recording, self.diary, self.stalled)

    def write(self) -> None:
        with self.path.open("ab") as file:
            file.write(FRAME)


def test_what_has_come_is_given_and_the_next_is_expected_a_frame_after_the_last_look(tmp_path: Path) -> None:
    ear = Ear(tmp_path)
    ear.feed.tick(1.000)
    ear.write()
    assert ear.feed.tick(1.008) == pytest.approx(1.020)
    assert ear.diary.audio == FRAME
    assert ear.feed.tick(1.020) == pytest.approx(1.020)
    ear.write()
    ear.feed.tick(1.028)
    assert ear.diary.audio == FRAME * 2


@pytest.mark.parametrize(("samples", "rest"), [(-5, 0.0), (160, 0.0), (161, 0.02), (800, 0.08)])
def test_a_patient_listener_is_left_in_peace_until_what_it_waits_for_may_have_come(
    tmp_path: Path, samples: int, rest: float
) -> None:
    ear = Ear(tmp_path)
    ear.diary.patient_for = samples
    ear.write()
    assert ear.feed.tick(5.0) == pytest.approx(5.0 + rest)


def test_half_a_second_without_audio_is_a_stall(tmp_path: Path) -> None:
    ear = Ear(tmp_path)
    for now in (10.0, 10.2, 10.2 + STALLED - 0.21):
        ear.feed.tick(now)
    assert not ear.stalled.is_set()
    ear.feed.tick(10.01 + STALLED)
    assert ear.stalled.is_set()


def test_audio_puts_the_stall_off(tmp_path: Path) -> None:
    ear = Ear(tmp_path)
    ear.feed.tick(0.0)
    ear.write()
    ear.feed.tick(0.4)
    ear.feed.tick(0.408)
    ear.feed.tick(0.4 + STALLED)
    assert not ear.stalled.is_set()


def test_a_backlog_is_given_at_once(tmp_path: Path) -> None:
    ear = Ear(tmp_path)
    for _ in range(1000):
        ear.write()
    ear.feed.tick(0.0)
    assert len(ear.diary.audio) == 1000 * len(FRAME)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assist.switch.listening.STALLED", 0.02)


@pytest.mark.usefixtures("impatient")
async def test_a_dead_ear_is_started_again_once_and_then_lost(tmp_path: Path) -> None:
    async with scripted() as (connection, _connect, switch), Media(tmp_path, beat=0.001) as media:
        listening = Listening(connection, media, CALL)
        await listening.begin(Diary(), 0)
        lost = await listening.watch()
        assert isinstance(lost, MediaLost)
        assert str(tmp_path) in str(lost)
        assert switch.ears.qsize() == 2
        listening.close()


@pytest.mark.usefixtures("impatient")
async def test_an_ear_that_lives_again_may_die_again(tmp_path: Path) -> None:
    async with scripted() as (connection, _connect, switch), Media(tmp_path, beat=0.001) as media:
        listening = Listening(connection, media, CALL)
        diary = Diary()
        await listening.begin(diary, 0)
        watching = asyncio.create_task(listening.watch())
        for times in range(1, 5):
            await switch.ears.get()
            switch.says(FRAME)
            await diary.heard(FRAME * times)
        assert not watching.done()
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        listening.close()


async def test_whoever_hears_somebody_speak_is_told_more_closely(tmp_path: Path) -> None:
    class Interrupter(Diary):
        def patience(self, speaking: bool) -> int:
            return 0 if speaking else 1 << 30

    async with scripted() as (connection, _connect, switch), Media(tmp_path, beat=0.001) as media:
        listening = Listening(connection, media, CALL)
        diary = Interrupter()
        await listening.begin(diary, 0)
        await switch.ears.get()
        switch.says(FRAME)
        await diary.heard(FRAME)
        switch.says(FRAME)
        listening.speak(True)
        await diary.heard(FRAME * 2)
        switch.says(FRAME)
        await diary.heard(FRAME * 3)
        listening.speak(False)
        listening.close()


async def test_on_hold_nothing_is_missed(tmp_path: Path) -> None:
    async with scripted() as (connection, _connect, switch), Media(tmp_path, beat=0.001) as media:
        listening = Listening(connection, media, CALL)
        diary = Diary()
        await listening.begin(diary, 0)
        listening.hold(True)
        listening.hold(True)
        await listening.stop()
        listening.hold(False)
        assert diary.told == [True, False]
        assert media._parts == {}
        await listening.resume()
        switch.says(FRAME)
        await diary.heard(FRAME)
        listening.close()
