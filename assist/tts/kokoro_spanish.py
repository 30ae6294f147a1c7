"""How Spanish words are pronounced, in the symbols Kokoro was trained on.

The rules of spelling are piper-plus-g2p's. It pronounces each word by itself, as in Latin America, and every vowel in
full; Kokoro learned from transcriptions with glides and diphthongs, words that join, and Spain's own sound of z.
"""

import logging
import re
import unicodedata
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Final

# When it is imported it warns, with a trace, of each language whose packages are missing.
logging.getLogger("piper_plus_g2p").setLevel(logging.ERROR)

from piper_plus_g2p.spanish import phonemize_spanish  # noqa: E402


class Accent(StrEnum):
    """How z, and c before e and i, are spoken."""

    SPAIN = "es-ES"
    """Unlike s."""
    AMERICA = "es-MX"
    """Like s, as in all of Latin America."""


TOKEN: Final = re.compile(r"[a-zñáéíóúü]+|[,.;:!?…]+")
SAME: Final[Mapping[str, str]] = {"rr": "r", "tʃ": "ʧ"}
"""Two signs for one sound."""
STRESSED: Final[Mapping[str, str]] = {"no": "nó", "es": "és"}
"""Short words that matter, and that the rules take for articles and the like."""
MEXICAN: Final = re.compile(r"(?<=m[eé])x(?=ic)|(?<=^te)x(?=an?[os])|(?<=^oa)x(?=ac)")
"""An x that is a j."""

X_BEFORE_C: Final = re.compile(r"x(?=c[eiéí])")
"""The rules count one sound for both, and would stress what comes after the vowel."""
S_LIKE: Final = re.compile(r"sc(?=[eiéí])|x|s|z|c(?=[eiéí])")
"""What the rules pronounce with one s each."""
SPAINS: Final[Mapping[str, str]] = {"sc": "sθ", "z": "θ", "c": "θ"}

HIATUS: Final = re.compile("[íú]")
"""An accent that keeps two vowels apart."""
GLIDES: Final = (
    (re.compile("(ˈ?)i(?=ˈ?[aeou])"), r"j\1"),
    (re.compile("(ˈ?)u(?=ˈ?[aeoi])"), r"w\1"),
)
DIPHTHONGS: Final[Mapping[str, str]] = {"ai": "I", "ei": "A", "oi": "oɪ", "au": "W", "eu": "eʊ", "ou": "O"}
FALLING: Final = re.compile("|".join(DIPHTHONGS))

JOINED: Final = (
    (re.compile("(?<=[^nm,.;:!?…] )b"), "β"),
    (re.compile("(?<=[^nml,.;:!?…] )d"), "ð"),
    (re.compile("(?<=[^nm,.;:!?…] )ɡ"), "ɣ"),
    (re.compile("n(?= ?[bpm])"), "m"),
    (re.compile("n(?= ?[kɡx])"), "ŋ"),
)
"""What words do to their neighbours."""


def symbols(text: str, accent: Accent) -> str:
    """Return how *text*, which is words and punctuation, is pronounced. What is no Latin letter is silent."""
    spoken = ""
    for token in TOKEN.findall(_latin(text.casefold())):
        if token[0].isalpha():
            spoken += (" " if spoken else "") + _word(token, accent)
        elif spoken:
            spoken += token[-1]
    for sound, joined in JOINED:
        spoken = sound.sub(joined, spoken)
    return spoken


def _latin(text: str) -> str:
    """Return *text* with only such accents as Spanish has."""
    return "".join(_plain(letter) for letter in unicodedata.normalize("NFC", text))


def _plain(letter: str) -> str:
    return letter if letter in "ñáéíóúü" else unicodedata.normalize("NFKD", letter)[:1]


def _word(word: str, accent: Accent) -> str:
    word = X_BEFORE_C.sub("cs", MEXICAN.sub("j", STRESSED.get(word, word)))
    sounds = "".join(_sounds(word, accent))
    if HIATUS.search(word):
        return sounds
    for vowel, glide in GLIDES:
        sounds = vowel.sub(glide, sounds)
    return FALLING.sub(lambda pair: DIPHTHONGS[pair[0]], sounds)


def _sounds(word: str, accent: Accent) -> Iterator[str]:
    letters = iter(S_LIKE.findall(word))
    for sound in phonemize_spanish(word):
        if sound == "s" and accent is Accent.SPAIN:
            yield SPAINS.get(next(letters, ""), "s")
        else:
            yield SAME.get(sound, sound)
