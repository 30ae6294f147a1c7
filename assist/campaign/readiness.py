"""What a campaign lacks before anybody may be called. What its file must say is checked when that is read."""

from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from assist.campaign.calendar import Calendar
from assist.campaign.demands import Demands
from assist.campaign.group import parse_group
from assist.campaign.ledger import Ledger
from assist.campaign.ledger.registries import Registry
from assist.campaign.ledger.views import Counts, Standing
from assist.campaign.model import CampaignState, Contact, ContactState
from assist.campaign.plans import Plan
from assist.campaign.policy import Policies
from assist.campaign.suppression import outdated
from assist.errors import AssistError
from assist.store import AT_LEISURE

AT_ONCE: Final = 1000
"""Contacts that are read together."""
NAMED: Final = 3
"""Contacts that are named of those who lack something."""


@dataclass(frozen=True, slots=True)
class Lack:
    """Something that is missing."""

    what: str
    mend: str

    def __str__(self) -> str:
        return f"{self.what}; {self.mend}"


class NotReady(AssistError):
    """A campaign must not start."""

    def __init__(self, campaign: str, lacks: Sequence[Lack]) -> None:
        super().__init__("\n".join(f"{campaign}: {lack}" for lack in lacks))
        self.campaign = campaign
        self.lacks = tuple(lacks)


async def lacking(
    plan: Plan,
    demands: Demands,
    policies: Policies,
    ledger: Ledger,
    now: float,
    *,
    of_contacts: Sequence[Lack] | None = None,
) -> list[Lack]:
    """Return everything that the campaign lacks. Raises `StoreError`.

    *of_contacts*: what those who wait lack; None: all of them are looked at.
    """
    name = plan.campaign.name
    old = await outdated_registries(plan, policies, ledger, now)
    if name not in await ledger.campaigns():
        return [_empty(name), *old]
    counts = await ledger.counts(name)
    return [
        *_of_state(name, counts),
        *_of_hours(plan.calendar, counts, now),
        *old,
        *(await _of_contacts(name, demands, ledger) if of_contacts is None else of_contacts),
    ]


def _empty(name: str) -> Lack:
    return Lack("nobody is in the campaign", f"add its list: assist campaign import {name} FILE")


def _of_state(name: str, counts: Counts) -> Iterator[Lack]:
    if counts.state is CampaignState.CANCELLED:
        yield Lack("it was cancelled, which is for good", "copy its file under another name")
    elif not counts.contacts:
        yield _empty(name)
    elif counts.states.get(ContactState.DONE, 0) == counts.contacts:
        again = f"those who were not reached: assist campaign results {name} --again"
        yield Lack("everybody is done", f"import more; or let wait once more {again}")


def _of_hours(calendar: Calendar, counts: Counts, now: float) -> Iterator[Lack]:
    waiting = [group for group, queue in counts.groups.items() if queue.contacts]
    if waiting and not any(calendar.window(group, now) for group in waiting):
        yield Lack(
            "nobody who waits may ever be called again: its dates are over, or its hours and the policy's never meet",
            "look at when: in its file",
        )


async def outdated_registries(plan: Plan, policies: Policies, ledger: Ledger, now: float) -> list[Lack]:
    """Return the official registers that the campaign's policies demand and that are too old, or never were read."""
    campaign = plan.campaign
    terms = {country: policies.of(country).purposes[campaign.purpose] for country in campaign.contacts.countries}
    days = {country: one.registry_days for country, one in terms.items() if one.registry_days is not None}
    return list(_old(days, await ledger.registries.all(), datetime.fromtimestamp(now, campaign.timezone).date()))


def _old(days: dict[str, int], registries: Sequence[Registry], today: date) -> Iterator[Lack]:
    for country, age in outdated(registries, days, today).items():
        mend = f"assist campaign dnc import FILE --country {country} --source NAME --registry DAY"
        if age is None:
            what = f"the official register of {country} of people who want no calls was never read"
        else:
            what = (
                f"the register of {country} of people who want no calls is {age} days old, of {days[country]} allowed"
            )
        yield Lack(what, f"get the latest and read it: {mend}")


class Wanting:
    """Counts what contacts lack."""

    def __init__(self, demands: Demands) -> None:
        self._demands = demands
        self._tally: Counter[str] = Counter()
        self._named: dict[str, list[str]] = {}

    def look(self, contact: Contact) -> Sequence[str]:
        """Return what *contact* lacks, and count it."""
        found = list(unfit(contact, self._demands))
        for what in found:
            self._tally[what] += 1
            if self._tally[what] <= NAMED:
                self._named.setdefault(what, []).append(contact.id)
        return found

    @property
    def lacks(self) -> list[Lack]:
        """All of it."""
        return [
            Lack(
                f"{count} contact{'s' * (count > 1)}: {what}: {', '.join(self._named[what])}"
                f"{', …' if count > NAMED else ''}",
                "the file changed since they were imported: change it back, or import them under another name",
            )
            for what, count in self._tally.items()
        ]


async def _of_contacts(name: str, demands: Demands, ledger: Ledger) -> list[Lack]:
    wanting = Wanting(demands)
    async for standing in waiting(ledger, name):
        wanting.look(standing.contact)
    return wanting.lacks


async def waiting(ledger: Ledger, campaign: str) -> AsyncIterator[Standing]:
    """Yield those who wait. Raises `StoreError`."""
    cursor: int | None = 0
    while cursor is not None:
        page = await ledger.contacts(campaign, cursor, states={ContactState.WAITING}, size=AT_ONCE, within=AT_LEISURE)
        for standing in page.standings:
            yield standing
        cursor = page.cursor


def unfit(contact: Contact, demands: Demands) -> Iterator[str]:
    """Yield what *contact* lacks of what the campaign demands now, which its file may not have when he was imported."""
    country = parse_group(contact.group).country
    if country in demands.consent and contact.consent is None:
        yield f"there is no record that they agreed, which is needed in {country}"
    if country not in demands.destinations.countries:
        yield f"the campaign does not call {country}"
    for column in sorted(demands.needed):
        if not contact.variables.get(column):
            yield f"there is no {column}, which everybody must have"
