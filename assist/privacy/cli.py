"""`assist erase | retention | audit`: what is personal, and who did what."""

import sys
from dataclasses import asdict
from datetime import UTC, datetime

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from assist.campaign.cli_desk import OPTION, Desk, answer, at_desk
from assist.campaign.flaw import Unfit
from assist.campaign.numbers import spelled
from assist.privacy.erasure import Erasure, Receipt
from assist.privacy.retention import ACTION, Over, Retained
from assist.store import Deed, operator

NAMES = {
    "recordings": "recordings",
    "calls": "calls of the history",
    "contacts": "people of campaigns that ended",
    "events": "events of campaigns",
    "numbers": "numbers that campaigns called long ago",
    "deeds": "entries of the audit log",
}


@click.command("erase")
@click.option("--number", required=True, metavar="+34…", help="Whose; a - reads it from standard input.")
@click.option("--country", default="ZZ", metavar="ES", help="Of a number that is written without its code.")
@click.option("--do-not-call", is_flag=True, help="Let nobody call it from now on, too.")
@click.option("--yes", is_flag=True, help="Without being asked.")
@OPTION
def erase(number: str, country: str, do_not_call: bool, yes: bool, as_json: bool) -> None:
    """Remove all that belongs to one telephone number: words, recordings, contacts in campaigns and their results.

    That it is not to be called stays. Refused while a call with it is in progress; then it ends 1.
    """
    try:
        wanted = spelled(sys.stdin.readline() if number == "-" else number, country.upper())
    except Unfit as unfit:
        hint = "" if country != "ZZ" else "; or say of which --country it is"
        raise click.UsageError(f"--number: {unfit}{hint}") from unfit
    if not yes:
        _ask()

    async def work(desk: Desk) -> Receipt:
        erasure = Erasure(desk.store, desk.ledger, desk.settings.files.recordings_dir)
        return await erasure.erase(wanted, operator(), do_not_call=do_not_call)

    receipt = at_desk(work)
    answer(receipt, as_json=as_json, text=lambda console: _show_receipt(console, receipt))


def _ask() -> None:
    if not sys.stdin.isatty():
        raise click.UsageError("it is for good, and nobody can be asked here: add --yes")
    click.confirm("Remove all that belongs to this number, for good?", abort=True, err=True)


def _show_receipt(console: Console, receipt: Receipt) -> None:
    table = Table("Removed", "", header_style="bold")
    table.add_row("calls that were found by the number", str(receipt.calls))
    table.add_row("transcripts", str(receipt.transcripts))
    table.add_row("recordings", str(receipt.recordings))
    table.add_row("contacts in campaigns, with their results", str(receipt.contacts))
    table.add_row("how often campaigns called it", "yes" if receipt.called else "was not known")
    console.print(f"Receipt {receipt.id}, {receipt.at:%Y-%m-%d %H:%M} UTC", soft_wrap=True)
    console.print(table)
    listed = "It is on the list of numbers that nobody may call." if receipt.do_not_call else "It may be called."
    console.print(Text(f"{listed} What stays:"))
    for kept in receipt.kept:
        console.print(Text(f"* {kept}"), soft_wrap=True)


@click.command("retention")
@click.option("--dry-run", is_flag=True, help="Only count what would be removed.")
@OPTION
def retention(dry_run: bool, as_json: bool) -> None:
    """Remove what was kept for as long as the ASSIST_*_DAYS say. `assist serve` does so each hour."""

    async def work(desk: Desk) -> Over:
        retained = Retained(desk.store, desk.ledger, desk.settings.files.recordings_dir, desk.settings.retention)
        if dry_run:
            return await retained.look(datetime.now(UTC))
        over = await retained.remove(datetime.now(UTC))
        await desk.record(ACTION, **asdict(over))
        return over

    over = at_desk(work)
    answer(over, as_json=as_json, text=lambda console: _show_over(console, over, dry_run=dry_run))


def _show_over(console: Console, over: Over, *, dry_run: bool) -> None:
    table = Table("Would be removed" if dry_run else "Removed", "", header_style="bold")
    for name, count in asdict(over).items():
        if not (dry_run and name == "events"):
            table.add_row(NAMES[name], f"{count:,}")
    console.print(table)


@click.command("audit")
@click.option("--since", type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]), help="In UTC.")
@OPTION
def audit(since: datetime | None, as_json: bool) -> None:
    """Show who did what: every change, and every look at what was said, the oldest first."""

    async def work(desk: Desk) -> list[Deed]:
        return [deed async for deed in desk.store.audit.deeds(since and since.replace(tzinfo=UTC))]

    deeds = at_desk(work)
    answer(deeds, as_json=as_json, text=lambda console: _show_deeds(console, deeds))


def _show_deeds(console: Console, deeds: list[Deed]) -> None:
    if not deeds:
        console.print("nobody did anything")
        return
    table = Table("When (UTC)", "Who", "What", "To what", "", header_style="bold")
    for deed in deeds:
        details = ", ".join(f"{name} {value}" for name, value in deed.details.items())
        table.add_row(f"{deed.at:%Y-%m-%d %H:%M:%S}", *map(Text, (deed.actor, deed.action, deed.subject, details)))
    console.print(table)
