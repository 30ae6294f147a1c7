"""Telephone numbers, as they are said: digit by digit, in pairs, in threes, with words between."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime

import phonenumbers

from assist.flow.slots.corrections import takes
from assist.flow.slots.numerals import cardinal, numerals
from assist.llm import Json

REGIONS = {"es": ("ES",), "en": ("US", "GB", "ES")}
"""Whose numbers are meant where no country code is said, the first that fits."""

_BETWEEN = re.compile(
    r"(?<=\d)(?: (?:eh|ehm|em|mm+|y|luego|despues|a ver|guion|espacio|punto|coma|otra vez|and|then|uh|um|dash|space|"
    r"dot|hyphen))+(?= \+?\d)"
)
_REPEATED = re.compile(r"\b(doble|double|triple|treble) (\d)")
_SPOKEN_ZERO = re.compile(r"\boh?\b")
_PLUS = re.compile(r"\b(?:mas|plus) (?=\d)")
_SPLIT_TENS = re.compile(r"\b(\d?[2-9])0 (?:al?|y) ([1-9])\b")
"""What Whisper makes of "treinta y cuatro" through a telephone: "30 al 4"."""
_MILLIONS = re.compile(r"\b(\d{1,3}) mill(?:ones|ion) (\d{3})[.,]?(\d{3})\b", re.IGNORECASE)
"""Three threes, heard as one number."""
_RUN = re.compile(r"\+?\d[\d .,:/-]*")


def parse(text: str, language: str, now: datetime, *, regions: Sequence[str] = ()) -> str | None:
    """Return the telephone number in *text*, as ``+34612345678``; None unless it is complete and exists.

    Without a country code it is one of *regions* (ISO 3166), by default those of `REGIONS`.
    """
    for take in takes(text, language):
        for digits in _candidates(take, language):
            for region in regions or REGIONS[language]:
                if number := _valid(digits, region):
                    return number
    return None


def _candidates(text: str, language: str) -> Iterator[str]:
    """Yield the runs of digits in *text*, then all of them as one: a number may come in pieces."""
    threes = _MILLIONS.sub(r"\1\2\3", text.replace("+", " plus "))
    said = _PLUS.sub("+", numerals(threes, language))
    if language == "en":
        said = _SPOKEN_ZERO.sub("0", said)
    said = _SPLIT_TENS.sub(r"\1\2", said)
    said = _REPEATED.sub(lambda match: match[2] * (2 if match[1].startswith("do") else 3), said)
    runs = [_once(re.sub(r"[^\d+]", "", run)) for run in _RUN.findall(_BETWEEN.sub("", said))]
    yield from sorted(runs, key=len, reverse=True)
    if len(runs) > 1:
        yield "".join(runs)


def _once(digits: str) -> str:
    """Return *digits* without their repetition: a caller says it twice, or Whisper does."""
    half = len(digits) // 2
    return digits[:half] if len(digits) > 14 and digits[:half] == digits[half:] else digits


def _valid(digits: str, region: str) -> str | None:
    # Longer than any number, and slow to try.
    if not 3 < len(digits) < 20:
        return None
    try:
        number = phonenumbers.parse(digits, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


_GROUPS = {9: (3, 3, 3), 10: (3, 3, 2, 2)}


def say(value: Json, language: str) -> str:
    """Return ``+34612345678`` digit by digit with pauses: "seis uno dos, tres cuatro cinco, seis siete ocho"."""
    number = phonenumbers.parse(str(value))
    digits = phonenumbers.national_significant_number(number)
    groups = [_digits(group, language) for group in _grouped(digits)]
    if phonenumbers.region_code_for_number(number) != REGIONS[language][0]:
        plus = "más" if language == "es" else "plus"
        groups.insert(0, f"{plus} {_digits(str(number.country_code), language)}")
    return ", ".join(groups)


def _digits(digits: str, language: str) -> str:
    return " ".join(cardinal(int(digit), language) for digit in digits)


def _grouped(digits: str) -> Iterator[str]:
    start = 0
    for size in _GROUPS.get(len(digits), (2,) * len(digits)):
        if group := digits[start : start + size]:
            yield group
        start += size
