"""How often somebody may ask: the generic cell rate algorithm, without a clock."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

REMEMBERED: Final = 10_000
"""Askers; the one who asked longest ago is forgotten first."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a request is one too many."""

    allowed: bool
    remaining: int
    """Requests that may follow at once."""
    retry_after: float
    """Seconds until the next one may; 0: now."""
    full_after: float
    """Seconds until all of them may."""


class Limiter:
    """*rate* requests per second of each asker, and *burst* at once."""

    def __init__(self, rate: float, burst: int) -> None:
        self.rate = rate
        self.burst = burst
        self._due: OrderedDict[str, float] = OrderedDict()
        """When each asker's allowance is whole again."""

    def ask(self, who: str, now: float) -> Verdict:
        """Return whether *who* may ask at *now*, in seconds; then it counts."""
        each = 1 / self.rate
        due = max(self._due.pop(who, now), now)
        allowed = due - now <= (self.burst - 1) * each + 1e-9
        if allowed:
            due += each
        self._due[who] = due
        if len(self._due) > REMEMBERED:
            self._due.popitem(last=False)
        waits = due - now
        left = int((self.burst * each - waits) / each + 1e-9)
        return Verdict(allowed, max(left, 0), max(waits - (self.burst - 1) * each, 0.0), waits)
