"""How written English is read aloud and pronounced, in the symbols Kokoro was trained on.

The pronunciations are those of misaki, by the maker of the voice; of that package only the word lists are read.
"""

import hashlib
import importlib.util
import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Final, TypeAlias

from num2words import num2words

from assist.errors import ConfigurationError
from assist.tts import kokoro_spanish
from assist.tts.kokoro_spanish import Accent

Lexicon: TypeAlias = Mapping[str, str]

LISTS: Final[Mapping[str, str]] = {
    "us_silver.json": "de8f67be911bb6c659187b4a65fd966b6a30e56350e0f790d763210b053ac475",
    "us_gold.json": "dc414872a49a28ae6c141463d502fd945f3b2fde040484fdc47d00cc4612686f",
}
"""SHA-256 of each. What the second says counts."""
MEND: Final = "pip install --force-reinstall misaki==0.9.4"

TOKEN: Final = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|[,.;:!?…]+")
PUNCTUATION: Final = ",.;:!?…"
WEAK: Final[Mapping[str, str]] = {"the": "ðə", "a": "ɐ", "an": "ən", "to": "tə", "of": "əv", "and": "ænd"}
"""As they sound in a sentence."""
ACRONYM: Final = re.compile("[A-Z]{2,4}")
HISSED: Final = frozenset("szʃʒʧʤ")
VOICELESS: Final = frozenset("ptkfθ")

SHORT: Final[Mapping[str, str]] = {
    "mr": "mister", "mrs": "missus", "ms": "miss", "dr": "doctor", "st": "street", "ave": "avenue", "tel": "telephone",
}  # fmt: skip
MONEY: Final[Mapping[str, tuple[str, str]]] = {
    "€": ("euro", "euros"), "$": ("dollar", "dollars"), "£": ("pound", "pounds"),
}  # fmt: skip
SIGNS: Final[Mapping[str, str]] = {
    "@": " at ", "&": " and ", "+": " plus ", "=": " equals ", "#": " hash ", "*": " star ", "%": " percent ",
    "€": " euros ", "$": " dollars ", "£": " pounds ", "/": " ", "°": " degrees ",
}  # fmt: skip


def symbols(text: str) -> str:
    """Return how *text*, which is words and punctuation, is pronounced. Unknown words are taken for Spanish."""
    spoken = ""
    for token in TOKEN.findall(text.replace("’", "'")):
        if token[0] not in PUNCTUATION:
            spoken += (" " if spoken else "") + _word(token)
        elif spoken:
            spoken += token[-1]
    return spoken


def _word(word: str) -> str:
    if ACRONYM.fullmatch(word) and word not in lexicon():
        return "".join(lexicon()[letter] for letter in word)
    return WEAK.get(word.lower()) or _known(word) or _inflected(word) or kokoro_spanish.symbols(word, Accent.AMERICA)


def _known(word: str) -> str | None:
    spellings = (word, word.lower(), word.capitalize())
    return next((lexicon()[spelling] for spelling in spellings if spelling in lexicon()), None)


def _inflected(word: str) -> str | None:
    """Return the sounds of a plural or a possessive whose word is known."""
    stem = word.removesuffix("s").removesuffix("'")
    known = _known(stem) if stem != word else None
    if known is None:
        return None
    return known + ("ᵻz" if known[-1] in HISSED else "s" if known[-1] in VOICELESS else "z")


@cache
def lexicon() -> Lexicon:
    """Return the sounds of 180,000 words. Raises `ConfigurationError` if a list is missing or damaged."""
    known: dict[str, str] = {}
    for name, expected in LISTS.items():
        content = _read(name)
        if hashlib.sha256(content).hexdigest() != expected:
            raise ConfigurationError(f"text to speech: misaki's {name} is damaged (SHA-256 differs): {MEND}")
        for word, sounds in json.loads(content).items():
            # Some are pronounced by what part of speech they are, which nobody here knows.
            known[word] = sounds if isinstance(sounds, str) else sounds["DEFAULT"]
    known["ID"] = known["I"] + known["D"]
    return known


def _read(name: str) -> bytes:
    spec = importlib.util.find_spec("misaki")
    if spec is None or spec.origin is None:
        raise ConfigurationError(f"text to speech: the package misaki is missing: {MEND}")
    path = Path(spec.origin).parent / "data" / name
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"text to speech: {path} cannot be read: {error.strerror}: {MEND}") from error


# Figures


def words(text: str) -> str:
    """Return *text* without figures, signs and abbreviations."""
    for pattern, spoken in RULES:
        text = pattern.sub(spoken, text)
    return " ".join(text.split())


def _cardinal(figures: str, to: str = "cardinal") -> str:
    spoken = str(num2words(int(figures.replace(",", "")), lang="en", to=to))
    return spoken.replace("-", " ").replace(",", "")


def _digits(figures: str) -> str:
    groups = re.findall(r"\d{1,3}", figures) if len(figures) > 4 else [figures]
    return ", ".join(" ".join(map(_cardinal, group)) for group in groups)


def _clock(match: re.Match[str]) -> str:
    minute, half = match["minute"], match["half"]
    past = "" if minute == "00" else f" oh {_cardinal(minute)}" if minute[0] == "0" else f" {_cardinal(minute)}"
    return _cardinal(match["hour"]) + past + (f" {half[0].upper()} M" if half else "")


def _money(match: re.Match[str]) -> str:
    one, several = MONEY[match["before"] or match["after"]]
    unit = one if match["whole"] == "1" and not match["cents"] else several
    return f"{_cardinal(match['whole'])} {unit}" + (f" {_cardinal(match['cents'])}" if match["cents"] else "")


def _number(match: re.Match[str]) -> str:
    figures = match[0]
    return _cardinal(figures, "year" if re.fullmatch(r"(?:1[1-9]|20)\d\d", figures) else "cardinal")


_AMOUNT: Final = r"(?P<whole>\d{1,3}(?:,\d{3})+|\d{1,6})(?:\.(?P<cents>\d\d))?"

RULES: Final[tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...]] = (
    (re.compile(r"(?<=\w)\.(?=[a-z]{2,}\b)|(?<=www)\."), " dot "),
    (re.compile(rf"\b({'|'.join(SHORT)})\.(?=\s|$|,)", re.IGNORECASE), lambda match: SHORT[match[1].lower()]),
    (
        re.compile(r"\b(?P<hour>\d{1,2})(?::(?P<minute>[0-5]\d))(?:\s?(?P<half>[ap])(?:m\b|\.m\.))?", re.IGNORECASE),
        _clock,
    ),
    (re.compile(rf"(?P<before>[€$£])\s?{_AMOUNT}(?P<after>)"), _money),
    (re.compile(rf"(?P<before>)(?<![\w.,]){_AMOUNT}\s?(?P<after>[€$£])"), _money),
    (re.compile(r"\b(\d+)(?:st|nd|rd|th)\b", re.IGNORECASE), lambda match: _cardinal(match[1], "ordinal")),
    (re.compile(r"\d{7,}|\b0\d+"), lambda match: _digits(match[0])),
    (re.compile(r"(?<=\d)\.(?=\d)"), " point "),
    (re.compile(r"\d{1,3}(?:,\d{3})+|\d+"), _number),
    (re.compile("|".join(map(re.escape, SIGNS))), lambda match: SIGNS[match[0]]),
    (re.compile(r"\s+(?=[.,;:!?…])"), ""),
)
"""In this order."""
