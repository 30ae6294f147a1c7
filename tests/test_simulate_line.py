"""The simulated line as its callers see it, and what it does without a worker, or with a bad one."""

import asyncio
import os
import re
import wave
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import numpy as np
import pytest

from assist.errors import HungUp
from assist.simulate.caller import Leg, ScriptedCaller, Step
from assist.simulate.dialplan import Dialplan
from assist.simulate.line import SimulatedLine
from assist.simulate.ports import free_port
from assist.simulate.profile import Profile
from tests.fast_time import hasten
from tests.live.signals import runs, signal_to_noise, tone
from tests.rigs import EAR, Call, Samples, now, until, worker

# Time that is measured, on a machine that others use too: what fails is looked at once more.
pytestmark = [pytest.mark.slow, pytest.mark.flaky(reruns=1)]

SPOKEN_BY_NOBODY = "Jos\udce9 ${system(touch /nowhere)}"


@pytest.fixture(autouse=True)
async def fast() -> None:
    hasten()


@pytest.fixture
def apology(tmp_path: Path) -> Path:
    path = tmp_path / "apology.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        file.writeframes(np.repeat(np.frombuffer(tone(0.3), "<i2"), 2).tobytes())
    return path


@asynccontextmanager
async def served(plan: Dialplan | None = None) -> AsyncIterator[tuple[SimulatedLine, "asyncio.Queue[Call]"]]:
    port = free_port()
    async with worker(port) as calls, SimulatedLine([f"127.0.0.1:{port}"], plan) as line:
        yield line, calls


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def samples(recorded: bytes) -> Samples:
    return np.frombuffer(recorded, "<i2")


async def test_the_caller_says_presses_and_hears(tmp_path: Path) -> None:
    async with served() as (line, calls), line.call("1000") as call:
        answered = await calls.get()
        await answered.api("uuid_record", f"start {tmp_path}/ear.r8 0 {{enable_file_write_buffering=false}}")
        playing = await answered.run("playback", "tone_stream://%(300,0,440)")
        await call.say(tone(0.3))
        await call.press("42")
        await answered.done(playing)
        await call.quiet(0.2)
        keys = [event["DTMF-Digit"] for event in answered.diary.events if event.name == "DTMF"]
        assert keys == ["4", "2"]
        ((start, end),) = runs(samples(call.recorded))
        assert end - start == pytest.approx(2400, abs=20)


async def test_saying_takes_as_long_as_it_is() -> None:
    """And time does not drift."""
    async with served() as (line, _), line.call("1000") as call:
        began = now()
        for _ in range(10):
            await call.say(tone(0.1))
        assert now() - began == pytest.approx(1.0, abs=0.06)


async def test_who_stops_in_mid_sentence_sends_no_more() -> None:
    async with served() as (line, calls), line.call("1000") as call:
        echoing = await (answered := await calls.get()).run("echo")
        saying = asyncio.create_task(call.say(tone(2)))
        await asyncio.sleep(0.3)
        saying.cancel()
        await call.quiet(0.3)
        ((start, end),) = runs(samples(call.recorded))
        assert end - start == pytest.approx(2400, abs=800)
        await answered.api("uuid_break")
        await answered.done(echoing)


async def test_listening_is_in_frames_and_ends_with_the_call() -> None:
    async with served() as (line, _), line.call("1000") as call:
        frames = []
        async with aclosing(call.listen()) as heard:
            async for frame in heard:
                frames.append(frame)
                if len(frames) == 5:
                    await call.hang_up()
        assert [len(frame) for frame in frames] == [320] * 5
        assert await call.ended() == "NORMAL_CLEARING"
        async with aclosing(call.listen()) as heard:
            assert [frame async for frame in heard] == []
        await call.say(tone(1))
        await call.press("1")


async def test_hung_up_from_the_other_end_the_caller_knows_why() -> None:
    async with served() as (line, calls), line.call("1000") as call:
        await (await calls.get()).api("uuid_kill", "USER_BUSY")
        assert await asyncio.wait_for(call.ended(), 0.5) == "USER_BUSY"


