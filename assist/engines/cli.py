"""`assist engines`: every engine, and what can be expected of it."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import asdict

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from assist.engines.survey import Finding, State, survey
from assist.settings import read_settings

COLOURS = {State.READY: "green", State.UNUSABLE: "yellow", State.REFUSED: "red", State.UNREACHABLE: "red"}


@click.command("engines")
@click.option("--json", "as_json", is_flag=True, help="A list of engines for programs.")
@click.option("--probe", is_flag=True, help="Let each say, hear or answer one sentence; hosted ones charge for it.")
def engines(as_json: bool, probe: bool) -> None:
    """Show every engine: whether it is installed, has its key, answers, and how soon.

    Ends 1 if one that is chosen, by the settings or an assistant, is not ready.
    """
    found = asyncio.run(_survey(probe=probe, quiet=as_json))
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in found], ensure_ascii=False, indent=2))
    else:
        Console().print(table(found))
    if any(finding.used_by and finding.state is not State.READY for finding in found):
        raise SystemExit(1)


async def _survey(*, probe: bool, quiet: bool) -> list[Finding]:
    found = []
    with Console(stderr=True, quiet=quiet).status("Asking the engines…") as status:
        async for finding in survey(read_settings(), probe=probe):
            found.append(finding)
            status.update(f"Asking the engines… {finding.kind} {finding.engine}: {finding.state}")
    return found


def table(found: list[Finding]) -> Table:
    """Return *found* for a terminal."""
    rows = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("", "Engine", "State", "Connected in"):
        rows.add_column(title, no_wrap=True)
    rows.add_column("", overflow="fold")
    for finding in found:
        rows.add_row(
            finding.kind.upper(),
            " ".join([finding.engine, finding.model]).strip(),
            Text(finding.state, COLOURS[finding.state]),
            _ms(finding.connect_ms),
            Text("\n").join(_notes(finding)),
        )
    return rows


def _notes(finding: Finding) -> Iterator[Text]:
    if finding.used_by:
        yield Text(f"chosen by {', '.join(finding.used_by)}", "bold")
    if finding.options:
        yield Text(", ".join(f"{name}: {value}" for name, value in finding.options.items()), "dim")
    if finding.reason:
        yield Text(finding.reason)
    if finding.total_ms is not None:
        yield Text(f"first after {_ms(finding.first_ms)}, all after {_ms(finding.total_ms)}: {finding.result}")
    elif finding.result:
        yield Text(finding.result, "dim")


def _ms(value: int | None) -> str:
    return "" if value is None else f"{value} ms"
