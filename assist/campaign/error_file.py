"""The rows of a list that were not imported, beside it: to be mended, and imported as it is."""

import csv
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from assist.campaign.columns import OURS
from assist.campaign.flaw import Flaw
from assist.campaign.rows import File, Row

NAMES = tuple(OURS + name for name in ("row", "line", "field", "mistake", "mend"))


class ErrorFile:
    """Takes rows, each once, with everything that is wrong with it."""

    def __init__(self, text: TextIO, separator: str, names: Sequence[str]) -> None:
        self._writer = csv.writer(text, delimiter=separator)
        self._write((*NAMES, *names))
        self.rows = 0

    def add(self, row: Row, flaws: Sequence[Flaw]) -> None:
        """Write a row down."""
        fields = " | ".join(flaw.field for flaw in flaws if flaw.field)
        mistakes = " | ".join(flaw.mistake for flaw in flaws)
        mends = " | ".join(dict.fromkeys(flaw.mend for flaw in flaws))
        cells = (_object(row),) if row.names else row.cells
        self._write((str(row.number), str(row.line), fields, mistakes, mends, *cells))
        self.rows += 1

    def _write(self, cells: Sequence[str]) -> None:
        self._writer.writerow([_inert(cell) for cell in cells])


def error_file_of(path: Path) -> Path:
    """Return the name of the error file of a list."""
    return path.with_name(f"{path.stem}.errors.csv")


@contextmanager
def error_file(file: File, names: Sequence[str]) -> Iterator[ErrorFile]:
    """Lend that of *file*, whose columns have these *names*; without any a row goes into one column as an object.

    At the end it takes the place of an older one, or nothing does if every row is good.
    """
    place = error_file_of(file.path)
    partial = place.with_name(f".{place.name}.partial")
    partial.unlink(missing_ok=True)
    try:
        # Those of the list may be stricter than those that new files have.
        partial.touch(mode=file.path.stat().st_mode & 0o666)
        with partial.open("w", encoding="utf-8-sig", errors="backslashreplace", newline="") as text:
            errors = ErrorFile(text, file.separator or ";", names or ("object",))
            yield errors
        if errors.rows:
            partial.replace(place)
        else:
            place.unlink(missing_ok=True)
    finally:
        partial.unlink(missing_ok=True)


def _inert(cell: str) -> str:
    """Return *cell* so that no spreadsheet calculates it."""
    return f"'{cell}" if cell.lstrip()[:1] in tuple("=+-@") else cell


def _object(row: Row) -> str:
    return json.dumps(dict(zip(row.names, row.cells, strict=True)), ensure_ascii=False)
