"""What the carrier counted, held against what the ledger says."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from assist.campaign.ledger.views import Standing
from assist.campaign.model import Contact, ContactState, Result, attempt_id
from assist.simulate.carrier.invites import Invite, most

ON_THE_WAY: Final = 1.0
"""Seconds that a call may take from the ledger's last look, by which it was allowed, to the carrier."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """When a contact may be called."""

    opens: float
    closes: float
    unwanted: float = float("inf")
    """Since when nobody may call his number."""


@dataclass(frozen=True, slots=True)
class Chaos:
    """What was done to it."""

    at_step: Mapping[str, int] = field(default_factory=dict)
    """Processes killed right after a step of the ledger, by step."""
    dialers: int = 0
    """Killed, in all."""
    workers: int = 0
    redis: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """The counts."""

    contacts: int
    invites: int
    attempts: int
    """That the ledger knows of."""
    most_invites: int
    """Of one attempt: more than 1 is somebody called twice."""
    strays: int
    """INVITEs of attempts that the ledger does not know of."""
    outside_windows: int
    do_not_call: int
    """INVITEs to those who do not wish to be called."""
    lost: int
    """Contacts of whom it is not known, for good, what became."""
    unknown: int
    """Attempts of which nobody knows whether it rang; each is used up."""
    results: Mapping[str, int]
    outcomes: Mapping[str, int]
    killed: Chaos
    line: str
    seconds: float

    @property
    def violations(self) -> list[str]:
        """What must not be, in words; empty: the promise was kept."""
        return list(self._violations())

    def _violations(self) -> Iterator[str]:
        if self.most_invites > 1:
            yield f"an attempt was called {self.most_invites} times"
        for count, what in (
            (self.strays, "calls that the ledger does not know of"),
            (self.outside_windows, "calls outside the hours of those called"),
            (self.do_not_call, "calls to those who wish none"),
            (self.lost, "contacts lost"),
        ):
            if count:
                yield f"{count} {what}"
        if not self.invites:
            yield "nobody was called at all"


def judge(
    campaign: str,
    standings: Sequence[Standing],
    allowed: Mapping[str, Allowed],
    invites: Sequence[Invite],
    chaos: Chaos,
    *,
    line: str,
    seconds: float,
) -> Verdict:
    """Return the counts of a campaign that is over. *allowed*: by contact."""
    whose = dict(_attempts(campaign, standings))
    results = Counter(past.result.value for standing in standings for past in standing.past)
    return Verdict(
        contacts=len(standings),
        invites=len(invites),
        attempts=len(whose),
        most_invites=most(invites),
        strays=sum(invite.attempt not in whose for invite in invites),
        outside_windows=sum(
            not at.opens <= invite.at < at.closes + ON_THE_WAY for invite, at in _known(invites, whose, allowed)
        ),
        do_not_call=sum(invite.at > at.unwanted + ON_THE_WAY for invite, at in _known(invites, whose, allowed)),
        lost=sum(standing.state is not ContactState.DONE for standing in standings) + len(allowed) - len(standings),
        unknown=results[Result.UNKNOWN.value],
        results=dict(results),
        outcomes=dict(Counter(standing.outcome.value for standing in standings if standing.outcome)),
        killed=chaos,
        line=line,
        seconds=round(seconds, 1),
    )


def _attempts(campaign: str, standings: Iterable[Standing]) -> Iterator[tuple[str, Contact]]:
    for standing in standings:
        for number in range(1, standing.attempts + 1):
            yield attempt_id(campaign, standing.contact.id, number), standing.contact


def _known(
    invites: Iterable[Invite], whose: Mapping[str, Contact], allowed: Mapping[str, Allowed]
) -> Iterator[tuple[Invite, Allowed]]:
    for invite in invites:
        if contact := whose.get(invite.attempt):
            yield invite, allowed[contact.id]
