"""`assist bench campaign`."""

import asyncio
import json
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from assist.bench.campaign.proof import Task, prove
from assist.bench.campaign.verdict import Verdict
from assist.settings import read_settings


@click.command("campaign")
@click.option("--contacts", default=1000, show_default=True, type=click.IntRange(20, 90_000))
@click.option("--chaos", is_flag=True, help="Kill dialers, workers and Redis meanwhile.")
@click.option("--line", type=click.Choice(["auto", "freeswitch", "simulated"]), default="auto", show_default=True)
@click.option("--seed", default=1, show_default=True, help="Of who is killed when.")
@click.option("--keep", type=click.Path(path_type=Path), help="Directory for logs and counts, which stay there.")
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON.")
def campaign(contacts: int, chaos: bool, line: str, seed: int, keep: Path | None, as_json: bool) -> None:
    """Call a list over a carrier that counts; ends 1 if somebody was called twice, or should not have been."""
    console = Console(stderr=True)
    configured = read_settings().files.freeswitch
    with tempfile.TemporaryDirectory(prefix="assist-") as temporary, console.status("begins") as status:
        directory = (keep or Path(temporary)).absolute()
        directory.mkdir(parents=True, exist_ok=True)
        task = Task(contacts, chaos, line, seed, freeswitch=configured, tell=status.update)
        verdict = asyncio.run(prove(task, directory))
    if as_json:
        click.echo(json.dumps(asdict(verdict) | {"violations": verdict.violations}))
    else:
        _show(Console(), verdict)
    if verdict.violations:
        raise SystemExit(1)


def _show(console: Console, verdict: Verdict) -> None:
    table = Table(
        title=f"{verdict.contacts} contacts, {verdict.seconds:.0f} s, line: {verdict.line}", show_header=False
    )
    table.add_row("INVITEs", str(verdict.invites))
    table.add_row("attempts in the ledger", str(verdict.attempts))
    table.add_row("INVITEs of one attempt, at most", str(verdict.most_invites))
    table.add_row("INVITEs the ledger does not know of", str(verdict.strays))
    table.add_row("outside windows", str(verdict.outside_windows))
    table.add_row("to do-not-call", str(verdict.do_not_call))
    table.add_row("contacts lost", str(verdict.lost))
    table.add_row("attempts unknown", str(verdict.unknown))
    table.add_row("killed", _killed(verdict))
    table.add_row("outcomes", _counted(verdict.outcomes))
    table.add_row("results", _counted(verdict.results))
    console.print(table)
    for violation in verdict.violations:
        console.print(f"[bold red]✗[/] {violation}")
    if not verdict.violations:
        console.print("[bold green]✓[/] nobody was called twice, nor at a wrong time, nor against his wish")


def _killed(verdict: Verdict) -> str:
    killed = verdict.killed
    steps = f" ({_counted(killed.at_step)})" if killed.at_step else ""
    return f"{killed.dialers} dialers, {killed.workers} workers, {killed.redis} Redis{steps}"


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))
