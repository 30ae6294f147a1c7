"""Human voices speak over the assistant, which falls silent: measured as the caller heard it, in stereo recordings."""

import asyncio
import math
import statistics
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from assist.audio.endpointing import Began, Endpointer, Rules
from assist.audio.vad import Vad
from assist.demo.measure import Recording, interruption_times, read_stereo
from assist.simulate.freeswitch import PrivateFreeSwitch
from assist.switch.control import Control
from tests.line_audio import frames, telephone
from tests.live.far import answered
from tests.live.house import House, recorded, speaks_for
from tests.live.signals import Samples, runs, stream, tone
from tests.recordings import recordings

pytestmark = pytest.mark.alone

HUMAN = Path("/usr/share/asterisk/sounds/es_MX_f_Allison")
"""Of the Debian package asterisk-core-sounds-es-wav."""

BARGE_INS = 24
ENOUGH = 20
AT_ONCE = 3
MEDIAN_MS, MOST_MS = 150, 200
"""Of half, and of 95 in a hundred."""

OVERLAP = 1.2
"""Seconds of a recording that are spoken over the assistant."""
BREATH_MS = 80
"""A recording that is not that long loud from its first sample on begins with a click, or with a breath."""


@dataclass(frozen=True, slots=True)
class BargeIn:
    """One of them, in milliseconds from the caller's first sample over -40 dBFS."""

    silent: float
    """To the assistant's last sample."""
    detected: float
    """To the sample with which the voice detector, given the same audio, knew it: the rest is the way in and out."""


def human_voices() -> list[bytes]:
    """Recordings that begin with speech, evenly chosen, at the level of a telephone."""
    packaged = [read(path) for path in sorted(HUMAN.glob("*.wav"))]
    spoken = [telephone(audio) for audio in packaged or [recorded.audio for recorded in recordings("es")]]
    fitting = [audio for audio in spoken if begins_with_speech(audio)]
    return [fitting[index * len(fitting) // BARGE_INS] for index in range(BARGE_INS)]


def read(path: Path) -> bytes:
    with wave.open(str(path)) as file:
        return bytes(file.readframes(file.getnframes()))


def begins_with_speech(audio: bytes) -> bool:
    samples = np.frombuffer(audio, "<i2").astype(float)
    loud = np.flatnonzero(np.abs(samples) > 328)
    if len(samples) < OVERLAP * 8000 or not loud.size:
        return False
    beginning = samples[loud[0] : loud[0] + BREATH_MS * 8].reshape(-1, 80)
    return bool((np.sqrt((beginning**2).mean(axis=1)) > 232).all())


async def speak_over(home: House, number: int, voice: bytes) -> None:
    """Ring, and speak over the greeting, each at another moment and every other one in the other law."""
    async with home.ring("1003", ["PCMA", "PCMU"][number % 2]) as leg:
        await speaks_for(leg, 0.4 + number * 0.37 % 2)
        await leg.say(voice[: round(OVERLAP * 16000)])


def barge_ins(recording: Recording) -> list[BargeIn]:
    """The one there was; none if the assistant was just drawing breath, and then it must not have gone on."""
    times = interruption_times(recording)
    assert times or runs(recording.assistant)[-1][1] < runs(recording.caller)[0][0]
    return [BargeIn(seconds * 1000, detection(recording.caller)) for seconds in times]


def detection(caller: Samples) -> float:
    """Return after how many milliseconds the first voice is known to somebody who hears *caller* frame by frame."""
    vad, endpointer = Vad(), Endpointer(Rules())
    row = vad.open()
    for number, frame in enumerate(frames(caller.tobytes())):
        vad.feed(row, frame)
        events = endpointer.feed(frame, [])
        while vad.ready:
            events += endpointer.feed(b"", vad.step().get(row, []))
        if any(isinstance(event, Began) for event in events):
            return ((number + 1) * 160 - runs(caller)[0][0]) / 8
    return math.inf


def told(found: Sequence[BargeIn]) -> str:
    """The distribution, and where the time goes."""
    rows = [
        f"{name:>9}: median {statistics.median(times):4.0f} ms, from {min(times):4.0f} to {max(times):4.0f}"
        for name, times in (
            ("silent", [each.silent for each in found]),
            ("detected", [each.detected for each in found]),
            ("rest", [each.silent - each.detected for each in found]),
        )
    ]
    each = " ".join(f"{one.silent:.0f}({one.detected:.0f})" for one in sorted(found, key=lambda one: one.silent))
    return "\n".join(["", *rows, f"all, of which detection: {each}"])


@pytest.mark.timeout(180)
async def test_who_speaks_over_the_assistant_silences_it_at_once(home: House) -> None:
    before = home.calls
    places = asyncio.Semaphore(AT_ONCE)

    async def one(number: int, voice: bytes) -> None:
        async with places:
            await speak_over(home, number, voice)

    await asyncio.gather(*(one(number, voice) for number, voice in enumerate(human_voices())))
    stereo = [read_stereo(await recorded(home, call)) for call in home.calls - before]
    found = [each for recording in stereo for each in barge_ins(recording)]
    assert len(stereo) == BARGE_INS
    assert len(found) >= ENOUGH
    times = sorted(each.silent for each in found)
    print(told(found))
    assert statistics.median(times) <= MEDIAN_MS, told(found)
    assert times[math.ceil(0.95 * len(times)) - 1] <= MOST_MS, told(found)


@pytest.mark.parametrize("milliseconds", [10, 35])
async def test_neither_a_click_nor_a_cough_silences_it(home: House, milliseconds: int) -> None:
    before = home.calls
    noise = np.random.default_rng(3).normal(0, 3000, milliseconds * 8).astype("<i2")
    async with home.ring("1003") as leg:
        await speaks_for(leg, 0.5)
        await leg.say(noise.tobytes())
        await speaks_for(leg, 1.0, within=1.6)
    (call,) = home.calls - before
    both = read_stereo(await recorded(home, call))
    assert len(runs(both.caller)) == 1
    assert both.assistant.any()


async def test_both_sides_of_a_kept_recording_are_in_step(
    switch: PrivateFreeSwitch, control: Control, tmp_path: Path
) -> None:
    """What the far end gives back is kept after what it was given, by no more than the way there and back."""
    kept = tmp_path / "kept.wav"
    async with answered(switch, control, tmp_path) as call:
        await call.channel.record(kept)
        await call.caller.do("uuid_transfer", "echo inline")
        await asyncio.sleep(1)
        for _ in range(3):
            await call.channel.play(stream(tone(0.3)))
            await asyncio.sleep(0.5)
    both = read_stereo(kept)
    given, back = ([start for start, _ in runs(side, gap=800)] for side in (both.assistant, both.caller))
    assert len(given) == len(back) == 3
    for there, here in zip(given, back, strict=True):
        assert 0 <= here - there <= 80 * 8
