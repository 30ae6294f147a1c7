"""What FreeSWITCH does, as the project relies on it: on the simulated line here, on a real one in `tests/live`."""

import asyncio
import os

import numpy as np
import pytest

from assist.errors import CommandFailed
from assist.switch.events import Event
from tests.live.signals import runs, signal_to_noise, tone
from tests.rigs import EAR, Call, Caller, Ear, FedPipe, Rig, now, until

# Time that is measured, on a machine that others use too: what fails is looked at once more.
pytestmark = [pytest.mark.slow, pytest.mark.flaky(reruns=1)]

LAWS = pytest.mark.parametrize(("codec", "other"), [("PCMA", "PCMU"), ("PCMU", "PCMA")])

BYTES_PER_SECOND = 16000
FRAME = 160


def counted(event: Event) -> int:
    """Return how many samples FreeSWITCH says it has played."""
    return int(event["variable_playback_last_offset_pos"])


# The ear


async def test_a_recording_shows_nothing_for_two_seconds(rig: Rig, call: Call) -> None:
    path = rig.media_dir / "late.r8"
    await call.api("uuid_record", f"start {path}")
    await asyncio.sleep(1.5)
    assert Ear(path).seconds == 0
    await call.api("uuid_record", f"stop {path}")
    path.unlink(missing_ok=True)


async def test_unbuffered_it_is_half_a_second_late(rig: Rig, call: Call) -> None:
    """But for its first frame."""
    path = rig.media_dir / "late.r8"
    await call.api("uuid_record", f"start {path} 0 {{enable_file_write_buffering=false}}")
    await until(lambda: Ear(path).seconds > 0)
    began = now()
    await until(lambda: Ear(path).seconds > 0.02)
    assert now() - began == pytest.approx(0.52, abs=0.1)
    path.unlink(missing_ok=True)


async def test_with_three_variables_it_grows_frame_by_frame(ear: Ear) -> None:
    await ear.grows()
    sizes = set()
    ends = now() + 0.3
    while now() < ends:
        sizes.add(ear.path.stat().st_size)
        await asyncio.sleep(0.002)
    steps = np.diff(sorted(sizes))
    assert np.median(steps) == 2 * FRAME
    assert max(sizes) - min(sizes) == pytest.approx(0.3 * BYTES_PER_SECOND, abs=4 * 2 * FRAME)


async def test_it_goes_on_while_the_caller_is_silent_and_during_a_playback(call: Call, ear: Ear, pipe: FedPipe) -> None:
    assert await ear.growth(0.3) == pytest.approx(0.3, abs=0.06)
    await call.api("uuid_setvar", "timer_name")
    pipe.feed(tone(1))
    playing = await call.run("playback", str(pipe.path))
    await call.diary.wait("PLAYBACK_START")
    assert await ear.growth(0.4) == pytest.approx(0.4, abs=0.06)
    pipe.end()
    await call.done(playing)


async def test_a_voice_that_starves_makes_it_deaf(call: Call, caller: Caller, ear: Ear, pipe: FedPipe) -> None:
    """Without a timer: what is said meanwhile is lost for good. A key comes when bytes flow."""
    await call.api("uuid_setvar", "timer_name")
    began, start = now(), ear.seconds
    pipe.feed(tone(0.2))
    playing = await call.run("playback", str(pipe.path))
    await asyncio.sleep(0.5)
    await caller.press("7")
    assert await ear.growth(0.6) == pytest.approx(0, abs=0.03)
    assert "DTMF" not in call.diary.names
    pipe.feed(tone(0.3))
    pipe.end()
    await call.done(playing)
    await ear.grows()
    lost = now() - began - (ear.seconds - start)
    assert lost > 0.6
    assert (await call.diary.wait("DTMF"))["DTMF-Digit"] == "7"


async def test_with_a_timer_a_voice_that_starves_costs_nothing(
    call: Call, caller: Caller, ear: Ear, pipe: FedPipe
) -> None:
    """A key is told when bytes flow again."""
    began, start = now(), ear.seconds
    pipe.feed(tone(0.2))
    playing = await call.run("playback", str(pipe.path))
    await asyncio.sleep(0.5)
    await caller.press("7")
    await asyncio.sleep(0.5)
    assert "DTMF" not in call.diary.names
    pipe.feed(tone(0.2))
    assert (await call.diary.wait("DTMF", seconds=0.3))["DTMF-Digit"] == "7"
    pipe.end()
    await call.done(playing)
    assert now() - began - (ear.seconds - start) == pytest.approx(0, abs=0.08)


async def test_a_hold_stops_it(call: Call, caller: Caller, ear: Ear) -> None:
    await ear.grows()
    await caller.hold(True)
    await call.diary.wait("CHANNEL_HOLD")
    assert await ear.growth(0.3) == pytest.approx(0, abs=0.03)
    await caller.hold(False)
    await call.diary.wait("CHANNEL_UNHOLD")
    await ear.grows()


