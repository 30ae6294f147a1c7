"""What to do after a try: nothing here waits."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final, TypeAlias

FIRST: Final = 30.0
"""Seconds from the first try to the second; each further wait is twice as long."""
MOST_TRIES: Final = 10
"""Four hours in all."""
JITTER: Final = 0.2
"""Of each wait, so much less or more: not all that failed at once is tried again at once."""
LONGEST: Final = 6 * 3600.0
"""Seconds that an endpoint may ask for."""

_SLOW_DOWN: Final = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)


@dataclass(frozen=True, slots=True)
class Delivered:
    """It arrived."""


@dataclass(frozen=True, slots=True)
class Later:
    """Try again in so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Dead:
    """Give it up."""

    gone: bool
    """The endpoint wants nothing more at all."""


Verdict: TypeAlias = Delivered | Later | Dead


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a try."""

    verdict: Verdict
    status: int | None
    """HTTP's; None: there was no answer."""
    reason: str
    """Why it failed; empty: it did not."""


def judge(tries: int, chance: float, status: int | None = None, wait: float | None = None) -> Verdict:
    """Return what to do after the try number *tries*.

    *status*: HTTP's, None if there was no answer. *wait*: seconds that the answer asks for. *chance*: from 0 to 1.
    """
    if status is not None and 200 <= status < 300:
        return Delivered()
    if status == HTTPStatus.GONE or tries >= MOST_TRIES:
        return Dead(gone=status == HTTPStatus.GONE)
    delay = FIRST * 2.0 ** (tries - 1) * (1 + JITTER * (2 * chance - 1))
    asked = min(wait, LONGEST) if wait and status in _SLOW_DOWN else 0.0
    return Later(max(delay, asked))


def retry_after(header: str | None, now: datetime) -> float | None:
    """Return how many seconds the header ``Retry-After`` asks for, if it can be read."""
    if header is None:
        return None
    if header.strip().isdecimal():
        return float(header)
    try:
        at = parsedate_to_datetime(header)
    except ValueError:
        return None
    return (at.replace(tzinfo=at.tzinfo or UTC) - now).total_seconds()
