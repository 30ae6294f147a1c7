"""The clock of a time zone, as stretches of time: what a local day or hour is in seconds since the epoch.

An hour that the clock skips is not there, and one that it shows twice is there twice: nothing is assumed of when and
by how much a clock is changed.
"""

from calendar import timegm
from collections.abc import Iterator
from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from assist.campaign.week import DAY, Stretch, merged

HOUR = 3600
AHEAD = 15 * HOUR
"""More than any clock is ahead of UTC, or behind."""
STEP = 6 * HOUR
"""No clock is changed twice within it."""


def on_day(zone: str, day: date, minutes: list[Stretch]) -> list[Stretch]:
    """Return when the clock of *zone* shows *minutes* of *day*, in seconds since the epoch."""
    midnight = timegm(day.timetuple())
    found: list[Stretch] = []
    for begins, ends, offset in _unchanged(zone, midnight):
        for start, end in minutes:
            first = max(begins, midnight + start * 60 - offset)
            last = min(ends, midnight + end * 60 - offset)
            if first < last:
                found.append((first, last))
    return merged(found)


def begins(zone: str, day: date) -> int:
    """Return when *day* begins in *zone*."""
    return on_day(zone, day, [(0, DAY)])[0][0]


def local(zone: str, moment: float) -> datetime:
    """Return what calendar and clock of *zone* show at *moment*."""
    return datetime.fromtimestamp(moment, ZoneInfo(zone))


@lru_cache(maxsize=4096)
def _unchanged(zone: str, midnight: int) -> tuple[tuple[int, int, int], ...]:
    """Return the stretches around a local day in which the clock is not changed: from, to before, ahead of UTC by."""
    return tuple(_stretches(zone, midnight - AHEAD, midnight + DAY * 60 + AHEAD))


def _stretches(zone: str, first: int, last: int) -> Iterator[tuple[int, int, int]]:
    start, offset = first, _offset(zone, first)
    for after in [*range(first + STEP, last, STEP), last]:
        if _offset(zone, after) != offset:
            change = _change(zone, start, after)
            yield start, change, offset
            start, offset = change, _offset(zone, change)
    yield start, last, offset


def _change(zone: str, before: int, after: int) -> int:
    """Return the first second after *before* at which the clock is ahead of UTC by as much as at *after*."""
    offset = _offset(zone, after)
    while after - before > 1:
        middle = (before + after) // 2
        before, after = (before, middle) if _offset(zone, middle) == offset else (middle, after)
    return after


def _offset(zone: str, moment: int) -> int:
    ahead = datetime.fromtimestamp(moment, ZoneInfo(zone)).utcoffset()
    assert ahead is not None
    return round(ahead.total_seconds())