async def test_without_a_worker_there_is_an_apology(apology: Path) -> None:
    async with SimulatedLine([f"127.0.0.1:{free_port()}"], Dialplan(apology=apology)) as line:
        async with line.call("1000") as call:
            assert await asyncio.wait_for(call.ended(), 2) == "NORMAL_TEMPORARY_FAILURE"
        assert call.apologised
        ((start, end),) = runs(samples(call.recorded))
        assert end - start == pytest.approx(2400, abs=20)
        assert signal_to_noise(samples(call.recorded)[start:end]) > 30


async def test_when_two_workers_were_lost_there_is_an_apology() -> None:
    async with served() as (line, calls), line.call("1000") as call:
        for _ in range(2):
            (await calls.get()).connection.close()
        assert await asyncio.wait_for(call.ended(), 2) == "NORMAL_TEMPORARY_FAILURE"
        assert call.apologised


async def test_a_worker_that_is_mute_is_left_in_time() -> None:
    async def be_mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    mute = await asyncio.start_server(be_mute, "127.0.0.1", 0)
    host = f"127.0.0.1:{mute.sockets[0].getsockname()[1]}"
    async with mute, SimulatedLine([host], Dialplan(pickup_seconds=0.3)) as line, line.call("1000") as call:
        assert await asyncio.wait_for(call.ended(), 2) == "NORMAL_TEMPORARY_FAILURE"
        assert call.apologised


async def test_without_socket_resume_a_worker_that_slams_leaves_a_call_that_never_ends() -> None:
    async def slam(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    slamming = await asyncio.start_server(slam, "127.0.0.1", 0)
    host = f"127.0.0.1:{slamming.sockets[0].getsockname()[1]}"
    async with slamming, SimulatedLine([host], Dialplan(resume=False, pickup_seconds=60)) as line:
        call = line.ring(Profile("34600000000", "", "1000"))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(call.ended(), 0.7)
        assert len(line.board.sessions) == 1


async def test_a_call_has_a_maximum_length() -> None:
    async with served(Dialplan(max_seconds=0.4)) as (line, _), line.call("1000") as call:
        assert await asyncio.wait_for(call.ended(), 1) == "ALLOTTED_TIMEOUT"


async def test_a_call_that_ends_before_the_answer_raises_why() -> None:
    async with SimulatedLine([f"127.0.0.1:{free_port()}"]) as line:
        call = line.ring(Profile("34600000000", "", "1000"))
        await call.hang_up()
        with pytest.raises(HungUp, match="NORMAL_CLEARING"):
            await call.answered()


async def test_a_callers_name_may_hold_anything() -> None:
    """Bytes that are no UTF-8 arrive as they are: in what it connects with, and in events."""
    async with served() as (line, calls), line.call("1000", name=SPOKEN_BY_NOBODY):
        call = await calls.get()
        expected = "Jos� ${system(touch /nowhere)}"
        assert call.connect["Caller-Caller-ID-Name"] == expected
        assert call.diary.events[0]["Caller-Caller-ID-Name"] == expected


async def test_of_both_sides_the_caller_is_left_and_the_assistant_right(tmp_path: Path) -> None:
    path = tmp_path / "kept.wav"
    async with served() as (line, calls), line.call("1000") as call:
        answered = await calls.get()
        await answered.api("uuid_record", f"start {path} 0 {{RECORD_STEREO=true,RECORD_PRE_BUFFER_FRAMES=1}}")
        await answered.run("playback", "tone_stream://%(400,0,1000)")
        await call.say(tone(0.3, 300))
        await call.quiet(0.3)
    await until(lambda: not line.board.sessions)
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getframerate()) == (2, 8000)
        both = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
    for side, hertz, length in ((0, 300, 2400), (1, 1000, 3200)):
        ((start, end),) = runs(both[:, side])
        assert end - start == pytest.approx(length, abs=30)
        assert signal_to_noise(both[start:end, side], hertz) > 30


