"""When a business is open."""

import re
from datetime import date, datetime, time, timedelta
from typing import Annotated

from pydantic import BeforeValidator, ConfigDict
from pydantic.dataclasses import dataclass

STRICT = ConfigDict(extra="forbid")

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True, config=STRICT)
class Opening:
    """Open from *start* to before *end* of one day, local time."""

    start: time
    end: time


def parse_opening(text: object) -> object:
    """Return ``"9:00-14:00"`` as an `Opening`. Raises `ValueError`."""
    if isinstance(text, Opening):
        return text
    match = re.fullmatch(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})", str(text).strip())
    if not match:
        raise ValueError('not an opening; write from and to, as "9:00-14:00"')
    hour, minute, last_hour, last_minute = map(int, match.groups())
    if max(hour, last_hour) > 23 or max(minute, last_minute) > 59:
        raise ValueError('no such time of day; write hours from 0:00 to 23:59, as "9:00-14:00"')
    opening = Opening(time(hour, minute), time(last_hour, last_minute))
    if opening.end <= opening.start:
        raise ValueError('it ends before it starts; write the earlier time first, as "9:00-14:00"')
    return opening


Openings = tuple[Annotated[Opening, BeforeValidator(parse_opening)], ...]


@dataclass(frozen=True, slots=True, config=STRICT)
class Hours:
    """Opening hours of a week; a day that is not named is closed."""

    monday: Openings = ()
    tuesday: Openings = ()
    wednesday: Openings = ()
    thursday: Openings = ()
    friday: Openings = ()
    saturday: Openings = ()
    sunday: Openings = ()
    closed: tuple[date, ...] = ()
    """Holidays and the like."""

    def week(self) -> tuple[Openings, ...]:
        """Return the openings from Monday to Sunday."""
        return (self.monday, self.tuesday, self.wednesday, self.thursday, self.friday, self.saturday, self.sunday)

    def on(self, day: date) -> Openings:
        """Return the openings of *day*, none when it is closed."""
        return () if day in self.closed else self.week()[day.weekday()]

    def closing(self, moment: datetime) -> time | None:
        """Return until when it is open at *moment*, or None when it is closed then."""
        now = moment.time()
        return next((opening.end for opening in self.on(moment.date()) if opening.start <= now < opening.end), None)

    def next_opening(self, moment: datetime) -> tuple[date, time] | None:
        """Return when it opens next after *moment*, or None when that is more than a month away."""
        for days in range(32):
            day = moment.date() + timedelta(days=days)
            for opening in sorted(self.on(day), key=lambda opening: opening.start):
                if days or opening.start > moment.time():
                    return day, opening.start
        return None
