"""A file as rows, one at a time and none longer than fits: CSV as spreadsheets write it, or an object in each line.

Whatever the bytes are, every row comes out once: as its cells, or as the text of one that cannot be read.
"""

import csv
import json
import re
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final, TextIO

from assist.campaign.encodings import encoding_of
from assist.campaign.flaw import Flaw
from assist.errors import ConfigurationError

LONGEST: Final = 1 << 16
"""Characters of one row: a hundred times what a person has."""
MOST_LINES: Final = 100
"""Of one row: after so many a quotation mark was never closed."""
SHOWN: Final = 1000
"""Characters of a row that cannot be read."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row, as it stands there."""

    number: int
    """As a spreadsheet counts: the names of the columns are the first, and a line break in a cell does not count."""
    line: int
    """As an editor counts, its first."""
    cells: tuple[str, ...]
    """As many as there are; of one that cannot be read the beginning of its text."""
    names: tuple[str, ...] = ()
    """Of the cells, where each row says them itself."""
    flaw: Flaw | None = None
    """Why it cannot be read."""


class TooLong(ValueError):
    """A row never ends."""


class Lines:
    """The lines of a text, of which those of one row can be given back."""

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self._again: deque[str] = deque()
        self._taken: list[str] = []
        self.line = 1
        """Of the row that is being read."""

    def __iter__(self) -> "Lines":
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else self._text.readline(LONGEST)
        if not line:
            raise StopIteration
        self._taken.append(line)
        if len(self._taken) > MOST_LINES or sum(map(len, self._taken)) >= LONGEST:
            raise TooLong
        return line

    def done(self) -> str:
        """Let the row end here; return its beginning."""
        text = "".join(islice(self._taken, MOST_LINES))[:SHOWN]
        self.line += len(self._taken)
        self._taken.clear()
        return text

    def keep_first(self) -> str:
        """Let the row end with its first line, and give back the others; return its beginning."""
        first, *others = self._taken
        self._again.extendleft(reversed(others))
        self._taken = [first]
        self._skip_rest(first)
        return self.done().rstrip("\r\n")

    def _skip_rest(self, line: str) -> None:
        """A line that was cut for its length is skipped to its end."""
        while line and not line.endswith(("\n", "\r")) and not self._again:
            line = self._text.readline(LONGEST)


@dataclass(frozen=True, slots=True)
class File:
    """A list as it is written."""

    path: Path
    encoding: str
    separator: str
    """Between the cells; empty: an object in each line."""

    @contextmanager
    def open(self) -> Iterator["Reading"]:
        """Lend its rows from the beginning. Raises `OSError`."""
        with (
            self.path.open("rb") as raw,
            TextIOWrapper(raw, encoding=self.encoding, errors="replace", newline="") as text,
        ):
            lines = Lines(text)
            rows = self._csv(lines) if self.separator else _objects(lines)
            yield Reading(filter(_is_filled, rows), raw, max(1, self.path.stat().st_size))

    def _csv(self, lines: Lines) -> Iterator[Row]:
        reader = csv.reader(lines, delimiter=self.separator, strict=True)
        number = 0
        while True:
            number += 1
            line = lines.line
            try:
                cells = tuple(next(reader))
            except StopIteration:
                return
            except csv.Error:
                flaw = Flaw("", "a quotation mark is opened and not closed, or closed within a text", _QUOTES)
                yield Row(number, line, (lines.keep_first(),), flaw=flaw)
            except TooLong:
                flaw = Flaw("", "this row is too long, or a quotation mark in it is never closed", _QUOTES)
                yield Row(number, line, (lines.keep_first(),), flaw=flaw)
            else:
                lines.done()
                if number == 1 and cells == ("sep=", ""):
                    number = 0
                    continue
                yield Row(number, line, cells)


@dataclass(frozen=True, slots=True)
class Reading:
    """A file that is being read."""

    rows: Iterator[Row]
    """Every row that is not empty, once; of a CSV the names of the columns first."""
    raw: BinaryIO
    size: int

    @property
    def share(self) -> float:
        """How much was read, from 0 to 1."""
        return min(1.0, self.raw.tell() / self.size)


_QUOTES: Final = 'write two quotation marks for one in a text: "the ""great"" one"'


def open_file(path: Path) -> File:
    """Return how the list at *path* is written. Raises `ConfigurationError` if it is none."""
    try:
        with path.open("rb") as file:
            first = file.read(4)
        encoding = encoding_of(path)
        with path.open(encoding=encoding, errors="replace", newline="") as text:
            start = text.read(LONGEST).lstrip("\ufeff \t\r\n")
    except OSError as error:
        raise ConfigurationError(f"{path}: it cannot be read: {error.strerror}; check the name") from error
    if first in _WORKBOOKS:
        raise ConfigurationError(f"{path}: this is a workbook; save it as CSV UTF-8")
    if start.startswith("["):
        raise ConfigurationError(f"{path}: this is one JSON array; write one object in each line")
    return File(path, encoding, "" if start.startswith("{") else _separator(start))


_WORKBOOKS: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_SEPARATORS: Final = ";,\t|"
_TOLD: Final = re.compile(rf"sep=([{_SEPARATORS}])\s")
"""How Excel is told."""


def _separator(start: str) -> str:
    if told := _TOLD.match(start):
        return told[1]
    names = start.splitlines()[0] if start else ""
    outside = "".join(names.split('"')[::2])
    return max(_SEPARATORS, key=outside.count)


def _is_filled(row: Row) -> bool:
    return row.flaw is not None or any(cell.strip() for cell in row.cells)


def _objects(lines: Lines) -> Iterator[Row]:
    while True:
        line = lines.line
        try:
            text = next(lines)
        except StopIteration:
            return
        except TooLong:
            flaw = Flaw("", "this line is too long", "write one object in each line")
            yield Row(line, line, (lines.keep_first(),), flaw=flaw)
            continue
        lines.done()
        if text.strip():
            yield _object(line, text.rstrip("\r\n"))


def _object(line: int, text: str) -> Row:
    try:
        # Digits are kept as they are written: a number may be a telephone number, or too long for any.
        found = json.loads(text, parse_int=str, parse_float=str, parse_constant=str, object_pairs_hook=_members)
    except (ValueError, RecursionError):
        flaw = Flaw("", "this is no JSON object", 'write one object in each line, as {"phone": "+34612345678"}')
        return Row(line, line, (text[:SHOWN],), flaw=flaw)
    if not isinstance(found, Mapping):
        flaw = Flaw("", "this is JSON, but no object", 'write names and values, as {"phone": "+34612345678"}')
        return Row(line, line, (text[:SHOWN],), flaw=flaw)
    for name, value in found.items():
        if not isinstance(value, str | bool | None):
            flaw = Flaw(name, "there is more than one value in it", "write a text or a number")
            return Row(line, line, (text[:SHOWN],), flaw=flaw)
    return Row(line, line, tuple(map(_plain, found.values())), tuple(found))


def _members(pairs: list[tuple[str, object]]) -> Mapping[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name is written twice")
    return found


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
