"""`assist check FILE…`: what is wrong in assistants, and how to mend it."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path

import click
from pydantic import TypeAdapter, ValidationError
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from assist.assistant import Assistant
from assist.assistant.document import Document, read
from assist.assistant.document import Path as Field
from assist.assistant.explain import explain, suggest
from assist.assistant.loading import inspect
from assist.assistant.mistakes import Mistake
from assist.engines.table import TABLES
from assist.errors import ConfigurationError
from assist.provider import Kind


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


def mistakes_in(paths: Iterable[Path]) -> list[Mistake]:
    """Return every mistake in these files, that of engines and their options included."""
    found: list[Mistake] = []
    for path in paths:
        inspected = inspect(path)
        if isinstance(inspected, Assistant):
            found += engine_mistakes(inspected, read(str(path), path.read_bytes()))
        else:
            found += inspected
    return found


def engine_mistakes(assistant: Assistant, document: Document) -> Iterator[Mistake]:
    """Yield what is wrong with the engines that *assistant*, of *document*, chooses; keys are not looked at."""
    for kind, table in TABLES.items():
        for number, choice in enumerate(getattr(assistant.engines, kind)):
            path: Field = ("engines", str(kind), number)
            if path not in document.lines:
                path = path[:-1]  # a lone engine, without the dash
            if choice.name not in table:
                yield document.mistake(path, f"there is no engine {choice.name}", suggest(choice.name, [*table]))
                continue
            yield from _option_mistakes(kind, choice.name, choice.options, document, (*path, choice.name))


def _option_mistakes(
    kind: Kind, name: str, options: Mapping[str, object], document: Document, path: Field
) -> Iterator[Mistake]:
    try:
        declared = TABLES[kind][name]().Options
        TypeAdapter(declared).validate_python(dict(options))
    except ConfigurationError as error:
        what, _, mend = str(error).partition(": ")
        yield document.mistake(path, what, mend)
    except ValidationError as error:
        for detail in error.errors():
            if detail["type"] == "unexpected_keyword_argument":
                option = str(detail["loc"][-1])
                mend = suggest(option, [*declared.__dataclass_fields__])
                yield document.mistake((*path, option), "there is no such option", mend)
            else:
                yield explain({**detail, "loc": (*path, *detail["loc"])}, document, declared)
