"""Numbers, as they are said: "treinta y dos", "tres coma cinco", "two and a half"."""

import re
from datetime import datetime

from assist.flow.slots.corrections import takes
from assist.flow.slots.numerals import cardinal, numerals
from assist.llm import Json

_THOUSANDS = {"es": re.compile(r"(?<=\d)[.,](?=\d{3}(?!\d))"), "en": re.compile(r"(?<=\d),(?=\d{3}(?!\d))")}
_MULTIPLIED = {"mil": 1000, "thousand": 1000, "millon": 10**6, "millones": 10**6, "million": 10**6}
_SPOKEN_ONE_BY_ONE = re.compile(r"(?<![\d.,])(?:\d ){2,}\d(?![\d.,])")
_HALF = re.compile(r"(?<![\d.,])(\d+) (?:y medi[ao]|and a half)\b")
_SPLIT_HUNDREDS = re.compile(r"\b(\d+)00 and (\d\d?)\b(?!\.)")
_SIGNED = re.compile(
    r"(?P<minus>(?:^|\D )(?:menos|minus) )?(?<![\d.,/:-])(?P<amount>\d{1,15}(?:[.,]\d{1,15})?)(?![\d/:-])"
)
_ARTICLE = re.compile(r"\b(?:una?|an?)\b")


def parse(text: str, language: str, now: datetime) -> int | float | None:
    """Return the number in *text*; None if there is none, or two.

    Single digits in a row are one number; an article is "one" only where nothing else counts.
    """
    for take in takes(text, language):
        said = numerals(_multiplied(_THOUSANDS[language].sub("", take)), language)
        said = _SPOKEN_ONE_BY_ONE.sub(lambda digits: digits[0].replace(" ", ""), said)
        said = _SPLIT_HUNDREDS.sub(lambda parts: f"{parts[1]}{int(parts[2]):02}", said)
        found = {_value(match) for match in _SIGNED.finditer(_HALF.sub(r"\1.5", said))}
        if not found and _ARTICLE.search(said):
            found = {1}
        if found:
            return found.pop() if len(found) == 1 else None
    return None


def _multiplied(text: str) -> str:
    """Return *text* with "2 mil" in digits."""
    return re.sub(
        rf"(?<![\d.,])(\d{{1,6}}) ({'|'.join(sorted(_MULTIPLIED, key=len, reverse=True))})\b",
        lambda match: str(int(match[1]) * _MULTIPLIED[match[2]]),
        text,
    )


def _value(match: re.Match[str]) -> int | float:
    written = match["amount"].replace(",", ".")
    value = float(written) if "." in written else int(written)
    return -value if match["minus"] else value


def say(value: Json, language: str) -> str:
    """Return a number in words: "tres coma cinco"."""
    whole, point, decimals = f"{value}".partition(".")
    if not (whole.removeprefix("-") + decimals).isdigit():
        return str(value)
    minus = {"es": "menos ", "en": "minus "}[language] if whole.startswith("-") else ""
    said = minus + cardinal(abs(int(whole)), language)
    if not point or not decimals.strip("0"):
        return said
    return f"{said} {_decimals(decimals, language)}"


def _decimals(digits: str, language: str) -> str:
    if language == "en":
        return " ".join(["point", *(cardinal(int(digit), "en") for digit in digits)])
    zeros = len(digits) - len(digits.lstrip("0"))
    return " ".join(["coma", *["cero"] * zeros, cardinal(int(digits), "es")])
