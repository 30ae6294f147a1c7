"""When a campaign starts by itself."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError
from pydantic import AfterValidator, BeforeValidator
from pydantic.dataclasses import dataclass

from assist.assistant.hours import STRICT

GRACE = 600.0
"""Seconds by which a start may be late and is not missed yet."""


class Missed(StrEnum):
    """What becomes of a start at which nothing ran."""

    SKIP = "skip"
    CATCH_UP = "catch_up"
    """It starts late, once; nobody is called outside the hours for it."""


def cron_expression(text: str) -> str:
    """Return *text*. Raises `ValueError` if it is none."""
    try:
        CronSim(text, datetime(2026, 1, 1))
    except CronSimError as error:
        raise ValueError(
            'this is no cron expression; write minute, hour, day, month, weekday: "0 9 * * 1-5"'
        ) from error
    return text


def date_and_time(value: object) -> object:
    """Return ``2026-12-01 10:00``, local time. Raises `ValueError`."""
    if isinstance(value, datetime):
        return value
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo or len(str(value)) < len("2026-12-01 10:00"):
        raise ValueError("this is no date with a time; write it as 2026-12-01 10:00")
    return moment


@dataclass(frozen=True, slots=True, config=STRICT)
class Schedule:
    """Either `cron` or `at`, by the clock of the campaign."""

    cron: Annotated[str, AfterValidator(cron_expression)] | None = None
    """As cron knows it: minute, hour, day of the month, month, day of the week."""
    at: Annotated[datetime, BeforeValidator(date_and_time)] | None = None
    """Once."""
    missed: Missed = Missed.SKIP

    def __post_init__(self) -> None:
        if (self.cron is None) == (self.at is None):
            raise ValueError('it takes one of cron and at; write cron: "0 9 * * 1-5", or at: 2026-12-01 10:00')

    def due(self, zone: ZoneInfo, since: float, now: float) -> float | None:
        """Return the last start after *since* and not after *now* that is to be made up for now, if there is one."""
        moment = self._last(zone, now)
        if moment is None or moment <= since or (self.missed is Missed.SKIP and now - moment > GRACE):
            return None
        return moment

    def next(self, zone: ZoneInfo, now: float) -> float | None:
        """Return the first start after *now*."""
        if self.at:
            moment = self.at.replace(tzinfo=zone).timestamp()
            return moment if moment > now else None
        return self._cron(zone, now, reverse=False)

    def _last(self, zone: ZoneInfo, now: float) -> float | None:
        if self.at:
            moment = self.at.replace(tzinfo=zone).timestamp()
            return moment if moment <= now else None
        return self._cron(zone, now + 1, reverse=True)

    def _cron(self, zone: ZoneInfo, now: float, *, reverse: bool) -> float | None:
        found = next(CronSim(self.cron or "", datetime.fromtimestamp(now, zone), reverse=reverse), None)
        return found.timestamp() if found else None
