"""`assist campaign why`: everything that decides about one contact."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import click
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from assist.campaign.bounds import caps, elsewhere
from assist.campaign.cli_desk import OPTION, Desk, answer, at_desk
from assist.campaign.files import read_files
from assist.campaign.flaw import Unfit
from assist.campaign.ledger import Ledger
from assist.campaign.ledger.views import Past, Why
from assist.campaign.model import ContactState
from assist.campaign.numbers import spelled
from assist.campaign.reasons import Reason, Rules, earliest, reasons
from assist.campaign.results import standings
from assist.campaign.show import grid, length, moment, money
from assist.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Explained:
    """Why a contact is called when he is, or not."""

    campaign: str
    contact: str
    group: str
    why: Why
    reasons: list[Reason]
    """What keeps him from being called now."""
    earliest: float | None
    """Of one who waits: not before; None: not as it is."""


@click.command("why")
@click.argument("campaign")
@click.argument("contact")
@OPTION
def why(campaign: str, contact: str, as_json: bool) -> None:
    """Tell why CONTACT of CAMPAIGN, given by id or telephone number, is called when he is, or not at all."""

    async def work(desk: Desk) -> Explained:
        return await _explained(desk, await desk.known(campaign), contact)

    found = at_desk(work)
    answer(found, as_json=as_json, text=lambda console: _show(console, found))


async def _explained(desk: Desk, campaign: str, contact: str) -> Explained:
    files, now = read_files(desk.settings), time.time()
    plan = files.plans.get(campaign)
    found = await _found(desk.ledger, campaign, contact, plan.campaign.contacts.country)
    one = found.standing.contact
    rules = Rules(
        files.demands(plan),
        caps(plan.campaign, files.policies),
        plan.calendar.window(one.group, now),
        elsewhere(plan.campaign),
    )
    keeping = reasons(found, rules, now)
    return Explained(campaign, one.id, one.group, found, keeping, earliest(keeping, now))


async def _found(ledger: Ledger, campaign: str, contact: str, country: str) -> Why:
    """Return what is known of a contact. Raises `ConfigurationError`, without what was written, if there is none."""
    if found := await ledger.why(campaign, contact):
        return found
    try:
        number = spelled(contact, country)
    except Unfit:
        number = ""
    # Whoever had no id in the list has one made of the number.
    if number and (found := await ledger.why(campaign, ledger.number_key(number).hex())):
        return found
    latest = ""
    async for standing in standings(ledger, campaign):
        # Where a person is called for each appointment, each has a mark behind the owner's id.
        if standing.contact.number == number or standing.contact.id.startswith(f"{contact}."):
            latest = standing.contact.id
    if latest and (found := await ledger.why(campaign, latest)):
        return found
    raise ConfigurationError(f"{campaign}: nobody with that id or number is in it; assist campaign results lists all")


def _show(console: Console, found: Explained) -> None:
    console.print(Text.assemble((found.contact, "bold"), f" of {found.campaign}: ", _verdict(found)))
    console.print(grid(_rows(found)))
    if found.why.standing.past:
        console.print(_past(found.why.standing.past))


def _verdict(found: Explained) -> Text:
    standing = found.why.standing
    if standing.outcome:
        return Text(f"done: {standing.outcome}".replace("_", " "))
    if standing.state is not ContactState.WAITING:
        return Text(f"is being called: {standing.state}")
    if not found.reasons:
        return Text("may be called at this moment", "green")
    if found.earliest is None:
        return Text("is not called before somebody changes something", "red")
    return Text(f"waits, until {moment(found.earliest)} at least", "yellow")


def _rows(found: Explained) -> Iterator[tuple[str, RenderableType]]:
    standing = found.why.standing
    for reason in found.reasons:
        yield "not now", Text(reason.what + (f": until {moment(reason.until)}" if reason.until else ""))
    yield "attempts", str(standing.attempts)
    yield "lives", found.group
    known = found.why.known
    last = f", last {moment(known.called[-1])}" if known.called else ""
    yield "number", f"called {known.calls} times by all campaigns together{last}"
    if consent := standing.contact.consent:
        yield "consent", Text(f"{consent.source}, {moment(consent.at)} {consent.proof}".strip())
    if live := found.why.live:
        yield "call", Text(f"attempt {live.claim.id} of {live.claim.campaign}, {live.state}, at {live.claim.node}")


def _past(past: tuple[Past, ...]) -> Table:
    table = Table("Called", "Result", "Lasted", "Cost", "Showed", header_style="bold")
    for one in past:
        result = one.result.replace("_", " ")
        table.add_row(moment(one.at), result, length(one.seconds), money(one.cost), one.shown)
    return table