async def test_a_masked_recording_is_silent(tmp_path: Path) -> None:
    path = tmp_path / "ear.r8"
    async with served() as (line, calls), line.call("1000") as call:
        answered = await calls.get()
        await answered.api("uuid_record", f"start {path} 0 {EAR}")
        await answered.api("uuid_record", f"mask {path}")
        await call.say(tone(0.2))
        await call.quiet(0.1)
        await answered.api("uuid_record", f"unmask {path}")
        await call.say(tone(0.1))
        await call.quiet(0.1)
    ((start, end),) = runs(samples(path.read_bytes()))
    assert start > 2400
    assert end - start == pytest.approx(800, abs=20)


async def test_many_calls_at_once_stay_apart() -> None:
    async def ring(line: SimulatedLine, hertz: int) -> float:
        async with line.call("1000", variables={"x_hertz": str(hertz)}) as call:
            await call.quiet(0.5)
            ((start, end),) = runs(samples(call.recorded))
            return signal_to_noise(samples(call.recorded)[start:end], hertz)

    async def answer(calls: "asyncio.Queue[Call]") -> None:
        while call := await calls.get():
            await call.run("playback", f"tone_stream://%(300,0,{call.connect['variable_x_hertz']})")

    async with served() as (line, calls):
        answering = asyncio.create_task(answer(calls))
        clean = await asyncio.gather(*(ring(line, hertz) for hertz in (300, 440, 600, 1000)))
        answering.cancel()
    assert min(clean) > 30


@pytest.mark.parametrize("seconds", [0.0, 0.05, 0.4])
async def test_whenever_it_ends_nothing_is_left(tmp_path: Path, seconds: float) -> None:
    """No task, no descriptor; of files only recordings, which are the worker's."""
    tasks, descriptors = asyncio.all_tasks(), open_descriptors()
    port = free_port()
    async with worker(port) as calls:
        async with SimulatedLine([f"127.0.0.1:{port}"]) as line:
            call = line.ring(Profile("34600000000", "", "1000"))
            if seconds:
                await call.answered()
                answered = await calls.get()
                pipe = tmp_path / "starving.PCMA"
                os.mkfifo(pipe)
                held = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
                await answered.api("uuid_record", f"start {tmp_path}/ear.r8")
                await answered.run("playback", str(pipe))
            await asyncio.sleep(seconds)
            saying = asyncio.create_task(call.say(tone(1)))
            await asyncio.sleep(0)
        assert await call.ended() == "MANAGER_REQUEST"
        await saying
        if seconds:
            os.close(held)
    assert asyncio.all_tasks() == tasks
    assert open_descriptors() == descriptors
    assert not line.board.sessions


async def test_a_scripted_caller_can_use_it() -> None:
    """He waits until the assistant is silent, speaks, and speaks over the next words."""

    async def voice(text: str) -> bytes:
        return tone(0.3, 300)

    async with served() as (line, calls), line.call("1000") as call:
        leg: Leg = call
        answered = await calls.get()
        for _ in range(3):
            await answered.run("playback", "tone_stream://%(800,1000,440)")
        steps = [Step(say="after"), Step(say="over", over=0.5), Step(hang_up=True, over=0.5)]
        await asyncio.wait_for(ScriptedCaller(voice, polite_pause=0.3).run(leg, steps), 6)
        assert await leg.ended() == "NORMAL_CLEARING"


def test_what_the_dialplan_sets_is_what_the_configuration_sets() -> None:
    settings = (Path(__file__).parent.parent / "freeswitch/conf/vars.xml").read_text(encoding="utf-8")
    defaults = dict(re.findall(r'cmd="set" data="(\w+)=([^"$]*)"', settings))
    assert Dialplan().pickup_seconds == float(defaults["assist_pickup_seconds"])
    assert Dialplan().max_seconds == float(defaults["assist_max_call_seconds"])