async def test_it_goes_on_through_a_transfer_and_hears_the_caller_only(call: Call, ear: Ear) -> None:
    talking = await call.run("bridge", "{assist_mark=1}sofia/gateway/far/2002")
    await call.diary.wait("CHANNEL_BRIDGE")
    before = ear.path.stat().st_size
    assert await ear.growth(0.5) == pytest.approx(0.5, abs=0.1)
    heard = np.frombuffer(ear.path.read_bytes()[before:], "<i2")
    assert not runs(heard)
    await call.connection.api("hupall NORMAL_CLEARING assist_mark 1")
    await call.done(talking)


async def test_its_file_stays_after_the_call(call: Call, caller: Caller, ear: Ear) -> None:
    await ear.grows()
    await caller.hang_up()
    await call.diary.wait("CHANNEL_HANGUP_COMPLETE")
    assert ear.path.exists()


async def test_recordings_are_listed_by_their_paths(call: Call, ear: Ear) -> None:
    assert str(ear.path) in await call.api("uuid_buglist")
    await call.api("uuid_record", f"stop {ear.path}")
    assert str(ear.path) not in await call.api("uuid_buglist")
    with pytest.raises(CommandFailed, match="Cannot stop"):
        await call.api("uuid_record", f"stop {ear.path}")


async def test_a_place_where_nothing_can_be_written_is_told(rig: Rig, call: Call) -> None:
    (rig.media_dir / "file").touch()
    with pytest.raises(CommandFailed, match="Cannot record"):
        await call.api("uuid_record", f"start {rig.media_dir}/file/ear.r8 0 {EAR}")
    (rig.media_dir / "file").unlink()


# The voice


@LAWS
async def test_a_pipe_in_the_codec_of_the_line_is_heard_as_it_is(
    call: Call, caller: Caller, pipe: FedPipe, codec: str, other: str
) -> None:
    before = now()
    pipe.feed(tone(0.5))
    playing = await call.run("playback", str(pipe.path))
    assert (await call.diary.wait("PLAYBACK_START"))["Playback-File-Path"] == str(pipe.path)
    assert now() - before < 0.15
    pipe.end()
    assert (await call.done(playing))["Application-Response"] == "FILE PLAYED"
    assert call.diary.find("PLAYBACK_STOP", "")
    await until(lambda: len(runs(caller.heard())) == 1 and len(caller.heard()) > runs(caller.heard())[0][1] + FRAME)
    ((start, end),) = runs(caller.heard())
    assert end - start == pytest.approx(4000, abs=20)
    assert signal_to_noise(caller.heard()[start:end]) > 36


@LAWS
async def test_a_pipe_in_the_other_law_is_noise_and_no_error(
    rig: Rig, call: Call, caller: Caller, codec: str, other: str
) -> None:
    pipe = FedPipe(rig.media_dir / f"voice.{other}", other)
    pipe.feed(tone(0.5))
    playing = await call.run("playback", str(pipe.path))
    await call.diary.wait("PLAYBACK_START")
    pipe.end()
    assert (await call.done(playing))["Application-Response"] == "FILE PLAYED"
    await until(lambda: bool(runs(caller.heard())))
    await asyncio.sleep(0.1)
    heard = caller.heard()
    start, end = runs(heard)[0][0], runs(heard)[-1][1]
    assert signal_to_noise(heard[start:end]) < 10


@LAWS
async def test_after_a_reinvite_it_is_noise_and_only_an_event_tells(
    call: Call, caller: Caller, pipe: FedPipe, codec: str, other: str
) -> None:
    pipe.feed(tone(1.6))
    playing = await call.run("playback", str(pipe.path))
    await until(lambda: bool(runs(caller.heard())))
    await asyncio.sleep(0.4)
    call.diary.events.clear()
    await caller.reinvite(other)
    told = await call.diary.wait("CODEC")
    assert told["Channel-Write-Codec-Name"] == other
    pipe.end()
    await call.done(playing)
    await asyncio.sleep(0.1)
    heard = caller.heard()
    start, end = runs(heard)[0][0], runs(heard)[-1][1]
    assert signal_to_noise(heard[start : start + 2000]) > 36
    assert signal_to_noise(heard[end - 4000 : end]) < 10
    assert await call.api("uuid_getvar", "read_codec") == codec
    assert await call.api("uuid_getvar", "rtp_use_codec_name") == other


