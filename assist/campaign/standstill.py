"""Why nobody of a campaign is called just now, for whom, and until when."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from assist.campaign.calendar import Calendar
from assist.campaign.clock import local
from assist.campaign.group import parse_group
from assist.campaign.ledger import Ledger
from assist.campaign.ledger.views import Counts, Waiting
from assist.campaign.model import Blocked, CampaignState, Refusal

MENDS: Final = {
    Blocked.NOT_RUNNING: "start or resume it",
    Blocked.NOBODY_DUE: "they are called again later, as retry: says",
    Blocked.WINDOW: "no hours to call where they live",
    Blocked.HOLIDAY: "a public holiday where they live",
    Blocked.DO_NOT_CALL: "they are on a do-not-call list",
    Blocked.CAP: "their numbers were called often enough",
    Blocked.CPS: "the trunk's calls per second",
    Blocked.CALLER_ID: "the numbers that calls may show were shown as often as they may be today: the trunks' file",
    Blocked.CONCURRENCY: "calls in progress take all places: pace.calls, the trunk's, or what the workers hold",
    Blocked.CEILING: "a ceiling of minutes or money is reached: ceilings: in its file",
    Blocked.INELIGIBLE: "whoever is asked before each call has not said yes: eligibility: in its file, and why CONTACT",
    Blocked.BREAKER: "too many calls failed, or people hung up at once: look at the trunk, and at the greeting",
}
"""What each means for its owner."""


@dataclass(frozen=True, slots=True)
class Block:
    """One reason."""

    reason: Blocked
    contacts: int
    """Who wait for that."""
    until: float | None = None
    """When the first of them may be called; None: when something changes."""

    @property
    def meaning(self) -> str:
        return MENDS[self.reason]


async def standstill(ledger: Ledger, calendar: Calendar, counts: Counts, now: float) -> list[Block]:
    """Return what keeps those who wait from being called, the reason of most first. Raises `StoreError`.

    Who may be called at this moment is not in it.
    """
    name = calendar.campaign.name
    found: dict[Blocked, Block] = {}
    if counts.state is not CampaignState.RUNNING:
        waiting = sum(queue.contacts for queue in counts.groups.values())
        return [Block(Blocked.NOT_RUNNING, waiting)] if waiting else []
    for group, queue in counts.groups.items():
        if queue.contacts and (refusal := await _refusal(ledger, calendar, name, group, queue, now)):
            found[refusal.reason] = _more(found.get(refusal.reason), refusal, queue.contacts)
    if counts.held:
        found[Blocked.INELIGIBLE] = Block(Blocked.INELIGIBLE, counts.held)
    return sorted(found.values(), key=lambda block: -block.contacts)


async def _refusal(
    ledger: Ledger, calendar: Calendar, name: str, group: str, queue: Waiting, now: float
) -> Refusal | None:
    window = calendar.window(group, now)
    if window is None:
        return Refusal(Blocked.WINDOW)
    if window.opens > now:
        return Refusal(Blocked.HOLIDAY if _is_holiday(calendar, group, now) else Blocked.WINDOW, window.opens)
    if queue.first is not None and queue.first > now:
        # Whatever holds for all of the campaign, these do not wait for it yet.
        return Refusal(Blocked.NOBODY_DUE, queue.first)
    refusal = await ledger.attempts.blocked(name, group, window)
    # The trunk's next second is nothing to tell of; and that nobody else is due means that somebody may be called.
    return None if refusal.reason in (Blocked.CPS, Blocked.NOBODY_DUE) else refusal


def _is_holiday(calendar: Calendar, group: str, now: float) -> bool:
    return any(calendar.is_holiday(group, day) for day in _days(group, now))


def _days(group: str, now: float) -> Iterator[date]:
    for zone in parse_group(group).zones:
        yield local(zone, now).date()


def _more(block: Block | None, refusal: Refusal, contacts: int) -> Block:
    if block is None:
        return Block(refusal.reason, contacts, refusal.until)
    untils = [moment for moment in (block.until, refusal.until) if moment is not None]
    return Block(block.reason, block.contacts + contacts, min(untils, default=None))
