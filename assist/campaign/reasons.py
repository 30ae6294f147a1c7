"""Why one contact is called when he is, or not at all."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assist.campaign.demands import Demands
from assist.campaign.ledger.views import Known, Why
from assist.campaign.model import Blocked, CampaignState, Caps, Contact, ContactState, Elsewhere, Window
from assist.campaign.readiness import unfit
from assist.campaign.standstill import MENDS

DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Reason:
    """Something that keeps a contact from being called."""

    what: str
    until: float | None = None
    """None: until somebody changes it."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What a campaign's file and the policies say of a contact."""

    demands: Demands
    caps: Caps
    window: Window | None
    """The one that is open where the contact lives, or the next; None: never again."""
    elsewhere: Elsewhere | None = None


def reasons(why: Why, rules: Rules, now: float) -> list[Reason]:
    """Return everything that keeps a contact who waits from being called at *now*."""
    if why.standing.state is not ContactState.WAITING:
        return []
    return [*_of_campaign(why, now), *_of_contact(why, rules, now), *_of_number(why.known, rules, now)]


def earliest(found: Sequence[Reason], now: float) -> float | None:
    """Return when a call is possible at the earliest; None: not before somebody changes something."""
    untils = [reason.until for reason in found]
    return None if None in untils else max([now, *(until for until in untils if until is not None)])


def free(number: Known, caps: Caps, now: float) -> float:
    """Return from when on the caps that look back in time let *number* be called; by calendar days it may be sooner."""
    spans = ((caps.rolling, DAY), (caps.day, DAY), (caps.week, 7 * DAY))
    called = number.called
    return max([now, *(called[-cap] + span for cap, span in spans if cap and len(called) >= cap)])


def spared(number: Known, elsewhere: Elsewhere | None, now: float) -> float:
    """Return from when on *number* may be called, whoever of the others reached it."""
    if elsewhere is None:
        return now
    counts = elsewhere.campaigns or number.reached
    return max([now, *(at + elsewhere.seconds for name, at in number.reached.items() if name in counts)])


def _of_campaign(why: Why, now: float) -> Iterator[Reason]:
    if why.campaign is not CampaignState.RUNNING:
        yield Reason(f"the campaign is {why.campaign}")
    if why.breaker and why.breaker > now:
        yield Reason(MENDS[Blocked.BREAKER], why.breaker)


def _of_contact(why: Why, rules: Rules, now: float) -> Iterator[Reason]:
    contact, due = why.standing.contact, why.standing.due
    if due and due > now:
        held = why.standing.held
        earlier = "not due yet, after an earlier attempt or by the import"
        yield Reason(f"held back when the call was due: {held}" if held else earlier, due)
    if rules.window is None:
        yield Reason(f"no hours to call are left in {contact.group}: look at when: in the campaign's file")
    elif rules.window.opens > now:
        yield Reason(f"no hours to call just now in {contact.group}", rules.window.opens)
    yield from _of_file(contact, rules.demands)
    if why.live:
        yield Reason(f"the number is in a call of campaign {why.live.claim.campaign}", now + 60)


def _of_file(contact: Contact, demands: Demands) -> Iterator[Reason]:
    for lack in unfit(contact, demands):
        yield Reason(f"{lack}, since the campaign's file changed")


def _of_number(number: Known, rules: Rules, now: float) -> Iterator[Reason]:
    caps = rules.caps
    if number.suppressed:
        yield Reason(f"the number is on everybody's do-not-call list, by {number.suppressed}")
    if number.suppressed_here:
        yield Reason(f"the number is on this campaign's do-not-call list, by {number.suppressed_here}")
    if caps.life is not None and number.calls >= caps.life:
        yield Reason(f"the number was called {number.calls} times, as often as it may ever be")
    if (moment := free(number, caps, now)) > now:
        yield Reason("the number was called often enough just now, by all campaigns together", moment)
    if (moment := spared(number, rules.elsewhere, now)) > now:
        yield Reason("another campaign has reached the number", moment)
