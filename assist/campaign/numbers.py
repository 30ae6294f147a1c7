"""Telephone numbers of a list: one spelling for each, and whether a campaign may call it."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberType, ValidationResult

from assist.campaign.flaw import Unfit


class Kind(StrEnum):
    """What is behind a number, as far as its digits tell."""

    FIXED = "fixed"
    MOBILE = "mobile"
    FIXED_OR_MOBILE = "fixed_or_mobile"
    """Where the digits do not tell, as in the United States."""
    VOIP = "voip"
    TOLL_FREE = "toll_free"
    SHARED_COST = "shared_cost"
    PREMIUM = "premium"
    PERSONAL = "personal"
    PAGER = "pager"
    COMPANY = "company"
    VOICEMAIL = "voicemail"


KINDS: Final[Mapping[int, Kind]] = {
    PhoneNumberType.FIXED_LINE: Kind.FIXED,
    PhoneNumberType.MOBILE: Kind.MOBILE,
    PhoneNumberType.FIXED_LINE_OR_MOBILE: Kind.FIXED_OR_MOBILE,
    PhoneNumberType.VOIP: Kind.VOIP,
    PhoneNumberType.TOLL_FREE: Kind.TOLL_FREE,
    PhoneNumberType.SHARED_COST: Kind.SHARED_COST,
    PhoneNumberType.PREMIUM_RATE: Kind.PREMIUM,
    PhoneNumberType.PERSONAL_NUMBER: Kind.PERSONAL,
    PhoneNumberType.PAGER: Kind.PAGER,
    PhoneNumberType.UAN: Kind.COMPANY,
    PhoneNumberType.VOICEMAIL: Kind.VOICEMAIL,
}

PEOPLE: Final = frozenset({Kind.FIXED, Kind.MOBILE, Kind.FIXED_OR_MOBILE})
"""Where people answer and a call costs what calls cost."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number that exists."""

    e164: str
    """As ``+34612345678``."""
    kind: Kind
    country: str
    """ISO 3166; ``001`` for one of no country, as a satellite's."""
    parsed: PhoneNumber = field(repr=False, compare=False)
    """The same for `phonenumbers`: to parse is most of what a row of a list costs."""


@dataclass(frozen=True, slots=True)
class Destinations:
    """Which numbers a campaign may call: those of its countries and those behind a prefix, if they are of a kind."""

    countries: frozenset[str]
    """ISO 3166."""
    prefixes: tuple[str, ...] = ()
    """As ``+3491``, besides the countries."""
    kinds: frozenset[Kind] = PEOPLE

    def check(self, number: Number) -> None:
        """Return if *number* may be called. Raises `Unfit`."""
        if number.country not in self.countries and not number.e164.startswith(self.prefixes):
            raise Unfit(
                "this number is in a country that the campaign does not call",
                "remove the row, or allow the country or the prefix in the campaign",
            )
        if number.kind not in self.kinds:
            kind = number.kind.replace("_", " ")
            raise Unfit(f"this is a {kind} number", "remove the row, or allow the kind in the campaign")


_SHORTENED: Final = re.compile(r"[+-]?\d(?:[.,]\d+)?e\+?\d+", re.IGNORECASE)
_DECIMALS: Final = re.compile(r"(\+?\d{7,})[.,]0+")
_BETWEEN_NUMBERS: Final = re.compile(r"[/;|\\,]|\b(?:y|o|u|and|or)\b", re.IGNORECASE)
_EXTENSION: Final = re.compile(r"\d\s*(?:ext|extension|extensión|x|#)\.?\s*\d", re.IGNORECASE)
_WRITTEN: Final = re.compile(r"\(?\+?[\d\s()./\-]+")
_DASHES: Final = re.compile(r"[\u2010-\u2015\u2212]")

_ABANDONED: Final[Mapping[str, re.Pattern[str]]] = {"MX": re.compile(r"^(?:\+?52 ?1|04[45]|01)(?=\d{10}$)")}
"""What went before mobile numbers once, and lists are still full of."""

_EXCEL = (
    "a spreadsheet has shortened this number, and its last digits are lost",
    "format the column as text, fill it in again and save",
)
_LENGTHS: Final[Mapping[int, str]] = {
    ValidationResult.TOO_SHORT: "there are digits missing",
    ValidationResult.IS_POSSIBLE_LOCAL_ONLY: "the area code is missing",
    ValidationResult.TOO_LONG: "there are too many digits",
    ValidationResult.INVALID_COUNTRY_CODE: "no country has this code",
}


def normalise(text: str, country: str) -> str:
    """Return *text* as ``+34612345678``; without a country code it is one of *country*. Raises `Unfit`."""
    return read(text, country).e164


def read(text: str, country: str) -> Number:
    """Return the number that *text* is, and what is known of it. Raises `Unfit`.

    It is read as people and spreadsheets write it; what would need guessing is refused.
    """
    written = _plain(text)
    parsed = _parsed(written, country)
    kind = KINDS.get(phonenumbers.number_type(parsed))
    if kind is None:
        length = phonenumbers.is_possible_number_with_reason(parsed)
        raise Unfit(_LENGTHS.get(length, "no such number is in use"), "look the number up and correct it")
    return Number(
        phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164),
        kind,
        phonenumbers.region_code_for_number(parsed) or "001",
        parsed,
    )


def spelled(text: str, country: str) -> str:
    """Return *text* likewise, be such a number in use or not. Raises `Unfit`."""
    parsed = _parsed(_plain(text), country)
    length = phonenumbers.is_possible_number_with_reason(parsed)
    if length != ValidationResult.IS_POSSIBLE:
        raise Unfit(_LENGTHS.get(length, "this is no telephone number"), "look the number up and correct it")
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def _plain(text: str) -> str:
    """Return *text* without what programs wrap numbers in."""
    folded = unicodedata.normalize("NFKC", text)
    visible = "".join(character for character in folded if unicodedata.category(character) != "Cf")
    written = _DASHES.sub("-", visible).strip().removeprefix("'").removeprefix("tel:").strip()
    whole = _DECIMALS.fullmatch(written)
    return whole[1] if whole else written


def _parsed(written: str, country: str) -> PhoneNumber:
    if not written:
        raise Unfit("there is no number", "write one, or remove the row")
    _refuse_oddities(written)
    if country in _ABANDONED:
        digits = re.sub(r"[^\d+]", "", written)
        written = _ABANDONED[country].sub("", digits)
    try:
        parsed = phonenumbers.parse(written, country)
        if written.startswith("00") and not phonenumbers.is_valid_number(parsed):
            # Not what is dialled for abroad in every country, but written for it in all.
            return phonenumbers.parse(f"+{written[2:]}", country)
        return parsed
    except phonenumbers.NumberParseException as error:
        wrong_code = error.error_type == phonenumbers.NumberParseException.INVALID_COUNTRY_CODE
        mistake = "no country has this code" if wrong_code else "this is no telephone number"
        raise Unfit(mistake, "look the number up and correct it") from None


def _refuse_oddities(written: str) -> None:
    if _SHORTENED.fullmatch(written):
        raise Unfit(*_EXCEL)
    if sum(len(re.sub(r"\D", "", part)) >= 6 for part in _BETWEEN_NUMBERS.split(written)) > 1:
        raise Unfit("there is more than one number", "keep one; a second needs a row of its own")
    if _EXTENSION.search(written):
        raise Unfit("an extension cannot be called", "write the number without it")
    if len(written) > 40 or not _WRITTEN.fullmatch(written):
        raise Unfit("this is no telephone number", "write digits only, as +34612345678")
