"""Who hears for a local service in a test: nobody but the human recordings, and no mistakes."""

from functools import cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from tests.line_audio import samples
from tests.recordings import Recording, recordings

LONGEST = 1 << 16
"""Samples of any recording, at most."""

Sound: TypeAlias = NDArray[np.float64]


async def listener(audio: bytes) -> str:
    """Write down *audio* (`LINE`) that is one of the human recordings or any part of one, silence around it allowed.

    What is no recording, or was mangled on the way, is no words. See `tests.providers.Hear`.
    """
    sound = samples(audio[: len(audio) // 2 * 2])
    if not len(sound) or np.abs(sound).max() < 200:
        return ""
    size = 1 << (len(sound) + LONGEST).bit_length()
    spectrum = np.conj(np.fft.rfft(sound, size))
    heard = (words for known in _known() if (words := known.words_of(sound, spectrum, size)) is not None)
    return " ".join(next(heard, []))


class _Known:
    """A recording that is recognised wherever it is cut."""

    def __init__(self, said: Recording) -> None:
        self._words = said.words.split()
        self._sound = samples(said.audio)
        self._energy = np.concatenate([[0.0], np.cumsum(self._sound**2)])
        self._spectra: dict[int, NDArray[np.complex128]] = {}

    def words_of(self, sound: Sound, spectrum: NDArray[np.complex128], size: int) -> list[str] | None:
        """Return the words of the part that *sound* is; *spectrum* is its transform of that *size*, conjugated."""
        product = np.fft.irfft(self._spectrum(size) * spectrum, size)
        lag = int(np.argmax(product))
        start = lag if lag < len(self._sound) else lag - size
        first, last = max(start, 0), min(start + len(sound), len(self._sound))
        scale = float(np.sqrt((sound**2).sum() * (self._energy[last] - self._energy[first])))
        if not scale or product[lag] / scale < 0.9:
            return None
        place = [round(len(self._words) * sample / len(self._sound)) for sample in (first, last)]
        return self._words[place[0] : place[1]]

    def _spectrum(self, size: int) -> NDArray[np.complex128]:
        if size not in self._spectra:
            self._spectra[size] = np.fft.rfft(self._sound, size)
        return self._spectra[size]


@cache
def _known() -> list[_Known]:
    return [_Known(said) for language in ("es", "en") for said in recordings(language)]
