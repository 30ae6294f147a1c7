"""The hours of a week, to the minute: half-open, and over midnight where they say so."""

import re
from collections.abc import Iterable, Iterator
from typing import Annotated

from pydantic import BeforeValidator
from pydantic.dataclasses import dataclass

from assist.assistant.hours import DAYS, STRICT

DAY = 24 * 60
"""Minutes."""

Stretch = tuple[int, int]
"""From the first to before the second, in whatever unit."""


@dataclass(frozen=True, slots=True, config=STRICT)
class Span:
    """From *start* to before *end*, in minutes after the midnight before; past 1440 it is the next morning."""

    start: int
    end: int


def parse_span(text: object) -> object:
    """Return ``"9:00-21:00"``, ``"22:00-2:00"`` or ``"0:00-24:00"`` as a `Span`. Raises `ValueError`."""
    if isinstance(text, Span):
        return text
    match = re.fullmatch(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})", str(text).strip())
    if not match:
        raise ValueError('these are no hours; write from and to, as "9:00-21:00"')
    hour, minute, last_hour, last_minute = map(int, match.groups())
    start, end = hour * 60 + minute, last_hour * 60 + last_minute
    if start >= DAY or end > DAY or max(minute, last_minute) > 59:
        raise ValueError('there is no such time of day; write hours from 0:00 to 24:00, as "9:00-21:00"')
    if start == end:
        raise ValueError('it ends as it starts; write "0:00-24:00" for the whole day')
    return Span(start, end if end > start else end + DAY)


def parse_spans(value: object) -> object:
    """Return a lone text as a list of it: both are allowed in a file."""
    return [value] if isinstance(value, str) else value


Spans = Annotated[tuple[Annotated[Span, BeforeValidator(parse_span)], ...], BeforeValidator(parse_spans)]


@dataclass(frozen=True, slots=True, config=STRICT)
class Week:
    """Hours of a week, local time; a day that is not named has none."""

    monday: Spans = ()
    tuesday: Spans = ()
    wednesday: Spans = ()
    thursday: Spans = ()
    friday: Spans = ()
    saturday: Spans = ()
    sunday: Spans = ()

    def on(self, weekday: int) -> Spans:
        """Return what begins on *weekday*; 0 is Monday."""
        days = (self.monday, self.tuesday, self.wednesday, self.thursday, self.friday, self.saturday, self.sunday)
        return days[weekday]

    def beyond(self, other: "Week") -> Iterator[str]:
        """Yield the days on which this begins hours that *other* has not."""
        allowed = other.minutes()
        for number, name in enumerate(DAYS):
            own = _wrapped(number, self.on(number))
            if common(own, allowed) != own:
                yield name

    def written(self, day: str) -> str:
        """Return the hours of *day*, which is called as its field, as a file has them."""
        return " and ".join(f"{_clock(span.start)}-{_clock(span.end)}" for span in self.on(DAYS.index(day)))

    def minutes(self) -> list[Stretch]:
        """Return all of it in minutes after Monday's midnight."""
        return merged(stretch for number in range(7) for stretch in _wrapped(number, self.on(number)))


def _clock(minute: int) -> str:
    hour, minute = divmod(minute if minute <= DAY else minute - DAY, 60)
    return f"{hour}:{minute:02}"


def _wrapped(weekday: int, spans: Spans) -> list[Stretch]:
    """Return *spans* in minutes of the week, those that reach past its end from its beginning on."""
    whole = 7 * DAY
    moved = [(weekday * DAY + span.start, weekday * DAY + span.end) for span in spans]
    inside = [(start, min(end, whole)) for start, end in moved]
    return merged([*inside, *((0, end - whole) for _, end in moved if end > whole)])


def merged(stretches: Iterable[Stretch]) -> list[Stretch]:
    """Return *stretches* in their order, those that touch made one."""
    whole: list[Stretch] = []
    for start, end in sorted(stretches):
        if whole and start <= whole[-1][1]:
            whole[-1] = (whole[-1][0], max(end, whole[-1][1]))
        elif start < end:
            whole.append((start, end))
    return whole


def common(one: list[Stretch], other: list[Stretch]) -> list[Stretch]:
    """Return what is in both, which are in order and do not overlap. Where either is cut, so is the result."""
    shared: list[Stretch] = []
    mine = theirs = 0
    while mine < len(one) and theirs < len(other):
        start, end = max(one[mine][0], other[theirs][0]), min(one[mine][1], other[theirs][1])
        if start < end:
            shared.append((start, end))
        if one[mine][1] < other[theirs][1]:
            mine += 1
        else:
            theirs += 1
    return shared
