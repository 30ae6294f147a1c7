"""The human utterances in `tests/data/speech`, and how far a transcript is from the words."""

import re
import unicodedata
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

DATA = Path(__file__).parent / "data" / "speech"


@dataclass(frozen=True, slots=True)
class Recording:
    """Somebody saying something."""

    words: str
    audio: bytes
    """`LINE`."""


def recording(language: str, name: str) -> Recording:
    return next(recorded for key, recorded in _read(language) if key == name)


def recordings(language: str) -> list[Recording]:
    return [recorded for _, recorded in _read(language)]


def _read(language: str) -> list[tuple[str, Recording]]:
    lines = (DATA / f"{language}.tsv").read_text(encoding="utf-8").splitlines()
    return [(name, Recording(words, _audio(language, name))) for name, words in (line.split("\t") for line in lines)]


def _audio(language: str, name: str) -> bytes:
    with wave.open(str(DATA / language / f"{name}.wav")) as file:
        assert (file.getframerate(), file.getsampwidth(), file.getnchannels()) == (8000, 2, 1)
        return bytes(file.readframes(file.getnframes()))


def plain_words(text: str) -> list[str]:
    """Return the words of *text* without capitals, accents and punctuation."""
    letters = unicodedata.normalize("NFD", text.casefold())
    return re.findall(r"\w+", "".join(letter for letter in letters if not unicodedata.combining(letter)))


def word_errors(expected: str, heard: str) -> int:
    """Return how many words must be put in, left out or replaced to make one text the other."""
    return _distance(plain_words(expected), plain_words(heard))


def _distance(one: Sequence[str], other: Sequence[str]) -> int:
    row = list(range(len(other) + 1))
    for done, word in enumerate(one, 1):
        diagonal, row[0] = row[0], done
        for place, candidate in enumerate(other, 1):
            diagonal, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, diagonal + (word != candidate))
    return row[-1]
