"""Waits and interruptions as the caller heard them, measured in a stereo recording: caller left, assistant right."""

import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assist.audio.level import loud

SPEECH_DBFS = -40.0
"""Level of a sample that counts as speech."""
SOUND_DBFS = -60.0
"""Level of a sample that is not silence: that of G.711 may be as loud as -72."""
GAP = 0.5
"""Seconds of silence that end an utterance, of either side."""
BLIP = 0.06
"""Seconds below which a sound is none."""
FRAME = 160
"""Samples at the end of a stereo recording that FreeSWITCH fills with what lies in its memory."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """Somebody spoke, in seconds of the recording."""

    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Recording:
    """Both sides of a call."""

    rate: int
    caller: NDArray[np.int16]
    assistant: NDArray[np.int16]


def read_stereo(path: Path) -> Recording:
    """Raises `ValueError` if *path* is no 16-bit stereo recording."""
    with wave.open(str(path)) as file:
        if (file.getnchannels(), file.getsampwidth()) != (2, 2):
            raise ValueError(f"{path}: not a 16-bit stereo recording")
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)[:-FRAME]
        return Recording(file.getframerate(), samples[:, 0], samples[:, 1])


HEADER = 44
"""Bytes before the samples of a plain WAV file."""


def is_complete(path: Path) -> bool:
    """Return whether *path* says how long it is, as it does once it is closed, and is."""
    with path.open("rb") as file:
        beginning = file.read(8)
    size = path.stat().st_size
    # Not the number of samples: while it grows, that may be the number of the first ones written.
    return size > HEADER and beginning == b"RIFF" + (size - 8).to_bytes(4, "little")


def utterances(samples: NDArray[np.int16], rate: int, gap: float = GAP, above: float = SPEECH_DBFS) -> list[Utterance]:
    """Return where *samples* are louder than *above*, in order; pauses shorter than *gap* seconds belong to it."""
    heard = loud(samples, above)
    if not heard.size:
        return []
    cuts = np.flatnonzero(np.diff(heard) > gap * rate)
    starts = heard[np.concatenate(([0], cuts + 1))]
    ends = heard[np.concatenate((cuts, [heard.size - 1]))]
    found = [Utterance(int(start) / rate, int(end + 1) / rate) for start, end in zip(starts, ends, strict=True)]
    return [utterance for utterance in found if utterance.end - utterance.start >= BLIP]


def response_times(recording: Recording) -> list[float]:
    """Return, for each time the caller finished and the assistant answered, the seconds between.

    Times at which the caller went on before an answer came, or spoke over one, are no responses.
    """
    caller = utterances(recording.caller, recording.rate)
    assistant = utterances(recording.assistant, recording.rate, gap=0.15)
    waits = []
    starts = [utterance.start for utterance in caller]
    for spoken, limit in zip(caller, [*starts[1:], float("inf")], strict=False):
        answer = next((reply.start for reply in assistant if reply.start >= spoken.end), None)
        if answer is not None and answer < limit:
            waits.append(answer - spoken.end)
    return waits


def interruption_times(recording: Recording) -> list[float]:
    """Return, for each time the caller spoke over the assistant, the seconds until the assistant was silent.

    From the caller's first sample of speech to the assistant's last that is not silence.
    """
    times = []
    replies = utterances(recording.assistant, recording.rate, above=SOUND_DBFS)
    for spoken in utterances(recording.caller, recording.rate):
        over = next((reply for reply in replies if reply.start < spoken.start < reply.end), None)
        if over:
            times.append(over.end - spoken.start)
    return times
