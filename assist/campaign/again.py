"""Who is called again, and after how long, as a campaign declares it."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, Field
from pydantic.dataclasses import dataclass

from assist.assistant.hours import STRICT
from assist.assistant.script import one_or_many
from assist.campaign.model import Result

UNITS: Mapping[str, timedelta] = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
}
NEVER = "never"


def duration(text: object) -> object:
    """Return ``90s``, ``15m``, ``2h`` or ``1d``. Raises `ValueError`."""
    if isinstance(text, timedelta):
        return text
    match = re.fullmatch(r"([1-9]\d{0,4})\s*([smhd])", str(text).strip())
    if not match:
        raise ValueError("this is no length of time; write a number and s, m, h or d, as 15m, 2h or 1d")
    return int(match[1]) * UNITS[match[2]]


Durations = Annotated[
    tuple[Annotated[timedelta, BeforeValidator(duration)], ...], BeforeValidator(one_or_many), Field(min_length=1)
]


@dataclass(frozen=True, slots=True, config=STRICT)
class Again:
    """When to call again after one result."""

    after: Durations
    """After the first attempt, the second and so on; the last goes for all others."""
    attempts: Annotated[int, Field(ge=1)] | None = None
    """Of one person, in all, when the last ended so; None: as after any result."""
    another_time: bool = False
    """At another time of day, if there is one: morning, afternoon or evening."""


def again(value: object) -> object:
    """Return ``never`` as None, and ``15m`` or ``[15m, 2h]`` as an `Again`."""
    if value == NEVER:
        return None
    return {"after": value} if isinstance(value, str | list | tuple) else value


Maybe = Annotated[Again | None, BeforeValidator(again)]


def _after(*lengths: str, attempts: int | None = None, another_time: bool = False) -> Again:
    return Again(tuple(int(length[:-1]) * UNITS[length[-1]] for length in lengths), attempts, another_time)


@dataclass(frozen=True, slots=True, config=STRICT)
class Retry:
    """By the result of an attempt, when to call again; None: never.

    Nobody is called again who was reached, whose number does not exist, or who asked for it.
    """

    attempts: Annotated[int, Field(ge=1, le=20)] = 4
    """Of one person, in all."""
    busy: Maybe = _after("15m", "1h", "4h")
    no_answer: Maybe = _after("3h", "1d", another_time=True)
    rejected: Maybe = None
    """Pressed away: an answer of a kind."""
    voicemail: Maybe = _after("4h", "1d", another_time=True)
    """Of those on which no message was left."""
    ivr: Maybe = None
    screened: Maybe = _after("1d", attempts=2)
    unavailable: Maybe = _after("2h", "1d", another_time=True)
    congestion: Maybe = _after("10m", "30m", "2h")
    failed: Maybe = _after("10m", "30m", "2h")
    unknown: Maybe = None
    """Perhaps the person was called, and perhaps not: again at the risk of calling twice."""

    def of(self, result: Result) -> Again | None:
        """Return when to call again after *result*."""
        if result in (Result.HUMAN, Result.INVALID):
            return None
        found: Again | None = getattr(self, result.value)
        return found
