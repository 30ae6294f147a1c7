"""Campaigns for a terminal: tables, bars and moments."""

import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Column, Table
from rich.text import Text

from assist.campaign.assumptions import Assumptions
from assist.campaign.costs import Part
from assist.campaign.estimate import Estimate
from assist.campaign.model import Blocked, CampaignState, ContactState, Outcome, Result
from assist.campaign.readiness import Lack
from assist.campaign.rehearsal import Skip
from assist.campaign.standing import Status

COLOURS = {
    CampaignState.DRAFT: "dim",
    CampaignState.RUNNING: "green",
    CampaignState.PAUSED: "yellow",
    CampaignState.CANCELLED: "red",
    CampaignState.FINISHED: "blue",
}
NOT_REACHED = (Outcome.EXHAUSTED, Outcome.UNKNOWN, Outcome.EXPIRED)


def moment(at: float | None) -> str:
    """Return a moment by this machine's clock, whose name is told; without the day if that is today."""
    if at is None:
        return "not known"
    shown, now = datetime.fromtimestamp(at).astimezone(), datetime.fromtimestamp(time.time()).astimezone()
    day = "" if shown.date() == now.date() else f"{shown:%a %Y-%m-%d} "
    return f"{day}{shown:%H:%M %Z}"


def length(seconds: float) -> str:
    """Return seconds as ``2 d 3 h``, ``3 h 20 min``, ``12 min`` or ``40 s``."""
    minutes = round(seconds / 60)
    if seconds < 90:
        return f"{seconds:.0f} s"
    if minutes < 120:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours < 48 else f"{hours // 24} d {hours % 24} h"


def share(part: float, whole: float) -> str:
    """Return a percentage."""
    return f"{100 * part / whole:.0f} %" if whole else "–"


def money(usd: Decimal) -> str:
    return f"${usd:,.2f}"


def grid(rows: Iterable[tuple[str, RenderableType]]) -> Table:
    """Return names with what they are."""
    table = Table.grid(Column(style="bold", no_wrap=True), Column(), padding=(0, 2))
    for name, what in rows:
        table.add_row(name, what)
    return table


def tally(counts: Mapping[Outcome, int] | Mapping[Result, int]) -> str:
    """Return what was counted, the most first."""
    found: list[tuple[StrEnum, int]] = [*counts.items()]
    return ", ".join(f"{count} {what}".replace("_", " ") for what, count in sorted(found, key=lambda one: -one[1]))


def status(found: Status) -> RenderableType:
    """Return where a campaign is."""
    counts = found.counts
    done = counts.states.get(ContactState.DONE, 0)
    heading = Text.assemble((found.campaign, "bold"), "  ", (counts.state, COLOURS[counts.state]))
    bar = Table.grid(Column(ratio=1), Column(no_wrap=True), padding=(0, 2), expand=True)
    bar.add_row(
        ProgressBar(total=max(counts.contacts, 1), completed=done),
        f"{done:,} of {counts.contacts:,} done ({share(done, counts.contacts)})",
    )
    return Group(heading, bar, grid(_status(found)))


def _status(found: Status) -> Iterator[tuple[str, RenderableType]]:
    counts = found.counts
    attempts = sum(counts.results.values())
    ringing = counts.states.get(ContactState.DIALING, 0) + counts.states.get(ContactState.CLAIMED, 0)
    yield "now", f"{counts.states.get(ContactState.ANSWERED, 0)} talk, {ringing} ring"
    picked = counts.results.get(Result.HUMAN, 0)
    yield "picked up", f"{share(picked, attempts)} of {attempts:,} attempts"
    if attempts:
        yield "attempts", tally(counts.results)
    if counts.outcomes:
        yield "contacts", tally(counts.outcomes)
    yield "used", f"{counts.seconds / 60:,.0f} minutes, {money(counts.cost)}"
    if counts.state is CampaignState.RUNNING and not found.problems:
        yield "finished", f"about {moment(found.ends)}" if found.ends else "not within a year, as it is now"
    for block in found.blocked:
        until = f" until {moment(block.until)}" if block.until else ""
        text = Text.assemble((f"{block.contacts:,} wait", "yellow"), f"{until}: {block.meaning}")
        yield "blocked" if block.reason is not Blocked.NOBODY_DUE else "later", text
    for problem in found.problems:
        yield "problem", Text(problem, "red")


