"""What is taken when the caller leaves the day or the time open: "cuanto antes", "a última hora"."""

from datetime import date, datetime, time, timedelta

from assist.assistant.hours import Hours, Opening
from assist.flow.slots.vague import Rough, hours_of

NOTICE = timedelta(minutes=30)
"""What is left of today counts from then on; and the last appointment begins so long before closing."""


def soonest(hours: Hours, now: datetime) -> date | None:
    """Return the first day on which it is still open."""
    days = (now.date() + timedelta(days=ahead) for ahead in range(32))
    return next((day for day in days if open_in(hours, day, "", "", now)), None)


def open_in(hours: Hours, day: date, part: str, language: str, now: datetime) -> list[Opening]:
    """Return when it is open on *day* in that part of it, of today only what is left."""
    first, last = hours_of(part, language) if part else (0, 24)
    earliest = time(first)
    if day == now.date():
        left = now + NOTICE
        earliest = max(earliest, _half_hour(left)) if left.date() == day else time.max
    latest = time(last) if last < 24 else time.max
    spans = ((max(span.start, earliest), min(span.end, latest)) for span in hours.on(day))
    return [Opening(start, end) for start, end in spans if _minutes(end) - _minutes(start) >= NOTICE.seconds // 60]


def at(wish: Rough, openings: list[Opening]) -> time | None:
    """Return the time of a day that opens so which *wish* comes to."""
    if not openings:
        return None
    if wish is Rough.FIRST:
        return openings[0].start
    last = _minutes(openings[-1].end) - NOTICE.seconds // 60
    return time(last // 60, last % 60)


def _half_hour(moment: datetime) -> time:
    """Return the full or half hour that comes next, of that day."""
    up = (moment + timedelta(minutes=-moment.minute % 30)).replace(second=0, microsecond=0)
    return up.time() if up.date() == moment.date() else time.max


def _minutes(of_day: time) -> int:
    return of_day.hour * 60 + of_day.minute
