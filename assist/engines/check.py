"""`assist check FILE…`: what is wrong in assistants, and how to mend it."""

import json
from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from assist.assistant.loading import mistakes_in
from assist.assistant.mistakes import Mistake


@click.command("check")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="A list of mistakes for programs.")
def check(files: tuple[Path, ...], as_json: bool) -> None:
    """Tell the mistakes in assistants' FILES: file, line, mistake and mend. Ends 1 if there are any."""
    mistakes = mistakes_in(files)
    if as_json:
        click.echo(json.dumps([asdict(mistake) for mistake in mistakes], ensure_ascii=False, indent=2))
    elif mistakes:
        Console().print(table(mistakes))
    else:
        click.echo(f"{len(files)} checked, no mistakes")
    if mistakes:
        raise SystemExit(1)


def table(mistakes: list[Mistake]) -> Table:
    """Return *mistakes* for a terminal."""
    rows = Table(Column("Where", overflow="fold"), "Field", "Mistake", "Mend", header_style="bold")
    for mistake in mistakes:
        cells = (f"{mistake.file}:{mistake.line}", mistake.field, mistake.mistake, mistake.mend)
        rows.add_row(*map(Text, cells))
    return rows
