"""`assist campaign status | results`: how it goes, and what came of it."""

import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final, TextIO

import click
from pydantic_core import to_json
from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from assist.campaign import show
from assist.campaign.cli_desk import OPTION, Desk, answer, at_desk
from assist.campaign.files import Files, read_files
from assist.campaign.ledger import Ledger
from assist.campaign.model import CampaignState, Outcome
from assist.campaign.plans import is_trial
from assist.campaign.results import MISSED, standings, write_csv, write_list, write_ndjson
from assist.campaign.standing import Status, status_of
from assist.errors import StoreError

LOOK: Final = 1.0
"""Seconds between two looks."""
OVER: Final = frozenset({CampaignState.CANCELLED, CampaignState.FINISHED})


@click.command("status")
@click.argument("campaign", required=False)
@click.option("--follow", is_flag=True, help="Go on until it is over, or Ctrl-C; with --json an object in each line.")
@OPTION
def status(campaign: str | None, follow: bool, as_json: bool) -> None:
    """Show how CAMPAIGN goes: how many are done, who picks up, when it will be finished, what blocks it and why.

    Without CAMPAIGN, all of them, a line each.
    """

    async def work(desk: Desk) -> list[Status]:
        files = read_files(desk.settings)
        if campaign:
            await desk.known(campaign)
        if follow:
            await _follow(desk, files, campaign, as_json=as_json)
        return await _statuses(desk, files, campaign)

    found = at_desk(work)
    if not follow:
        value = found[0] if campaign else found
        answer(value, as_json=as_json, text=lambda console: console.print(_shown(found, campaign)))


async def _statuses(desk: Desk, files: Files, campaign: str | None) -> list[Status]:
    names = [campaign] if campaign else [name for name in await desk.ledger.campaigns() if not is_trial(name)]
    return [await status_of(desk.ledger, desk.store, files.plans, name, time.time()) for name in names]


def _shown(found: Sequence[Status], campaign: str | None) -> Group:
    if campaign:
        return Group(show.status(found[0]))
    if not found:
        return Group("there is no campaign yet; assist campaign import NAME FILE begins one")
    return Group(show.campaigns(found))


async def _follow(desk: Desk, files: Files, campaign: str | None, *, as_json: bool) -> None:
    if as_json:
        await until_over(lambda: _statuses(desk, files, campaign), lambda found: _lines(found))
        return
    with Live(console=Console(), auto_refresh=False) as live:
        await until_over(
            lambda: _statuses(desk, files, campaign), lambda found: live.update(_shown(found, campaign), refresh=True)
        )


async def until_over(look: Callable[[], Awaitable[list[Status]]], tell: Callable[[list[Status]], None]) -> None:
    """Look again and again and *tell* what is seen, until all of it is over. A Redis that is away is waited for."""
    away = False
    while True:
        try:
            found = await look()
        except StoreError as error:
            if not away:
                click.echo(f"{error}: waiting for it", err=True)
            away = True
        else:
            away = False
            tell(found)
            if all(one.counts.state in OVER and not one.counts.calls for one in found):
                return
        await asyncio.sleep(LOOK)


def _lines(found: Sequence[Status]) -> None:
    for one in found:
        click.echo(to_json(one))


@click.command("results")
@click.argument("campaign")
@click.option("--format", "kind", type=click.Choice(["csv", "ndjson"]), default="csv", show_default=True)
@click.option("--outcome", "outcomes", multiple=True, type=click.Choice([*Outcome]), help="Only those; repeat it.")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Instead of standard output.")
@click.option(
    "--redial",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Only write a list, to be imported, of those whom nobody reached and nothing forbids to call.",
)
@click.option("--again", is_flag=True, help="Let just those wait once more, in this campaign.")
@OPTION
def results(
    campaign: str,
    kind: str,
    outcomes: tuple[str, ...],
    output: Path | None,
    redial: Path | None,
    again: bool,
    as_json: bool,
) -> None:
    """Write what became of everybody in CAMPAIGN, as CSV or NDJSON (--json is short for that)."""
    chosen = [Outcome(outcome) for outcome in outcomes]
    if again and redial:
        raise click.UsageError("either --again or --redial: who waits in this campaign is not to be in another")

    async def work(desk: Desk) -> int:
        name = await desk.known(campaign)
        await desk.record("campaign.again" if again else "campaign.results", name)
        if again:
            return await _again(desk.ledger, name)
        if redial:
            with _private(redial) as file:
                return await write_list(file, desk.ledger, name)
        write = write_ndjson if as_json or kind == "ndjson" else write_csv
        if output is None:
            return await write(sys.stdout, desk.ledger, name, chosen)
        with _private(output) as file:
            return await write(file, desk.ledger, name, chosen)

    count = at_desk(work)
    if again:
        text = f"{count} wait once more; assist campaign start {campaign} lets them be called"
        answer({"again": count}, as_json=as_json, text=lambda console: console.print(Text(text), soft_wrap=True))
    elif place := redial or output:
        text = f"{count} contacts written to {place}"
        answer(
            {"contacts": count, "file": place},
            as_json=as_json,
            text=lambda console: console.print(Text(text), soft_wrap=True),
        )


async def _again(ledger: Ledger, name: str) -> int:
    return await ledger.again(name, [standing.contact.id async for standing in standings(ledger, name, MISSED)])


def _private(path: Path) -> TextIO:
    """Open *path* for nobody else: it holds telephone numbers."""
    return open(path, "w", encoding="utf-8", newline="", opener=lambda name, flags: os.open(name, flags, 0o600))
