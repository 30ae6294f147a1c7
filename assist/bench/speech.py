"""What the callers of a measurement say: human recordings, on a line with a little noise in G.711."""

import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assist.audio.formats import LINE, LINE_BYTES_PER_SECOND, Encoding
from assist.audio.g711 import decode, encode
from assist.errors import ConfigurationError

FRAME_SECONDS = 0.02
FRAME = round(LINE_BYTES_PER_SECOND * FRAME_SECONDS)
RECORDINGS = (
    Path("/usr/share/asterisk/sounds/es_MX_f_Allison"),
    Path(__file__).parents[2] / "tests" / "data" / "speech" / "es",
)

_NOISE = 3
"""Amplitude."""
_SHORTEST, _LONGEST = 40, 100
"""Frames of an utterance."""
_QUIET = 330
"""Level of 16 bits, -40 dBFS: frames below it are no speech."""
_GAP = 10
"""Frames of silence that might be taken for the end."""
_VOWEL = 0.6
"""Of the loudest frame's level: whatever is as loud is in the middle of a vowel."""


def recordings(directory: Path | None) -> Iterator[bytes]:
    """Yield the recordings (`LINE`) in *directory*, or in one that is known. Raises `ConfigurationError`."""
    directory = directory or _known()
    found = False
    for path in sorted(directory.glob("*.wav")):
        if audio := _read(path):
            found = True
            yield audio
    if not found:
        raise ConfigurationError(f"{directory}: no WAV files of 8 kHz, 16 bit, mono are here: {_MEND}")


def on_a_line(audio: bytes) -> bytes:
    """Return *audio* as it arrives over a telephone line."""
    noise = np.random.default_rng(1).normal(0, _NOISE, len(audio) // 2)
    noisy = np.clip(np.frombuffer(audio, "<i2") + np.rint(noise), -32768, 32767).astype("<i2")
    line: bytes = noisy.tobytes()
    return decode(encode(line, Encoding.PCMA), Encoding.PCMA)


def cut_off(audio: bytes) -> bytes:
    """Return the first words of *audio* up to the middle of a vowel, so that their end is known to a frame.

    One or two seconds without a pause, in whole frames; nothing if *audio* has none.
    """
    levels = _levels(audio)
    speech = np.flatnonzero(levels >= _QUIET)
    if not speech.size:
        return b""
    start = speech[0]
    pauses = np.flatnonzero(np.diff(speech) > _GAP)
    stop = min(speech[pauses[0]] if pauses.size else speech[-1], start + _LONGEST)
    vowels = np.flatnonzero(levels[:stop] >= _VOWEL * levels[start:stop].max(initial=_QUIET)) + 1
    if not vowels.size or vowels[-1] < start + _SHORTEST:
        return b""
    return audio[start * FRAME : vowels[-1] * FRAME]


def _levels(audio: bytes) -> NDArray[np.float64]:
    """Return the loudness of each whole frame."""
    samples = np.frombuffer(audio[: len(audio) // FRAME * FRAME], "<i2").astype(np.float64)
    levels: NDArray[np.float64] = np.sqrt((samples.reshape(-1, FRAME // 2) ** 2).mean(axis=1))
    return levels


_MEND = "apt-get install asterisk-core-sounds-es-wav, or name a directory with --recordings"


def _read(path: Path) -> bytes:
    with wave.open(str(path)) as file:
        if (file.getframerate(), file.getsampwidth(), file.getnchannels()) != (LINE.rate, 2, 1):
            return b""
        return bytes(file.readframes(file.getnframes()))


def _known() -> Path:
    for directory in RECORDINGS:
        if directory.is_dir():
            return directory
    raise ConfigurationError(f"{RECORDINGS[0]}: no recordings are here: {_MEND}")
