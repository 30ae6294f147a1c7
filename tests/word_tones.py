"""A language that only machines speak: every word is a tone of its own, so that what was heard is known exactly.

It is spoken as fast as people speak, and survives a telephone line.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from assist.audio.formats import LINE

RATE = 15.0
"""Characters a second, with the space after a word."""
PAUSE = round(0.03 * LINE.rate)
"""Samples of silence after each word."""
LOWEST, HIGHEST = 400.0, 3200.0
HOP, WINDOW = 80, 320
"""Samples: where a tone is looked for, and in how many."""
LOUD = 1500.0
SHORTEST = 3
"""Hops that make a word, which may have been broken off."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word that was heard, from sample to sample."""

    text: str
    start: int
    stop: int


class Tones:
    """Speaks and understands *words*."""

    def __init__(self, words: Iterable[str]) -> None:
        self._words = sorted(set(words))
        self._pitches = np.linspace(LOWEST, HIGHEST, len(self._words))

    def spoken(self, text: str) -> bytes:
        """Return *text* as `LINE` audio without silence at its end."""
        audio = b"".join(map(self._spoken, words_of(text)))
        return audio[: -PAUSE * LINE.sample_bytes]

    def heard(self, audio: bytes) -> list[Word]:
        """Return every word in *audio*, in order, also one of which only a part was said.

        One that the line broke in two is one.
        """
        heard: list[Word] = []
        for word in self._pieces(audio):
            if heard and heard[-1].text == word.text and self._are_one(heard[-1], word):
                word = Word(word.text, heard.pop().start, word.stop)
            heard.append(word)
        return heard

    def _pieces(self, audio: bytes) -> Iterator[Word]:
        samples = np.frombuffer(audio, "<i2").astype(np.float64)
        middles = range(WINDOW // 2, len(samples) - WINDOW // 2, HOP)
        for text, hops in groupby(middles, lambda middle: self._word(samples[middle - WINDOW // 2 :][:WINDOW])):
            run = list(hops)
            if text and len(run) >= SHORTEST:
                yield Word(text, run[0] - HOP, run[-1] + HOP)

    def _are_one(self, word: Word, more: Word) -> bool:
        """Return whether both together are no longer than the word is."""
        return word.stop - word.start + more.stop - more.start <= len(self._spoken(word.text)) // 2 + 4 * HOP

    def _spoken(self, word: str) -> bytes:
        size = round((len(word) + 1) / RATE * LINE.rate) - PAUSE
        tone = 9000 * np.sin(2 * np.pi * self._pitches[self._words.index(word)] * np.arange(size) / LINE.rate)
        return np.concatenate([tone, np.zeros(PAUSE)]).astype("<i2").tobytes()

    def _word(self, sound: NDArray[np.float64]) -> str:
        """Return the word of which *sound* is a part; nothing if most of it is silence."""
        if np.sqrt((sound**2).mean()) < LOUD:
            return ""
        spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), 4 * WINDOW))
        pitch = int(np.argmax(spectrum)) * LINE.rate / (4 * WINDOW)
        return self._words[int(np.argmin(np.abs(self._pitches - pitch)))]


def words_of(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())
