"""`assist campaign dry-run`: how it would go, without calling anybody."""

import asyncio
import time
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn
from rich.text import Text

from assist.campaign.assumptions import Assumptions, assumed
from assist.campaign.bounds import limits
from assist.campaign.cli_desk import OPTION, Desk, answer, aside, at_desk
from assist.campaign.costs import ASSUMED, Part, engine_costs, known, trunk_cost
from assist.campaign.estimate import Estimate, estimate
from assist.campaign.files import Files, read_files
from assist.campaign.plans import Plan
from assist.campaign.readiness import Lack, lacking, outdated_registries
from assist.campaign.rehearsal import Casting, Skip, cast_of
from assist.campaign.show import costs as costs_of
from assist.campaign.show import estimated, lacks, length, skips
from assist.engines.kit import prices_of


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What a dry run found."""

    campaign: str
    contacts: int
    """Looked at."""
    called: int
    later: int
    """Of them, who must wait since their numbers were called often enough just now."""
    skipped: list[Skip]
    lacks: list[Lack]
    """What it could not start for."""
    estimate: Estimate
    assumptions: Assumptions
    costs: list[Part]
    """Of a minute of talk."""
    costs_assume: str
    seconds: float
    """That it took."""


@dataclass(frozen=True, slots=True)
class Said:
    """What the owner knows better; None: he does not."""

    pick_up: float | None
    talk_s: float | None
    usd_per_minute: float | None

    def instead_of(self, assumptions: Assumptions) -> Assumptions:
        """Return *assumptions* with what was said in its place."""
        if self.pick_up is not None:
            assumptions = assumptions.picked_up(self.pick_up)
        if self.talk_s is not None:
            assumptions = replace(assumptions, talk_s=self.talk_s)
        if self.usd_per_minute is not None:
            told = Decimal(str(self.usd_per_minute))
            assumptions = replace(assumptions, usd_per_minute=told, trunk_usd_per_minute=None)
        return assumptions


@click.command("dry-run")
@click.argument("campaign")
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--pick-up", type=click.FloatRange(0, 1), help="Share of attempts that a person answers, as 0.4.")
@click.option("--talk", type=click.FloatRange(1), metavar="SECONDS", help="Of an answered call.")
@click.option("--usd-per-minute", type=click.FloatRange(0), help="Of talk: engines and trunk together.")
@click.option("--numbers-in", metavar="COLUMN", help="The column with the telephone numbers, if several may be.")
@OPTION
def dry_run(
    campaign: str,
    file: Path | None,
    pick_up: float | None,
    talk: float | None,
    usd_per_minute: float | None,
    numbers_in: str | None,
    as_json: bool,
) -> None:
    """Tell who of CAMPAIGN, and of the list FILE, would be called or skipped and why; until when; at what cost.

    Nobody is called and nothing is written. Ends 1 if the campaign could not start as it is.
    """
    said = Said(pick_up, talk, usd_per_minute)
    found = at_desk(lambda desk: _rehearse(desk, campaign, file, numbers_in, said, quiet=as_json))
    answer(found, as_json=as_json, text=lambda console: _show(console, found))
    if found.lacks:
        raise SystemExit(1)


async def _rehearse(
    desk: Desk, name: str, file: Path | None, numbers_in: str | None, said: Said, *, quiet: bool
) -> Rehearsal:
    files, now, began = read_files(desk.settings), time.time(), time.monotonic()
    plan = files.plans.get(name)
    counts = await desk.ledger.counts(name) if name in await desk.ledger.campaigns() else None
    path = file or (None if counts else files.list_of(plan))
    bounds = limits(plan.campaign, files.policies, await desk.capacity(), now)
    casting = Casting(plan.calendar, files.demands(plan), bounds.caps, desk.ledger, now)
    with _counting(quiet=quiet) as bar:
        task = bar.add_task("looking at everybody", total=None, people=0)

        def tell(count: int) -> None:
            bar.update(task, people=count)

        cast = await cast_of(casting, path, tell, numbers_in=numbers_in, begun=counts is not None)
    costs = await _costs(desk, files, plan)
    assumptions = said.instead_of(_priced(assumed(counts), costs))
    used = counts.seconds if counts else 0.0
    expected = await asyncio.to_thread(estimate, cast.works(), plan.calendar, bounds, assumptions, now, used)
    return Rehearsal(
        campaign=name,
        contacts=cast.looked_at,
        called=cast.called,
        later=cast.later,
        skipped=cast.skipped,
        lacks=await _lacks(desk, files, plan, now, None if path else casting.lacks),
        estimate=expected,
        assumptions=assumptions,
        costs=costs,
        costs_assume=ASSUMED,
        seconds=round(time.monotonic() - began, 3),
    )


async def _costs(desk: Desk, files: Files, plan: Plan) -> list[Part]:
    """Return what a minute of talk costs, the trunk first."""
    campaign = plan.campaign
    assistant = files.assistants.get(campaign.assistant)
    engines = await engine_costs(campaign, assistant, desk.settings, prices_of(desk.settings))
    return [trunk_cost(campaign), *engines]


def _priced(assumptions: Assumptions, costs: list[Part]) -> Assumptions:
    """Return *assumptions* with prices; what engines did cost so far counts for more than a table."""
    trunk, *engines = costs
    measured = assumptions.usd_per_minute
    return replace(
        assumptions,
        usd_per_minute=known(engines) if measured is None else measured,
        trunk_usd_per_minute=trunk.usd,
    )


async def _lacks(desk: Desk, files: Files, plan: Plan, now: float, of_contacts: list[Lack] | None) -> list[Lack]:
    if of_contacts is None:
        # Who is in the campaign was looked at with the list.
        return await outdated_registries(plan, files.policies, desk.ledger, now)
    return await lacking(plan, files.demands(plan), files.policies, desk.ledger, now, of_contacts=of_contacts)


def _counting(*, quiet: bool) -> Progress:
    columns = SpinnerColumn(), TextColumn("{task.description}: {task.fields[people]:,}")
    return Progress(*columns, console=aside(quiet=quiet), transient=True)


def _show(console: Console, found: Rehearsal) -> None:
    later = f" ({found.later:,} of them later: called often enough just now)" if found.later else ""
    console.print(
        Text.assemble(
            (found.campaign, "bold"),
            f": {found.called:,} of {found.contacts:,} would be called{later};",
            f" looked at in {length(found.seconds)}, and nobody was called",
        )
    )
    console.print(estimated(found.estimate, found.assumptions))
    console.print(costs_of(found.costs, found.costs_assume))
    if found.skipped:
        console.print(skips(found.skipped))
    if found.lacks:
        console.print(lacks(found.lacks))