async def test_a_pipe_that_runs_dry_is_a_pause(call: Call, caller: Caller, pipe: FedPipe) -> None:
    """The last frame before it waits for what comes after it."""
    pipe.feed(tone(0.2))
    playing = await call.run("playback", str(pipe.path))
    await asyncio.sleep(0.6)
    pipe.feed(tone(0.2))
    pipe.end()
    await call.done(playing)
    await until(lambda: len(runs(caller.heard(), gap=800)) == 2)
    await asyncio.sleep(0.1)
    first, second = runs(caller.heard(), gap=800)
    assert first[1] - first[0] == pytest.approx(1600 - FRAME, abs=20)
    assert second[1] - second[0] == pytest.approx(1600 + FRAME, abs=20)
    assert second[0] - first[1] > 0.25 * 8000


async def test_each_read_costs_the_count_of_what_was_played_half_a_frame(call: Call, pipe: FedPipe) -> None:
    pipe.feed(tone(0.8))
    playing = await call.run("playback", str(pipe.path))
    await call.diary.wait("PLAYBACK_START")
    pipe.end()
    told = await call.done(playing)
    assert counted(told) == 6400 - FRAME // 2
    assert told["variable_playback_ms"] == "800"


async def test_in_small_pieces_the_count_is_far_too_short(call: Call, pipe: FedPipe) -> None:
    pieces = [tone(1)[start : start + 2 * 97] for start in range(0, 16000, 2 * 97)]
    for piece in pieces[:12]:
        pipe.feed(piece)
    playing = await call.run("playback", str(pipe.path))
    for piece in pieces[12:]:
        await asyncio.sleep(0.012)
        pipe.feed(piece)
    pipe.end()
    assert 8000 * 0.5 < counted(await call.done(playing)) < 8000 * 0.95


async def test_a_break_ends_it_at_once(call: Call, caller: Caller, pipe: FedPipe) -> None:
    pipe.feed(tone(2))
    playing = await call.run("playback", str(pipe.path))
    await until(lambda: bool(runs(caller.heard())))
    await asyncio.sleep(0.4)
    at = len(caller.heard())
    await call.api("uuid_break")
    told = await call.done(playing, seconds=0.2)
    assert told["Application-Response"] == "FILE PLAYED"
    assert counted(told) < 8000
    stopped = call.diary.find("PLAYBACK_STOP")
    assert stopped and stopped["Playback-Status"] == "break"
    pipe.end()
    await asyncio.sleep(0.2)
    assert runs(caller.heard())[-1][1] < at + 5 * FRAME


async def test_a_break_that_comes_before_it_starts_is_lost(call: Call, pipe: FedPipe) -> None:
    await call.api("uuid_break")
    pipe.feed(tone(0.3))
    playing = await call.run("playback", str(pipe.path))
    await call.diary.wait("PLAYBACK_START")
    pipe.end()
    assert counted(await call.done(playing)) == 2400 - FRAME // 2
    stopped = call.diary.find("PLAYBACK_STOP")
    assert stopped and stopped["Playback-Status"] == "done"


async def test_a_break_of_one_that_starves_waits_for_the_pipe(call: Call, pipe: FedPipe) -> None:
    pipe.feed(tone(0.1))
    playing = await call.run("playback", str(pipe.path))
    await asyncio.sleep(0.4)
    await call.api("uuid_break")
    await asyncio.sleep(0.2)
    assert call.diary.find("CHANNEL_EXECUTE_COMPLETE", playing) is None
    pipe.end()
    await call.done(playing, seconds=0.2)


async def test_a_pipe_without_a_writer_keeps_the_call_waiting(rig: Rig, call: Call) -> None:
    path = rig.media_dir / "lonely.PCMA"
    os.mkfifo(path)
    playing = await call.run("playback", str(path))
    await call.diary.wait("CHANNEL_EXECUTE", playing)
    await asyncio.sleep(0.2)
    assert "PLAYBACK_START" not in call.diary.names
    os.close(os.open(path, os.O_RDWR | os.O_NONBLOCK))
    path.unlink()
    await call.done(playing)


async def test_while_it_starves_nobody_notices_that_the_caller_hangs_up(
    call: Call, caller: Caller, pipe: FedPipe
) -> None:
    pipe.feed(tone(0.1))
    await call.run("playback", str(pipe.path))
    await asyncio.sleep(0.4)
    await caller.hang_up()
    await asyncio.sleep(0.3)
    assert "CHANNEL_HANGUP" not in call.diary.names
    pipe.end()
    await call.diary.wait("CHANNEL_HANGUP_COMPLETE", seconds=0.5)


async def test_hung_up_from_here_while_it_starves_it_is_not_over_before_the_pipe_is(call: Call, pipe: FedPipe) -> None:
    pipe.feed(tone(0.1))
    await call.run("playback", str(pipe.path))
    await asyncio.sleep(0.4)
    await call.api("uuid_kill")
    await call.diary.wait("CHANNEL_HANGUP", seconds=0.2)
    await asyncio.sleep(0.3)
    assert "CHANNEL_HANGUP_COMPLETE" not in call.diary.names
    pipe.end()
    await call.diary.wait("CHANNEL_HANGUP_COMPLETE", seconds=0.5)
