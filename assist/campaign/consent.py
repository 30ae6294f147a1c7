"""That a person agreed to be called, as a list says it."""

import re
from datetime import UTC, datetime
from typing import Final

from assist.campaign.columns import folded
from assist.campaign.flaw import Unfit
from assist.campaign.model import Consent

_YES: Final = frozenset("si s yes y true verdadero 1 x ok acepta autoriza".split())
_NO: Final = frozenset("no n false falso 0 rechaza revocado revoked withdrawn denied".split())

_DAY: Final = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?:[ ,T]+(\d{1,2})(:\d{2}(?::\d{2})?))?")


class Refused(Unfit):
    """The person did not agree."""


def consent_of(said: str, source: str, at: str, proof: str, *, country: str, now: float) -> Consent | None:
    """Return what a list says of a consent; None: not all of where and when. Raises `Unfit`, and `Refused` for a no.

    *said*: whether, or where. *at*: ISO 8601, or as people of *country* write dates; without a time zone it is UTC.
    """
    answer = folded(said)
    if answer in _NO:
        raise Refused("this person did not agree to be called", "remove the row")
    given = source or (said if answer and answer not in _YES else "")
    when = moment(at, country) if at else None
    if when is not None and when > now + 86_400:
        raise Unfit("this date is in the future", "correct it")
    return Consent(given, when, proof) if given and when is not None else None


def missing(said: str, source: str, at: str) -> Unfit:
    """Return what to tell of a consent that is not complete."""
    if not (said or source):
        return Unfit("it is not said that this person agreed to be called", "add where, or remove the row")
    if not at:
        return Unfit("it is not said when this person agreed to be called", "add the date, as 2026-11-23")
    return Unfit("it is not said where this person agreed to be called", "write where, as web form or contract")


def moment(text: str, country: str) -> float:
    """Return the seconds since the epoch of a date, with or without a time. Raises `Unfit`."""
    try:
        if match := _DAY.fullmatch(text.strip()):
            first, second, year, hour, rest = match.groups("")
            # Where the month comes first.
            day, month = (second, first) if country == "US" else (first, second)
            text = f"{year}-{month:0>2}-{day:0>2}" + (f"T{hour:0>2}{rest}" if hour else "")
        found = datetime.fromisoformat(text.strip())
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        raise Unfit("this is no date", "write year, month and day, as 2026-11-23") from None