def campaigns(found: Iterable[Status]) -> Table:
    """Return several campaigns, a line each."""
    table = Table(
        "Campaign", "State", Column("Done", justify="right"), "Picked up", "Finished", "", header_style="bold"
    )
    for one in found:
        counts = one.counts
        done = counts.states.get(ContactState.DONE, 0)
        attempts = sum(counts.results.values())
        why = [*one.problems, *(f"{block.contacts:,} wait: {block.meaning}" for block in one.blocked)]
        table.add_row(
            Text(one.campaign),
            Text(counts.state, COLOURS[counts.state]),
            f"{done:,} / {counts.contacts:,}",
            share(counts.results.get(Result.HUMAN, 0), attempts),
            f"about {moment(one.ends)}" if one.ends else "",
            Text(why[0] if why else ""),
        )
    return table


def skips(skipped: Iterable[Skip]) -> Table:
    """Return who would not be called."""
    example = Column("For example", overflow="fold")
    table = Table(Column("Skipped", justify="right"), "Why", "Mend", example, header_style="bold")
    for skip in skipped:
        table.add_row(f"{skip.count:,}", *map(Text, (skip.why, skip.mend, ", ".join(skip.named))))
    return table


def lacks(found: Iterable[Lack]) -> Table:
    """Return what a campaign lacks."""
    table = Table("It cannot start", "Mend", header_style="bold red")
    for lack in found:
        table.add_row(Text(lack.what), Text(lack.mend))
    return table


def estimated(found: Estimate, assumptions: Assumptions) -> Table:
    """Return how it would go, and what was taken for granted."""
    return grid(_estimated(found, assumptions))


def costs(parts: Iterable[Part], assumed: str) -> Table:
    """Return what a minute of talk costs, and what nobody knows the price of."""
    found = list(parts)
    known = ", ".join(f"{part.what} ${part.usd:.4f}" for part in found if part.usd) or "nothing that has a price"
    unknown = [("not priced", Text(f"{part.what}: {part.mend}", "yellow")) for part in found if part.usd is None]
    return grid([("a minute", f"{known} ({assumed})"), *unknown])


def _estimated(found: Estimate, assumed: Assumptions) -> Iterator[tuple[str, RenderableType]]:
    if found.begins is None:
        yield "calls", "none"
        return
    yield "calls", f"{found.attempts:,.0f} attempts, up to {found.per_hour:,.0f} in an hour"
    yield "reached", f"{found.reached:,.0f} contacts"
    yield "first call", moment(found.begins)
    yield "last call", moment(found.ends) if found.ends else Text("not within a year, or beyond the ceilings", "red")
    if found.unserved:
        yield "left over", Text(f"{found.unserved:,.0f} contacts, whom ceilings or dates leave no room", "red")
    cost = "not known; say --usd-per-minute" if found.usd is None else f"about {money(found.usd)}"
    yield "costs", f"{cost}; engines at most {money(found.usd_at_most)} by ceilings.call_usd"
    yield "talk", f"{found.minutes:,.0f} minutes"
    source = "what happened in this campaign so far" if assumed.measured else "a guess; --pick-up, --talk say otherwise"
    shares = ", ".join(
        f"{100 * part:.0f} % {result}".replace("_", " ")
        for result, part in sorted(assumed.shares.items(), key=lambda one: -one[1])
    )
    yield "assumed", f"{shares}; {assumed.talk_s:.0f} s of talk, {assumed.ring_s:.0f} s of ringing: {source}"
