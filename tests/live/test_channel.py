"""The line of a call on a real FreeSWITCH, in real SIP and RTP; what is heard is in the far end's recording."""

import asyncio
import os
import time
import wave
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from assist.aio import Stream
from assist.audio.formats import Encoding
from assist.call.channel import TransferOutcome
from assist.errors import ConnectionLost, HungUp, MediaLost
from assist.simulate.freeswitch import PrivateFreeSwitch
from assist.switch.channel import open_channel
from assist.switch.connection import Connection
from assist.switch.control import Control
from assist.switch.events import Event
from assist.switch.media import Media
from assist.switch.server import serve
from tests.diary import Diary
from tests.live.far import LOOPBACK, Caller, LiveCall, answered, nothing_is_left, place
from tests.live.signals import Samples, runs, signal_to_noise, stream, tone
from tests.recordings import recording

LAWS = pytest.mark.parametrize("codec", ["PCMA", "PCMU"])


@pytest.fixture
def codec() -> str:
    return "PCMA"


@pytest.fixture
async def call(switch: PrivateFreeSwitch, control: Control, tmp_path: Path, codec: str) -> AsyncIterator[LiveCall]:
    """An answered call; when the test ends nothing may be left of it."""
    async with answered(switch, control, tmp_path, codec) as live:
        yield live


