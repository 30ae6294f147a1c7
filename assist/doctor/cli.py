"""`assist doctor`: a look at everything an installation needs."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Final

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from assist.doctor import engines, files, machine, packages, places, redis, switch
from assist.doctor.examination import Check, at_leisure, examine
from assist.doctor.finding import Finding, State, ok, warning, wrong
from assist.errors import ConfigurationError
from assist.settings import read_settings

COLOURS: Final = {State.OK: "green", State.WARNING: "yellow", State.WRONG: "red"}

CHECKS: Final = (
    Check("FreeSWITCH", switch.look),
    Check("Media directory", at_leisure(places.media)),
    Check("Redis", redis.look, 40.0),
    Check("Assistants", at_leisure(files.assistants)),
    Check("Campaigns", at_leisure(files.campaigns)),
    # They are asked one after the other, and the embedded ones are loaded.
    Check("Engines", engines.look, 90.0),
    Check("Recordings", at_leisure(places.recordings)),
    Check("State directory", at_leisure(places.state)),
    Check("Disk", at_leisure(places.disks)),
    Check("Clock", at_leisure(machine.clock)),
    Check("Open files", at_leisure(machine.descriptors)),
    Check("Packages", at_leisure(packages.look)),
)


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="A list of findings for programs.")
def doctor(as_json: bool) -> None:
    """Look at all that is needed for calls, and tell the mend of what is wrong.

    Ends 1 if anything is; warnings end 0.
    """
    found = list(_found(quiet=as_json))
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in found], ensure_ascii=False, indent=2))
    else:
        Console().print(table(found))
        click.echo(summary(found))
    if any(finding.state is State.WRONG for finding in found):
        raise SystemExit(1)


def _found(*, quiet: bool) -> Iterator[Finding]:
    try:
        settings = read_settings()
    except ConfigurationError as error:
        for line in str(error).splitlines():
            variable, _, mistake = line.partition(": ")
            yield wrong(f"Setting {variable}", *_mistake_and_mend(mistake))
        yield warning("All else", "was not looked at", "mend the settings, and try again")
        return
    yield ok("Settings", "no mistakes")
    with Console(stderr=True, quiet=quiet).status("Looking…"):
        yield from asyncio.run(examine(settings, CHECKS))


def _mistake_and_mend(mistake: str) -> tuple[str, str]:
    what, _, mend = mistake.partition(": ")
    return what, mend or "the README's table of variables tells what it may be"


def table(found: Sequence[Finding]) -> Table:
    """Return *found* for a terminal; the mend stands below what was found."""
    rows = Table(box=None, pad_edge=False, header_style="bold")
    rows.add_column("", overflow="fold", max_width=26)
    rows.add_column("State", no_wrap=True)
    rows.add_column("Found, and the mend", overflow="fold")
    for finding in found:
        told = [Text(finding.found), *([Text(f"→ {finding.mend}", "bold")] if finding.mend else [])]
        rows.add_row(Text(finding.subject), Text(finding.state, COLOURS[finding.state]), Text("\n").join(told))
    return rows


def summary(found: Sequence[Finding]) -> str:
    """Return how many findings there are of each state."""
    return ", ".join(f"{sum(finding.state is state for finding in found)} {state}" for state in reversed(State))
