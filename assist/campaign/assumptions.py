"""How calls go, as far as nobody has counted: said beside every estimate."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Final

from assist.campaign.ledger.views import Counts
from assist.campaign.model import Result

ENOUGH: Final = 50
"""Attempts after which what happened says more than what is usual."""
ANSWERED: Final = frozenset({Result.HUMAN, Result.VOICEMAIL, Result.IVR, Result.SCREENED})

USUAL: Final[Mapping[Result, float]] = {
    Result.HUMAN: 0.40,
    Result.VOICEMAIL: 0.20,
    Result.NO_ANSWER: 0.25,
    Result.BUSY: 0.07,
    Result.UNAVAILABLE: 0.04,
    Result.REJECTED: 0.02,
    Result.INVALID: 0.01,
    Result.CONGESTION: 0.01,
}
"""Shares of results where nobody knows better: of people who know who calls, on working days."""


@dataclass(frozen=True, slots=True)
class Assumptions:
    """How calls go. Said beside every estimate."""

    shares: Mapping[Result, float] = field(default_factory=lambda: dict(USUAL))
    """Of all attempts; their sum is 1."""
    talk_s: float = 60.0
    """Of a call that somebody or something answers."""
    ring_s: float = 15.0
    """Before an answer, or until nobody does."""
    usd_per_minute: Decimal | None = None
    """Of talk, for engines, which ceilings are of; None: not known."""
    trunk_usd_per_minute: Decimal | None = None
    """Likewise, for the trunk."""
    measured: bool = False
    """They are what happened in this campaign so far."""

    @property
    def pick_up(self) -> float:
        """The share of attempts that a person answers."""
        return self.shares.get(Result.HUMAN, 0.0)

    @property
    def answered(self) -> float:
        return sum(share for result, share in self.shares.items() if result in ANSWERED)

    @property
    def minute(self) -> Decimal | None:
        """What a minute of talk costs in all, as far as it is known."""
        parts = [part for part in (self.usd_per_minute, self.trunk_usd_per_minute) if part is not None]
        return sum(parts, Decimal(0)) if parts else None

    @property
    def seconds(self) -> float:
        """Of talk, of one attempt on average."""
        return self.answered * self.talk_s

    @property
    def occupied(self) -> float:
        """Seconds for which one attempt takes a place on the trunk, on average."""
        return self.ring_s + self.seconds

    def picked_up(self, share: float) -> "Assumptions":
        """Return these with that share of people who answer; the others stay as they are among themselves."""
        rest = 1 - self.pick_up
        shares: dict[Result, float] = {
            result: one * (1 - share) / rest for result, one in self.shares.items() if result is not Result.HUMAN
        }
        return replace(self, shares={**shares, Result.HUMAN: share})


def assumed(counts: Counts | None) -> Assumptions:
    """Return what to assume of a campaign: what happened in it so far, or what is usual."""
    attempts = sum(counts.results.values()) if counts else 0
    if counts is None or attempts < ENOUGH:
        return Assumptions()
    answered = sum(count for result, count in counts.results.items() if result in ANSWERED)
    return Assumptions(
        shares={result: count / attempts for result, count in counts.results.items()},
        talk_s=counts.seconds / answered if answered else Assumptions().talk_s,
        usd_per_minute=counts.cost / (Decimal(counts.seconds) / 60) if counts.seconds else None,
        measured=True,
    )
