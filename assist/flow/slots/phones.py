"""Telephone numbers, as they are said: digit by digit, in pairs, in threes, with words between."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime

import phonenumbers

from assist.flow.slots.corrections import anew, takes
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
_BESIDE = frozenset(
    "a al and casa de el es eh fijo fin is it luego mas mi mobile movil my number numero perdon phone plus prefijo s "
    "si sorry telefono the then un una ver y yes vale pues bueno ok okay".split()
)
"""Words that go with a number that is being said, and say nothing else."""


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


def begin(begun: str, text: str, language: str, *, regions: Sequence[str] = ()) -> str | None:
    """Return the digits of a number that *text* goes on with, after those *begun*; None if it says anything else.

    What fits no number together with *begun* begins anew.
    """
    rest = anew(text, language)
    said = _digits_in(text if rest is None else rest, language)
    if not set(re.findall(r"[^\W\d]+", said)) <= _BESIDE:
        return None
    group = re.sub(r"[^\d+]", "", said)
    joined = (begun if rest is None else "") + group
    homes = regions or REGIONS[language]
    for digits in (joined, group):
        if group and any(_valid(digits, region) or _begins(digits, region) for region in homes):
            return digits
    return None


def _begins(digits: str, region: str) -> bool:
    """Whether more digits may make a number of *digits*."""
    try:
        number = phonenumbers.parse(digits, region)
    except phonenumbers.NumberParseException:
        return len(digits) < 4
    reason = phonenumbers.is_possible_number_with_reason(number)
    return reason in (phonenumbers.ValidationResult.TOO_SHORT, phonenumbers.ValidationResult.IS_POSSIBLE_LOCAL_ONLY)


def _candidates(text: str, language: str) -> Iterator[str]:
    """Yield the runs of digits in *text*, then all of them as one: a number may come in pieces."""
    said = _digits_in(text, language)
    runs = [_once(re.sub(r"[^\d+]", "", run)) for run in _RUN.findall(_BETWEEN.sub("", said))]
    yield from sorted(runs, key=len, reverse=True)
    if len(runs) > 1:
        yield "".join(runs)


def _digits_in(text: str, language: str) -> str:
    """Return *text*, folded, with every number in it in digits."""
    threes = _MILLIONS.sub(r"\1\2\3", text.replace("+", " plus "))
    said = _PLUS.sub("+", numerals(threes, language))
    if language == "en":
        said = _SPOKEN_ZERO.sub("0", said)
    said = _SPLIT_TENS.sub(r"\1\2", said)
    return _REPEATED.sub(lambda match: match[2] * (2 if match[1].startswith("do") else 3), said)


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


def say(value: Json, language: str, *, regions: Sequence[str] = ()) -> str:
    """Return ``+34612345678`` digit by digit with pauses: "seis uno dos, tres cuatro cinco, seis siete ocho".

    The country code is said unless it is that of the first of *regions*. A number that is only begun has none.
    """
    if not str(value).startswith("+"):
        return ", ".join(_digits(str(value)[start : start + 3], language) for start in range(0, len(str(value)), 3))
    number = phonenumbers.parse(str(value))
    digits = phonenumbers.national_significant_number(number)
    groups = [_digits(group, language) for group in _grouped(digits)]
    home = (regions or REGIONS[language])[0]
    if number.country_code != phonenumbers.country_code_for_region(home):
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
