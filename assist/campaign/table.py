"""The rows of a list with whom each tells of."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from assist.campaign.columns import Columns, columns_of
from assist.campaign.demands import Demands
from assist.campaign.flaw import Flaw, Unfit
from assist.campaign.intake import Intake
from assist.campaign.model import Contact
from assist.campaign.rows import File, Row
from assist.errors import ConfigurationError

Found: TypeAlias = tuple[Row, Contact | list[Flaw]]


@dataclass(frozen=True, slots=True)
class Table:
    """A list that is being read."""

    names: tuple[str, ...]
    """Of its columns; empty where each row has its own."""
    columns: Columns | None
    rows: Iterator[Found]
    """To be read once."""


def read_table(file: File, rows: Iterator[Row], demands: Demands, now: float, numbers_in: str | None = None) -> Table:
    """Return the *rows* of *file* with what they tell.

    *numbers_in*: the column with the numbers, where several may be. Raises `ConfigurationError` if the columns are
    not what *demands* needs.
    """
    intake = Intake(demands, now)
    if not file.separator:
        return Table((), None, _of_objects(rows, intake, demands, numbers_in))
    head = next(rows, None)
    if head is None:
        raise ConfigurationError(f"{file.path}: it is empty; its first row must be the names of the columns")
    if head.flaw:
        raise ConfigurationError(f"{file.path}:{head.line}: {head.flaw}")
    try:
        columns = columns_of(head.cells, demands.needed, demands.optional, numbers_in)
    except Unfit as unfit:
        raise ConfigurationError(f"{file.path}:{head.line}: {unfit}") from unfit
    return Table(head.cells, columns, ((row, intake.contact(row, columns)) for row in rows))


def _of_objects(rows: Iterator[Row], intake: Intake, demands: Demands, numbers_in: str | None) -> Iterator[Found]:
    @lru_cache(100)
    def columns(names: tuple[str, ...]) -> Columns:
        return columns_of(names, demands.needed, demands.optional, numbers_in)

    for row in rows:
        if row.flaw:
            yield row, [row.flaw]
            continue
        try:
            yield row, intake.contact(row, columns(row.names))
        except Unfit as unfit:
            yield row, [Flaw("", unfit.mistake, unfit.mend)]