def share_found(part: Samples, whole: Samples) -> float:
    """How much of *part* is in *whole*, by fifths of a second: a late packet may move what comes after it."""
    blocks = [block for block in np.split(part[: len(part) // 1600 * 1600], len(part) // 1600) if runs(block)]
    return sum(likeness(block.astype(float), whole.astype(float)) > 0.99 for block in blocks) / len(blocks)


def likeness(part: NDArray[np.float64], whole: NDArray[np.float64]) -> float:
    """Of *part* and where in *whole* it fits best: 1 is the same."""
    size = 1 << (len(part) + len(whole)).bit_length()
    products = np.fft.irfft(np.fft.rfft(whole, size) * np.conj(np.fft.rfft(part, size)))[: len(whole) - len(part)]
    there = whole[np.argmax(products) :][: len(part)]
    return float(part @ there / np.sqrt((part @ part) * (there @ there)))


@LAWS
async def test_what_is_played_arrives_whole_and_clean(call: LiveCall) -> None:
    await call.channel.play(stream(tone(3.01)))
    assert call.channel.heard == 24080
    heard = await call.caller.hears(25000)
    ((start, end),) = runs(heard, gap=400)
    assert end - start == pytest.approx(24080, abs=400)
    assert np.median([signal_to_noise(heard[at : at + 1600]) for at in range(start, end - 1600, 1600)]) > 36


@LAWS
async def test_caller_and_assistant_speak_at_the_same_time(call: LiveCall) -> None:
    spoken = np.frombuffer(recording("es", "dir-instr").audio, "<i2")
    diary = Diary()
    await call.channel.listen(diary)
    await call.caller.say(spoken.tobytes())
    while not runs(diary.samples):
        await diary.hears(len(diary.samples) + 160)
    await call.channel.play(stream(tone(2)))
    await diary.hears(len(diary.samples) + len(spoken))
    assert share_found(spoken, diary.samples) > 0.9
    ((start, end),) = runs(call.caller.heard(), gap=400)
    assert end - start == pytest.approx(16000, abs=400)


async def test_what_is_said_is_heard_soon(call: LiveCall) -> None:
    """There and back: a frame and a beat for each of playing, sending, echoing and hearing."""
    diary = Diary()
    await call.channel.listen(diary)
    await call.caller.do("uuid_transfer", "echo inline")
    await diary.hears(4000)
    laps = []
    for _ in range(5):
        before = len(diary.samples)
        began = time.monotonic()
        playing = asyncio.create_task(call.channel.play(stream(tone(0.2))))
        while not runs(diary.samples[before:]):
            diary.changed.clear()
            await diary.changed.wait()
        laps.append(time.monotonic() - began)
        await playing
        await diary.hears(len(diary.samples) + 3200)
    assert sorted(laps)[2] < 0.12


@pytest.mark.parametrize("seconds", [0.0, 0.01, 0.03, 0.3, 2.5])
async def test_cancelled_the_line_is_silent_and_what_was_heard_is_known(call: LiveCall, seconds: float) -> None:
    playing = asyncio.create_task(call.channel.play(stream(tone(6))))
    await asyncio.sleep(seconds)
    at = len(call.caller.heard())
    began = time.monotonic()
    playing.cancel()
    await asyncio.gather(playing, return_exceptions=True)
    assert time.monotonic() - began < 0.1
    heard = await call.caller.hears(at + 1600)
    spans = runs(heard)
    assert sum(end - start for start, end in spans) == pytest.approx(call.channel.heard, abs=20)
    assert not spans or spans[-1][1] - at < 400 + 320  # 50 ms, and 40 for the far end's own recording


async def test_a_reply_after_a_cancelled_one_is_whole(call: LiveCall) -> None:
    for _ in range(5):
        playing = asyncio.create_task(call.channel.play(stream(tone(2))))
        await asyncio.sleep(0.05)
        playing.cancel()
    await call.channel.play(stream(tone(1)))
    assert call.channel.heard == 8000
    await asyncio.gather(playing, return_exceptions=True)


async def test_a_slow_voice_leaves_no_gap_in_the_ear_and_no_key_late(call: LiveCall) -> None:
    async def slowly() -> Stream[bytes]:
        yield tone(0.3)
        await asyncio.sleep(1)
        yield tone(0.3)

    diary = Diary()
    await call.channel.listen(diary)
    await diary.hears(800)
    clock = asyncio.get_running_loop().time
    began, before = clock(), len(diary.samples)
    playing = asyncio.create_task(call.channel.play(slowly()))
    await asyncio.sleep(0.6)
    await call.caller.do("uuid_send_dtmf", "7")
    await asyncio.wait_for(diary.was_told("7"), 0.5)
    await playing
    assert call.channel.heard == 4800
    assert (len(diary.samples) - before) / 8000 == pytest.approx(clock() - began, abs=0.08)
    first, second = runs(await call.caller.hears(14000), gap=800)
    assert first[1] - first[0] == pytest.approx(2400, abs=20)
    assert second[1] - second[0] == pytest.approx(2400, abs=20)


async def test_keys_come_one_by_one_during_playback(call: LiveCall) -> None:
    diary = Diary()
    await call.channel.listen(diary)
    playing = asyncio.create_task(call.channel.play(stream(tone(2))))
    await call.caller.do("uuid_send_dtmf", "12#@100")
    await asyncio.wait_for(diary.was_told("1", "2", "#"), 3)
    await playing
    assert call.channel.heard == 16000


async def test_on_hold_everything_waits(call: LiveCall) -> None:
    diary = Diary()
    await call.channel.listen(diary)
    playing = asyncio.create_task(call.channel.play(stream(tone(2))))
    await asyncio.sleep(0.5)
    await call.caller.do("uuid_hold", "")
    await asyncio.wait_for(diary.was_told(True), 2)
    assert "Channel-Call-State: HELD" in await call.connection.api(f"uuid_dump {call.channel.line.id}")
    held = len(diary.samples)
    await asyncio.sleep(1)
    assert len(diary.samples) == held
    assert not playing.done()
    await call.caller._control.connection.api(f"uuid_hold off {call.caller.id}")
    await asyncio.wait_for(diary.was_told(True, False), 2)
    await playing
    assert call.channel.heard == 16000
    await diary.hears(held + 1600)


@pytest.mark.parametrize(("codec", "other"), [("PCMA", "PCMU"), ("PCMU", "PCMA")])
async def test_a_change_of_law_in_mid_reply_is_not_heard_as_noise(call: LiveCall, other: str) -> None:
    playing = asyncio.create_task(call.channel.play(stream(tone(3))))
    await asyncio.sleep(1)
    await call.caller.do("uuid_media_reneg", f"={other}")
    await playing
    assert call.channel.heard == 24000
    heard = await call.caller.hears(25000)
    start, end = runs(heard)[0][0], runs(heard)[-1][1]
    assert end - start < 24000 + 2400
    assert np.median([signal_to_noise(heard[at : at + 1600]) for at in range(end - 8000, end - 1600, 1600)]) > 36


@pytest.mark.parametrize(
    ("digit", "outcome"),
    [
        ("0", TransferOutcome.BUSY),
        ("4", TransferOutcome.FAILED),
        ("6", TransferOutcome.FAILED),
        ("3", TransferOutcome.NO_ANSWER),
        ("9", TransferOutcome.ENDED),
    ],
)
async def test_a_transfer_comes_back(call: LiveCall, digit: str, outcome: TransferOutcome) -> None:
    diary = Diary()
    await call.channel.listen(diary)
    await diary.hears(800)
    assert await asyncio.wait_for(call.channel.transfer(f"sofia/gateway/far/200{digit}"), 5) is outcome
    at = len(diary.samples)
    await call.caller.say(tone(0.5))
    await diary.hears(at + 6400)
    assert runs(diary.samples[at:])
    await call.channel.play(stream(tone(0.2)))
    assert call.channel.heard == 1600


async def test_the_caller_hears_it_ring_during_a_transfer(call: LiveCall) -> None:
    assert await call.channel.transfer("sofia/gateway/far/2003") is TransferOutcome.NO_ANSWER
    ((start, _),) = runs(call.caller.heard(), gap=400)
    assert signal_to_noise(call.caller.heard()[start + 800 : start + 2400], 425) > 30


async def test_nothing_is_heard_during_a_transfer_until_it_is_cancelled(call: LiveCall) -> None:
    diary = Diary()
    await call.channel.listen(diary)
    await diary.hears(800)
    transfer = asyncio.create_task(call.channel.transfer("sofia/gateway/far/2001"))
    await asyncio.sleep(0.5)
    at = len(diary.samples)
    await call.caller.say(tone(0.5))
    await asyncio.sleep(0.5)
    assert len(diary.samples) == at
    transfer.cancel()
    await asyncio.gather(transfer, return_exceptions=True)
    await diary.hears(at + 1600)
    await call.channel.play(stream(tone(0.2)))


@pytest.mark.parametrize("seconds", [0.0, 0.02, 0.5])
async def test_the_caller_hangs_up_in_mid_reply(call: LiveCall, seconds: float) -> None:
    await call.channel.listen(Diary())
    playing = asyncio.create_task(call.channel.play(stream(tone(5))))
    await asyncio.sleep(seconds)
    await call.caller.do("uuid_kill", "NORMAL_CLEARING")
    with pytest.raises(HungUp, match="NORMAL_CLEARING"):
        await asyncio.wait_for(playing, 2)
    assert await call.channel.hung_up() == "NORMAL_CLEARING"
    with pytest.raises(HungUp):
        await call.channel.play(stream(tone(1)))


async def test_the_caller_hangs_up_while_the_voice_waits_for_its_source(call: LiveCall) -> None:
    async def never() -> Stream[bytes]:
        yield tone(0.2)
        await asyncio.Event().wait()

    playing = asyncio.create_task(call.channel.play(never()))
    await asyncio.sleep(0.6)
    await call.caller.do("uuid_kill", "NORMAL_CLEARING")
    with pytest.raises(HungUp):
        await asyncio.wait_for(playing, 2)
    assert call.channel.heard == 1600


async def test_hanging_up_ends_whatever_waits(call: LiveCall) -> None:
    playing = asyncio.create_task(call.channel.play(stream(tone(5))))
    await asyncio.sleep(0.3)
    await call.channel.hang_up("USER_BUSY")
    with pytest.raises(HungUp, match="USER_BUSY"):
        await playing
    await call.channel.hang_up()


async def test_an_ear_that_stopped_is_started_again(call: LiveCall) -> None:
    diary = Diary()
    await call.channel.listen(diary)
    await diary.hears(1600)
    (ear,) = call.media.directory.files(call.channel.line.id)
    await call.connection.api(f"uuid_record {call.channel.line.id} stop {ear.path}")
    at = len(diary.samples)
    await asyncio.wait_for(diary.hears(at + 8000), 3)


async def test_a_kept_recording_has_the_caller_left_and_the_assistant_right(
    switch: PrivateFreeSwitch, control: Control, tmp_path: Path
) -> None:
    kept = tmp_path / "kept.wav"
    async with answered(switch, control, tmp_path) as call:
        await call.channel.record(kept)
        await call.caller.say(tone(1, 300))
        await call.channel.play(stream(tone(1, 1000)))
    with wave.open(str(kept)) as file:
        both = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
    both = both[:-160]  # FreeSWITCH fills the last frame of a stereo recording with what lies in its memory
    for side, hertz in ((0, 300), (1, 1000)):
        ((start, end),) = runs(both[:, side])
        assert signal_to_noise(both[start:end, side], hertz) > 30


async def test_another_worker_takes_the_call_over_without_losing_a_word(
    switch: PrivateFreeSwitch, control: Control, tmp_path: Path
) -> None:
    caller, diaries = Caller(control, tmp_path), [Diary(), Diary()]
    spoken = np.frombuffer(recording("es", "invalid").audio, "<i2")
    lost, taken = 0.0, 0.0

    async def first(connection: Connection, connect: Event, media: Media) -> None:
        nonlocal lost
        async with open_channel(connection, connect, media) as channel:
            await channel.answer()
            await channel.listen(diaries[0])
            await caller.say(spoken.tobytes())
            playing = asyncio.create_task(channel.play(stream(tone(10))))
            await diaries[0].hears(16000)
            # What one that was killed leaves behind.
            os.mkfifo(media.directory.voice(channel.line.id, 7, Encoding.PCMA))
            connection.close()
            lost = time.monotonic()
            with pytest.raises(ConnectionLost):
                await playing

    async def second(connection: Connection, connect: Event, media: Media) -> None:
        nonlocal taken
        async with open_channel(connection, connect, media) as channel:
            taken = time.monotonic()
            await channel.answer()
            await channel.listen(diaries[1], since=8000)
            await channel.play(stream(tone(0.5)))
            assert channel.heard == 4000
            await diaries[1].hears(len(spoken))
            await channel.hang_up()
        finished.set()

    workers = [second, first]
    finished = asyncio.Event()

    async def handler(connection: Connection, connect: Event) -> None:
        await workers.pop()(connection, connect, media)

    async with (
        Media(switch.media_dir) as media,
        serve(handler, "127.0.0.1", switch.ports.worker, limit=2, peers=LOOPBACK),
    ):
        await place(control, switch, caller.id, "PCMA")
        await asyncio.wait_for(finished.wait(), 20)
    assert taken - lost < 1.2
    assert diaries[1].samples[:8000].tobytes() == diaries[0].samples[8000:16000].tobytes()
    assert share_found(spoken[8000:], diaries[1].samples) > 0.9
    await nothing_is_left(switch, control)


async def test_without_room_for_the_ear_the_call_is_told_and_stays_up(
    switch: PrivateFreeSwitch, control: Control, tmp_path: Path
) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mount = await asyncio.create_subprocess_exec(
        "mount", "-t", "tmpfs", "-o", "size=64k", "none", str(small), stderr=asyncio.subprocess.DEVNULL
    )
    if await mount.wait():
        pytest.skip("may not mount a small tmpfs here")
    try:
        async with answered(switch, control, tmp_path, media_dir=small) as call:
            diary = Diary()
            await call.channel.listen(diary)
            with pytest.raises(MediaLost, match=f"{small}: no room left"):
                await asyncio.wait_for(call.channel.hung_up(), 20)
            assert await call.channel.transfer("sofia/gateway/far/2000") is TransferOutcome.BUSY
    finally:
        await (await asyncio.create_subprocess_exec("umount", "-l", str(small))).wait()
