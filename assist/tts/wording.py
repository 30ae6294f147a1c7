"""What of a text is meant to be heard. A language model writes for eyes, whatever it is told."""

import re
import unicodedata

TAG = re.compile(r"<[/!?]?[A-Za-z][^<>]*>")
"""Unlike "5 < 7"."""
MARKUP = re.compile(r"[\\^~|{}\[\]_`]|\*+(?=[^\W\d])|(?<=[\w.,:;!?])\*+")
"""What is never meant to be read out; a lone ``*`` is a key."""
PICTURES = re.compile("[\u2600-\u27bf\ufe0e\ufe0f\u20e3\U0001f000-\U0001faff]")
"""Emoji, of which a voice reads out the description."""


def readable(text: str) -> str:
    """Return *text* without markup, emoji and control characters, and nothing at all if there is no word in it."""
    printable = "".join(_printable(letter) for letter in text)
    for unheard in (TAG, MARKUP, PICTURES):
        printable = unheard.sub(" ", printable)
    plain = " ".join(printable.split())
    return plain if any(letter.isalnum() for letter in plain) else ""


def _printable(letter: str) -> str:
    match unicodedata.category(letter):
        case "Cf":
            # A soft hyphen, or a mark of the direction of writing, stands within words.
            return ""
        case "Cc" | "Cs" | "Co" | "Cn":
            return " "
        case _:
            return letter
