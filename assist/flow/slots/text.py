"""What was written down of speech, made comparable: one spelling for what sounds the same."""

import re
import unicodedata
from collections.abc import Iterator

_BETWEEN_DIGITS = re.compile(r"(?<=\d)[.,:/-](?=\d)")
_NO_WORD = re.compile(r"[^\w.,:/-]+|_+")
_LOOSE = re.compile(r"(?<!\d)[.,:/-]+|[.,:/-]+(?!\d)")


def fold(text: str) -> str:
    """Return *text* in lower case and without accents; punctuation stays. ``ñ`` becomes ``n``."""
    return "".join(letter for letter in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(letter))


def plain(text: str) -> str:
    """Return the words of *text*, folded, one space apart; of punctuation only what joins digits, as in ``4:30``."""
    return " ".join(_LOOSE.sub(" ", _NO_WORD.sub(" ", fold(text))).split())


def words(text: str) -> list[str]:
    """Return the words and the groups of digits in *text*, folded."""
    return _BETWEEN_DIGITS.sub(" ", plain(text)).split()


def phrases(text: str) -> Iterator[str]:
    """Yield what stands between the punctuation marks of *text*, not folded, never empty."""
    for phrase in re.split(r"[;!?¿¡…()\"«»]|[.,:](?!\d)|(?<!\d)[.,:]|\n", text):
        if stripped := phrase.strip():
            yield stripped


FILLERS = {
    "es": (
        "a ver|ah|ay|bueno|buenas tardes|buenos dias|buenas noches|buenas|claro|creo que|de acuerdo|dejame ver|"
        "dejeme ver|digamos|eh|ehm|em|entonces|este|gracias|hola|hum|me gustaria|mire|mira|mm+|muchas gracias|"
        "no se|o sea|ok|okay|pero|perfecto|por favor|porfa|pues|que sea|querria|quisiera|quiero|seria|si|tal vez|um|"
        "un momento|un segundo|vale|y|ya|yo|es|son|mejor|muy bien|senor(?:a|ita)?"
    ),
    "en": (
        "a moment|ah|and|can i have|could i have|erm?|good morning|good afternoon|good evening|hello|hi|hm+|i think|"
        "i d like|i would like|i want|it s|it is|just a moment|let me see|let s say|let s see|like|make it|maybe|mm+|"
        "oh|ok|okay|perhaps|please|right|so|sure|thank you|thanks|that s|that is|uh|um|very much|well|yeah|yes|"
        "you know|then|sir|madam|ma am"
    ),
}
"""Courtesies and hesitations, as a regular expression over `plain` text."""

_EDGES = {
    language: re.compile(rf"^(?:(?:{fillers})(?: |$))+|(?:(?:^| )(?:{fillers}))+$")
    for language, fillers in FILLERS.items()
}


def bare(text: str, language: str) -> str:
    """Return *text*, which is `plain`, without the courtesies and hesitations around what it says."""
    return _EDGES[language].sub("", text).strip()
