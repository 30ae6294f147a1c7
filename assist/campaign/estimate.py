"""How a campaign would go: until when, how many calls, what it costs. Nothing is dialed, and nothing here waits.

Contacts are counted, not followed one by one: of those who wait together, each result takes its share, and those who
are to be called again wait together once more. So a million of them take seconds.
"""

import heapq
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from assist.campaign import retry
from assist.campaign.assumptions import Assumptions
from assist.campaign.calendar import Calendar
from assist.campaign.model import Limits, Outcome

DAY: Final = 86_400.0
HORIZON: Final = 400 * DAY
STEPS: Final = 500
"""About so many make up a campaign: none is shorter than a minute, or longer than half an hour."""
SHORTEST, LONGEST = 60.0, 1800.0
REACHED: Final = (Outcome.REACHED, Outcome.MESSAGE_LEFT)


@dataclass(frozen=True, slots=True)
class Work:
    """Contacts that wait together."""

    group: str
    due: float
    count: float
    attempt: int = 1
    """Which one is next."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """How it would go."""

    begins: float | None
    """The first call; None: there is none."""
    ends: float | None
    """The last call; None: not within a year."""
    attempts: float
    reached: float
    """Contacts whom a person answers for, or a voicemail a message was left on."""
    minutes: float
    """Of talk."""
    usd: Decimal | None
    """Engines and trunk, as far as their prices are known; None: none is."""
    usd_at_most: Decimal
    """If the engines of every answered call cost as much as they may."""
    outcomes: Mapping[Outcome, float]
    unserved: float
    """Contacts for whom the ceilings leave nothing."""
    per_hour: float
    """Attempts, while people may be called."""


def estimate(
    work: Iterable[Work], calendar: Calendar, limits: Limits, assumptions: Assumptions, now: float, used: float = 0.0
) -> Estimate:
    """Return how it would go from *now* on; *used* seconds of talk count against the ceiling of all."""
    course = _Course(calendar, limits, assumptions, now, used)
    return course.run(list(work))


def pace(limits: Limits, assumptions: Assumptions) -> float:
    """Return the attempts per second: what the trunk lets begin, and what the places for calls hold."""
    places = min(limits.calls, limits.trunk.calls, limits.everybody)
    return min(limits.trunk.cps, limits.cps or limits.trunk.cps, places / assumptions.occupied)


class _Course:
    def __init__(self, calendar: Calendar, limits: Limits, assumptions: Assumptions, now: float, used: float) -> None:
        self._calendar = calendar
        self._limits = limits
        self._assumptions = assumptions
        self._rate = pace(limits, assumptions)
        self._now = now
        self._budget = _Budget(limits, assumptions, used)
        self._waiting: defaultdict[float, defaultdict[tuple[str, int], float]] = defaultdict(_counts)
        self._dues: list[float] = []
        self._step = SHORTEST
        self._left = 0.0
        self._attempts = 0.0
        self._outcomes: defaultdict[Outcome, float] = defaultdict(float)
        self._first: float | None = None
        self._last = now

    def run(self, work: list[Work]) -> Estimate:
        total = sum(one.count for one in work)
        if self._rate > 0:
            self._step = min(max(total / self._rate / STEPS, SHORTEST), LONGEST)
            for one in work:
                self._wait(one.group, one.attempt, max(one.due, self._now), one.count)
        moment: float | None = self._now
        # What is left of half a person is a matter of rounding.
        while moment is not None and self._left >= 0.5 and moment < self._now + HORIZON:
            moment = self._go_on(moment)
        return self._estimate(total, over=self._left < 0.5 and self._rate > 0)

    def _go_on(self, moment: float) -> float | None:
        """Call those who are due at *moment*; return when to go on, or None."""
        if not self._dues or self._budget.over:
            return None
        if self._dues[0] > moment:
            return self._dues[0]
        room = min(self._rate * self._step, self._budget.attempts(moment))
        if room < 1e-6:
            return self._budget.tomorrow(moment)
        called = self._call(moment, room)
        return moment + min(self._step, max(called / self._rate, 1.0))

    def _call(self, moment: float, room: float) -> float:
        """Call up to *room* contacts; return how many."""
        called = 0.0
        while self._dues and self._dues[0] <= moment and called < room:
            cohort = self._waiting.pop(heapq.heappop(self._dues))
            for (group, attempt), count in cohort.items():
                self._left -= count
                window = self._calendar.window(group, moment)
                if window is None:
                    self._outcomes[Outcome.EXPIRED] += count
                elif window.opens > moment:
                    self._wait(group, attempt, window.opens, count)
                else:
                    some = min(count, room - called)
                    called += some
                    self._end(group, attempt, moment, some)
                    if count > some:
                        self._wait(group, attempt, moment + self._step, count - some)
        self._count(called, moment)
        return called

    def _count(self, called: float, moment: float) -> None:
        if called:
            self._first = moment if self._first is None else self._first
            self._last = moment + called / self._rate + self._assumptions.occupied
            self._attempts += called
            self._budget.spend(called, moment)

    def _end(self, group: str, attempt: int, moment: float, count: float) -> None:
        for result, share in self._assumptions.shares.items():
            then = retry.after(result, attempt, self._calendar, moment, group)
            if isinstance(then, Outcome):
                self._outcomes[then] += count * share
            else:
                self._wait(group, attempt + 1, max(then, self._capped(attempt, moment)), count * share)

    def _capped(self, attempt: int, moment: float) -> float:
        """Return when the number may be called again, as far as the caps of a day and of a week say."""
        caps = self._limits.caps
        of_a_day = min((cap for cap in (caps.rolling, caps.day) if cap), default=0)
        if caps.week and attempt % caps.week == 0:
            return moment + 7 * DAY
        return moment + DAY if of_a_day and attempt % of_a_day == 0 else moment

    def _wait(self, group: str, attempt: int, due: float, count: float) -> None:
        # Together with those who wait about as long.
        due = self._now + -(-(due - self._now) // self._step) * self._step
        if due not in self._waiting:
            heapq.heappush(self._dues, due)
        self._waiting[due][group, attempt] += count
        self._left += count

    def _estimate(self, total: float, *, over: bool) -> Estimate:
        assumptions, ceilings = self._assumptions, self._limits.ceilings
        minutes = self._attempts * assumptions.seconds / 60
        answered = Decimal(round(self._attempts * assumptions.answered))
        price = assumptions.minute
        return Estimate(
            begins=self._first,
            ends=self._last if over and total else None,
            attempts=self._attempts,
            reached=sum(self._outcomes.get(outcome, 0.0) for outcome in REACHED),
            minutes=minutes,
            usd=None if price is None else round(price * Decimal(minutes), 2),
            usd_at_most=answered * ceilings.call_cost,
            outcomes=dict(self._outcomes),
            unserved=0.0 if over else self._left,
            per_hour=self._rate * 3600,
        )


class _Budget:
    """What the ceilings leave."""

    def __init__(self, limits: Limits, assumptions: Assumptions, used: float) -> None:
        ceilings = limits.ceilings
        price = float(assumptions.usd_per_minute or 0) / 60
        self._midnight = ceilings.midnight
        self._seconds = assumptions.seconds
        self._all = _least(ceilings.seconds, ceilings.cost, price)
        self._daily = min(
            _attempts(_least(ceilings.day_seconds, ceilings.day_cost, price), self._seconds),
            sum(float("inf") if one.per_day is None else one.per_day for one in limits.shown) or float("inf"),
        )
        """Attempts in a day."""
        self._spent = used
        self._today: tuple[float, float] = (0.0, 0.0)
        """A day, and attempts in it."""

    @property
    def over(self) -> bool:
        return self._all is not None and self._spent >= self._all - 1e-6

    def attempts(self, moment: float) -> float:
        """Return how many more there may be on that day."""
        day, made = self._today
        left = None if self._all is None else self._all - self._spent
        return min(_attempts(left, self._seconds), self._daily - (made if day == self._day_of(moment) else 0.0))

    def spend(self, attempts: float, moment: float) -> None:
        self._spent += attempts * self._seconds
        day, made = self._today
        today = self._day_of(moment)
        self._today = (today, (made if day == today else 0.0) + attempts)

    def tomorrow(self, moment: float) -> float:
        return (self._day_of(moment) + 1) * DAY + self._midnight

    def _day_of(self, moment: float) -> float:
        return (moment - self._midnight) // DAY


def _attempts(seconds: float | None, of_each: float) -> float:
    """Return how many attempts *seconds* of talk are enough for."""
    return float("inf") if seconds is None or not of_each else seconds / of_each


def _least(seconds: float | None, cost: Decimal | None, price: float) -> float | None:
    """Return the seconds of talk that both ceilings allow."""
    bounds = [] if seconds is None else [seconds]
    if cost is not None and price:
        bounds.append(float(cost) / price)
    return min(bounds, default=None)


def _counts() -> defaultdict[tuple[str, int], float]:
    return defaultdict(float)
