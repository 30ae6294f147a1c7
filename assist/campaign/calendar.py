"""When the contacts of a campaign may be called: as the campaign wants and the policy of their country allows.

Whatever is not known closes: of a person in one of several time zones all of them must allow a call, and a day on which
any rule forbids calls has none, neither by its own hours nor by the end of the night before.
"""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import lru_cache, reduce

from assist.campaign.clock import begins, local, on_day
from assist.campaign.declaration import Campaign
from assist.campaign.feasts import is_feast
from assist.campaign.group import Group, parse_group
from assist.campaign.model import Window
from assist.campaign.policy import Holidays, Policies, Terms
from assist.campaign.week import DAY, Stretch, Week, common, merged

HORIZON = 400
"""Days: what does not open in more than a year never does."""
STEP = 8
"""Days that are looked at together."""
STRICTNESS = tuple(Holidays)


class Calendar:
    """The calendar of one campaign. One for all of a process."""

    def __init__(self, campaign: Campaign, policies: Policies) -> None:
        self.campaign = campaign
        self._policies = policies
        self._found: dict[str, tuple[float, Window | None]] = {}
        """By group: since when that was the next window."""
        # Asked again and again, for whoever is to be called later and for every estimate.
        self._cached = lru_cache(maxsize=1024)(self._on)

    def window(self, group: str, now: float) -> Window | None:
        """Return the window in which *group* may be called at *now*, or the next one; None if there is none any more.

        A window lies within one day of each of the group's time zones; another may follow it at once. Raises
        `ValueError`, with the mend, if *group* is none.
        """
        since, window = self._found.get(group, (now, None))
        if group in self._found and since <= now and (window is None or now < window.closes):
            return window
        window = self._next(parse_group(group), now)
        self._found[group] = (now, window)
        return window

    def opens(self, group: str, moment: float) -> float | None:
        """Return the first moment from *moment* on at which *group* may be called."""
        window = self._next(parse_group(group), moment)
        return max(moment, window.opens) if window else None

    def is_holiday(self, group: str, day: date) -> bool:
        """Return whether *group* is not called on *day* because it is a public holiday there."""
        place = parse_group(group)
        return self._is_holiday(place, self._terms(place), day)

    def _next(self, group: Group, now: float) -> Window | None:
        for start, end in self._stretches(group, now):
            if now < end:
                return _window(group, start, end)
        return None

    def _stretches(self, group: Group, now: float) -> Iterator[Stretch]:
        """Yield when *group* may be called, from about *now* on: in order, but some of it twice."""
        first = max(local("UTC", now).date(), self.campaign.when.starts or date.min) - timedelta(days=2)
        for days in range(0, HORIZON, STEP):
            start = first + timedelta(days=days)
            if self.campaign.when.ends and start > self.campaign.when.ends:
                return
            # At one moment local dates differ by two at most, so what is cut off at the end is whole the next time.
            yield from self._cached(group, start)

    def _on(self, group: Group, start: date) -> list[Stretch]:
        days = [start + timedelta(days=day) for day in range(STEP + 2)]
        minutes = {day: self._minutes(group, day) for day in days}
        zones = [sorted(stretch for day in days for stretch in on_day(zone, day, minutes[day])) for zone in group.zones]
        return reduce(common, zones)

    def _minutes(self, group: Group, day: date) -> list[Stretch]:
        """Return the minutes of *day*, by the clock there, in which *group* may be called."""
        terms = self._terms(group)

        def is_closed(day: date) -> bool:
            return self._is_closed(group, terms, day)

        allowed = _on_clock(terms.hours, day, is_closed)
        own = self.campaign.when.hours
        return common(allowed, _on_clock(own, day, is_closed)) if own else allowed

    def _is_closed(self, group: Group, terms: Terms, day: date) -> bool:
        when = self.campaign.when
        return (
            (when.starts is not None and day < when.starts)
            or (when.ends is not None and day > when.ends)
            or day in when.closed
            or day in terms.closed
            or self._is_holiday(group, terms, day)
        )

    def _is_holiday(self, group: Group, terms: Terms, day: date) -> bool:
        return is_feast(group, day, max(terms.holidays, self.campaign.when.holidays, key=STRICTNESS.index))

    def _terms(self, group: Group) -> Terms:
        return self._policies.of(group.country).purposes[self.campaign.purpose]


def _on_clock(week: Week, day: date, is_closed: Callable[[date], bool]) -> list[Stretch]:
    if is_closed(day):
        return []
    night = day - timedelta(days=1)
    today = [(span.start, min(span.end, DAY)) for span in week.on(day.weekday())]
    late = [] if is_closed(night) else [(0, span.end - DAY) for span in week.on(night.weekday()) if span.end > DAY]
    return merged([*late, *today])


def _window(group: Group, start: int, end: int) -> Window:
    if len(group.zones) > 1:
        # Nobody knows which midnight counts.
        return Window(start, end)
    (zone,) = group.zones
    day = local(zone, start).date()
    return Window(start, end, begins(zone, day), begins(zone, day - timedelta(days=day.weekday())))
