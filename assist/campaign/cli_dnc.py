"""`assist campaign dnc`: the numbers that nobody may call."""

import sys
import time
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn
from rich.table import Column, Table
from rich.text import Text

from assist.campaign import importing
from assist.campaign.cli_desk import OPTION, Desk, answer, aside, at_desk
from assist.campaign.flaw import Unfit
from assist.campaign.ledger.registries import Registry
from assist.campaign.numbers import spelled
from assist.campaign.show import length
from assist.campaign.suppression import OWNER, DoNotCall

CAMPAIGN = click.option("--campaign", metavar="NAME", help="Only this campaign may not call; by default, none may.")
COUNTRY = click.option("--country", default="ZZ", metavar="ES", help="Of numbers that are written without its code.")


@click.group("dnc")
def dnc() -> None:
    """Numbers that nobody may call. A change counts at once, for calls that are about to be made too.

    They are kept so that nobody can read them: who has a number can ask for it.
    """


def _numbers(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.argument("numbers", nargs=-1, required=True)(command)


@dnc.command("add")
@_numbers
@COUNTRY
@CAMPAIGN
@OPTION
def add(numbers: tuple[str, ...], country: str, campaign: str | None, as_json: bool) -> None:
    """Let nobody call NUMBERS. A - reads them from standard input, one in a line."""

    read = _read(numbers, country)

    async def work(desk: Desk) -> int:
        listed, of = DoNotCall(desk.ledger), await _of(desk, campaign)
        await desk.record("dnc.add", of or "", numbers=len(read))
        return sum([await listed.add(number, of) for number in read])

    new = at_desk(work)
    _tell({"added": new}, f"{new} numbers are new on the list", as_json=as_json)


@dnc.command("remove")
@_numbers
@COUNTRY
@CAMPAIGN
@OPTION
def remove(numbers: tuple[str, ...], country: str, campaign: str | None, as_json: bool) -> None:
    """Take NUMBERS off the list; whoever asked not to be called must have asked for it. A - reads them."""

    read = _read(numbers, country)

    async def work(desk: Desk) -> int:
        listed, of = DoNotCall(desk.ledger), await _of(desk, campaign)
        await desk.record("dnc.remove", of or "", numbers=len(read))
        return sum([await listed.remove(number, of) for number in read])

    removed = at_desk(work)
    _tell({"removed": removed}, f"{removed} numbers were taken off the list", as_json=as_json)


def _tell(found: dict[str, int], text: str, *, as_json: bool) -> None:
    answer(found, as_json=as_json, text=lambda console: console.print(text, soft_wrap=True))


def _read(numbers: tuple[str, ...], country: str) -> list[str]:
    """Return the numbers as E.164. Raises `click.UsageError`, without the number, if one is none."""
    written: list[str] = []
    for one in numbers:
        written += sys.stdin.readlines() if one == "-" else [one]
    found = []
    for place, text in enumerate((line for line in written if line.strip()), 1):
        try:
            found.append(spelled(text, country.upper()))
        except Unfit as unfit:
            hint = "" if country != "ZZ" else "; or say of which --country it is"
            raise click.UsageError(f"number {place}: {unfit}{hint}") from unfit
    return found


async def _of(desk: Desk, campaign: str | None) -> str | None:
    return await desk.known(campaign) if campaign else None


@dnc.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@COUNTRY
@click.option("--source", default=OWNER, show_default=True, help="Who says so, as robinson.")
@click.option(
    "--registry", type=click.DateTime(["%Y-%m-%d"]), help="It is the official register of --country, as of that day."
)
@CAMPAIGN
@OPTION
def import_(
    file: Path, country: str, source: str, registry: datetime | None, campaign: str | None, as_json: bool
) -> None:
    """Let nobody call the numbers in FILE: any table with columns of them, or a bare list.

    Ends 1 if one was refused.
    """
    day = registry.date() if registry else None
    if day and country == "ZZ":
        raise click.UsageError("of which country is the register? Say --country")

    async def work(desk: Desk) -> importing.Progress:
        columns = TextColumn("reading"), BarColumn(), TaskProgressColumn()
        ended: importing.Progress | None = None
        of = await _of(desk, campaign)
        await desk.record("dnc.import", of or "", source=source)
        told = DoNotCall(desk.ledger).read(file, country.upper(), source, of, registry=day)
        with Progress(*columns, console=aside(quiet=as_json), transient=True) as bar:
            task = bar.add_task("", total=1.0)
            async for ended in told:
                bar.update(task, completed=ended.share)
        assert ended is not None, "the last is that it is done"
        return ended

    began = time.monotonic()
    ended = at_desk(work)
    took = time.monotonic() - began
    answer(ended, as_json=as_json, text=lambda console: _show_import(console, ended, day, took))
    if ended.refused:
        raise SystemExit(1)


def _show_import(console: Console, ended: importing.Progress, registry: date | None, took: float) -> None:
    console.print(
        f"in {length(took)}: {ended.new:,} numbers are new on the list, {ended.known:,} were on it,"
        f" {ended.refused:,} rows were refused"
    )
    if ended.errors:
        noted = ", and the register is not noted as read before" if registry else ""
        console.print(
            Text(f"Mend {ended.errors}, where each mistake is told, and import it as it is{noted}.", "yellow")
        )


@dnc.command("list")
@click.argument("numbers", nargs=-1)
@COUNTRY
@CAMPAIGN
@OPTION
def list_(numbers: tuple[str, ...], country: str, campaign: str | None, as_json: bool) -> None:
    """Tell how many numbers there are and who said so, and how old the official registers are.

    With NUMBERS, only how many of them are on it: it ends 1 unless all are.
    """
    if numbers:
        _ask(numbers, country, campaign, as_json=as_json)
        return

    async def work(desk: Desk) -> tuple[dict[str, int], list[Registry]]:
        listed = DoNotCall(desk.ledger)
        return dict(await listed.sources(await _of(desk, campaign))), await desk.ledger.registries.all()

    sources, registries = at_desk(work)
    found = {"sources": sources, "registries": registries}
    answer(found, as_json=as_json, text=lambda console: _show(console, sources, registries))


def _ask(numbers: tuple[str, ...], country: str, campaign: str | None, *, as_json: bool) -> None:
    read = _read(numbers, country)

    async def work(desk: Desk) -> list[bool]:
        listed, of = DoNotCall(desk.ledger), await _of(desk, campaign)
        return [await listed.holds(number, of) for number in read]

    on = at_desk(work)
    text = f"{sum(on)} of {len(on)} are on the list"
    answer({"on": on}, as_json=as_json, text=lambda console: console.print(text, soft_wrap=True))
    if not all(on):
        raise SystemExit(1)


def _show(console: Console, sources: dict[str, int], registries: list[Registry]) -> None:
    table = Table("Who says so", Column("Numbers", justify="right"), header_style="bold")
    for source, count in sources.items():
        table.add_row(Text(source), f"{count:,}")
    console.print(table if sources else "no number is on the list")
    ages = Table("Official register", "Source", "As of", Column("Age", justify="right"), header_style="bold")
    for one in registries:
        ages.add_row(one.country, Text(one.source), str(one.day), f"{(date.today() - one.day).days} d")
    if registries:
        console.print(ages)
