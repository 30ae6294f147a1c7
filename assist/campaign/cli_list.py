"""`assist campaign check | import`: its file, and who is to be called."""

import time
from collections.abc import AsyncIterator
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn
from rich.table import Table
from rich.text import Text

from assist.assistant.mistakes import Mistake
from assist.campaign import importing
from assist.campaign.cli_desk import OPTION, Desk, answer, aside, at_desk
from assist.campaign.course import take_in
from assist.campaign.files import Files, read_files
from assist.campaign.loading import inspect
from assist.campaign.plans import Plan
from assist.campaign.preview import Preview, preview
from assist.campaign.show import grid, length
from assist.engines.check import table
from assist.errors import ConfigurationError
from assist.settings import read_settings


@click.command("check")
@click.argument("campaigns", nargs=-1)
@OPTION
def check(campaigns: tuple[str, ...], as_json: bool) -> None:
    """Tell the mistakes in the files of CAMPAIGNS, given by name or path, or of all: line, mistake, mend.

    Ends 1 if there are any.
    """
    files = read_files(read_settings())
    gateways = files.trunks.all()
    paths = [_path(files, campaign) for campaign in campaigns or files.campaigns.names()]
    mistakes: list[Mistake] = []
    for path in paths:
        found = inspect(path, files.assistants, files.policies, gateways)
        mistakes += found if isinstance(found, list) else []
    if mistakes or as_json:
        answer(mistakes, as_json=as_json, text=lambda console: console.print(table(mistakes)))
    else:
        click.echo(f"{len(paths)} checked, no mistakes")
    if mistakes:
        raise SystemExit(1)


def _path(files: Files, campaign: str) -> Path:
    return Path(campaign) if campaign.endswith(".yaml") else files.directory / f"{campaign}.yaml"


@click.command("import")
@click.argument("campaign")
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--numbers-in", metavar="COLUMN", help="The column with the telephone numbers, if several may be.")
@click.option("--instead", is_flag=True, help="Who waits and is not on the list is not called any more.")
@click.option("--preview", "rows", type=int, metavar="N", help="Only show how the first N rows are understood.")
@OPTION
def import_(
    campaign: str, file: Path | None, numbers_in: str | None, instead: bool, rows: int | None, as_json: bool
) -> None:
    """Add the list FILE, CSV or NDJSON, to CAMPAIGN; without FILE the one that the campaign names.

    All of it or nothing, while a campaign runs, too. Rows that cannot be used go to an error file beside it, to be
    mended and imported as it is. What the list says anew of somebody who is in the campaign and was not reached yet
    counts from now on. Ends 1 if a row was refused.
    """
    files = read_files(read_settings())
    plan = files.plans.get(campaign)
    path = _list(files, plan, file)
    if rows is not None:
        words = plan.campaign.words.greeting
        shown = preview(path, files.demands(plan), words, numbers_in=numbers_in, count=rows)
        answer(shown, as_json=as_json, text=lambda console: _show_preview(console, shown))
        return

    async def work(desk: Desk) -> importing.Progress:
        capacity = await desk.capacity()
        await desk.record("campaign.import", campaign)
        told = take_in(files, desk.ledger, plan, path, capacity, time.time(), numbers_in=numbers_in, instead=instead)
        return await _shown(told, quiet=as_json)

    ended = at_desk(work)
    answer(ended, as_json=as_json, text=lambda console: _show_import(console, ended, campaign))
    if ended.refused:
        raise SystemExit(1)


def _list(files: Files, plan: Plan, file: Path | None) -> Path:
    if path := file or files.list_of(plan):
        return path
    raise ConfigurationError(f"{plan.campaign.name}: which list? Name a file, or write list: in the campaign's")


async def _shown(told: AsyncIterator[importing.Progress], *, quiet: bool) -> importing.Progress:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[rows]:,} rows"),
    )
    ended: importing.Progress | None = None
    with Progress(*columns, console=aside(quiet=quiet), transient=True) as bar:
        task = bar.add_task("", total=1.0, rows=0)
        async for ended in told:
            bar.update(task, description=ended.stage, completed=ended.share, rows=ended.rows)
    assert ended is not None, "the last is that it is done"
    return ended


def _show_import(console: Console, ended: importing.Progress, campaign: str) -> None:
    console.print(
        f"{ended.rows:,} rows in {length(ended.seconds)}: {ended.new:,} new, {ended.updated:,} updated,"
        f" {ended.known:,} in the campaign already, {ended.refused:,} refused"
    )
    if ended.ended:
        console.print(f"{ended.ended:,} who waited are not on the list, and are not called any more")
    if ended.errors:
        console.print(Text(f"Mend {ended.errors}, where each mistake is told, and import it as it is.", "yellow"))
    else:
        console.print(f"Next: assist campaign dry-run {campaign}")


def _show_preview(console: Console, found: Preview) -> None:
    separated = f"separated by {found.separator!r}" if found.separator else "an object in each line"
    console.print(f"{found.encoding}, {separated}")
    console.print(grid((name, Text(meaning or "ignored")) for name, meaning in found.columns))
    rows = Table("Row", "As it is spoken, or what is wrong", header_style="bold")
    for sample in found.samples:
        flaws = Text("\n".join(map(str, sample.flaws)), "red")
        rows.add_row(str(sample.row), Text(sample.spoken) if sample.contact else flaws)
    console.print(rows)
