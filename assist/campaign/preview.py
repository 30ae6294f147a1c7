"""The first rows of a list, as an import would take them and as they would be spoken. Nothing is written."""

import time
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from assist.assistant.asides import worded
from assist.assistant.script import Translated
from assist.campaign.columns import Columns
from assist.campaign.demands import Demands
from assist.campaign.flaw import Flaw
from assist.campaign.model import Contact
from assist.campaign.rows import open_file
from assist.campaign.table import read_table


@dataclass(frozen=True, slots=True)
class Sample:
    """One row."""

    row: int
    contact: Contact | None
    """None: it would be refused."""
    flaws: tuple[Flaw, ...]
    spoken: str
    """The message with what the row says; empty for one that would be refused."""


@dataclass(frozen=True, slots=True)
class Preview:
    """How a list is understood."""

    encoding: str
    separator: str
    """Empty: an object in each line."""
    columns: tuple[tuple[str, str], ...]
    """Names in the file, each with what it is taken for; empty: it is ignored. None where each row has its own."""
    samples: tuple[Sample, ...]


def preview(
    path: Path, demands: Demands, message: Translated, *, numbers_in: str | None = None, count: int = 5
) -> Preview:
    """Return the first *count* rows of the list at *path*. Raises `ConfigurationError` if it is none."""
    file = open_file(path)
    with file.open() as reading:
        table = read_table(file, reading.rows, demands, time.time(), numbers_in)
        samples = [_sample(row.number, found, demands, message) for row, found in islice(table.rows, count)]
    columns = _taken_for(table.columns) if table.columns else ()
    return Preview(file.encoding, file.separator, columns, tuple(samples))


def _sample(row: int, found: Contact | list[Flaw], demands: Demands, message: Translated) -> Sample:
    if not isinstance(found, Contact):
        return Sample(row, None, tuple(found), "")
    texts = message.get(found.language or demands.languages[0], ())
    return Sample(row, found, (), worded(texts[0], found.variables) if texts else "")


def _taken_for(columns: Columns) -> tuple[tuple[str, str], ...]:
    by_place = {place: str(what) for what, place in (*columns.variables.items(), *columns.meanings.items())}
    return tuple((name, by_place.get(place, "")) for place, name in enumerate(columns.names))
