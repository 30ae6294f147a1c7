"""Numbers that nobody may call, or not one campaign: what people asked for, what the owner says, official registers.

They are kept by keys that say nothing of the number, so they are shown to nobody: who has a number can ask for it.
"""

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import chain, islice
from pathlib import Path
from typing import Final

from assist.campaign.columns import number_columns
from assist.campaign.error_file import ErrorFile, error_file, error_file_of
from assist.campaign.flaw import Flaw, Unfit
from assist.campaign.importing import Progress, Stage
from assist.campaign.ledger import Ledger
from assist.campaign.ledger.registries import Registry
from assist.campaign.numbers import normalise, spelled
from assist.campaign.rows import File, Row, open_file
from assist.errors import ConfigurationError
from assist.store import AT_LEISURE

AT_ONCE: Final = 1000

OWNER: Final = "owner"
OPT_OUT: Final = "opt-out"
"""The person asked for it."""


class DoNotCall:
    """The lists. A change counts at once, in calls that are about to be made, too. Every method raises `StoreError`."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def add(self, number: str, campaign: str | None = None, *, source: str = OWNER) -> bool:
        """Let nobody call *number*, E.164, or not *campaign*. Returns whether it was not on the list yet."""
        return bool(await self._ledger.suppress(self._ledger.number_key(number), campaign, source=source))

    async def remove(self, number: str, campaign: str | None = None) -> bool:
        """Take *number* off the list. Returns whether it was on it."""
        return await self._ledger.unsuppress(self._ledger.number_key(number), campaign)

    async def holds(self, number: str, campaign: str | None = None) -> bool:
        """Whether nobody may call *number*; or, if it is named, not this campaign."""
        return await self._ledger.is_suppressed(self._ledger.number_key(number), campaign)

    async def sources(self, campaign: str | None = None) -> Mapping[str, int]:
        """Return how many numbers each source has put on the list, the most first."""
        entries = {entry.number: entry.source async for entry in self._ledger.registries.entries(campaign)}
        return dict(Counter(entries.values()).most_common())

    async def read(
        self, path: Path, country: str, source: str, campaign: str | None = None, *, registry: date | None = None
    ) -> AsyncIterator[Progress]:
        """Put every number of a file on the list, and tell how it goes; the last is `DONE`.

        Of any table with columns of numbers, or of a bare list. *country* (ISO 3166): of those without a country code.
        *registry*: the file is that country's official register, as of that day. That is noted when every row was
        read, and not if one was refused: such rows go to an error file beside it, to be mended and read likewise.
        Raises `ConfigurationError` if the file is no list.
        """
        if registry and (campaign is not None or registry > date.today()):
            raise ConfigurationError("an official register holds for every campaign, and is not of the future")
        file = open_file(path)
        progress = Progress(Stage.CHECKING, 0.0)
        with file.open() as reading:
            names, rows = _written_numbers(file, reading.rows, country)
            with error_file(file, names) as errors:
                while some := list(islice(rows, AT_ONCE)):
                    numbers = _sorted_out(some, country, errors)
                    keys = {self._ledger.number_key(number) for number in numbers}
                    new = await self._ledger.suppress(keys, campaign, source=source, within=AT_LEISURE) if keys else 0
                    progress = replace(
                        progress,
                        share=reading.share,
                        new=progress.new + new,
                        known=progress.known + len(numbers) - new,
                        refused=errors.rows,
                    )
                    yield progress
        if registry and not progress.refused:
            await self._ledger.registries.note(Registry(country, source, registry, progress.rows))
        errors_at = error_file_of(path) if progress.refused else None
        yield replace(progress, stage=Stage.DONE, share=1.0, errors=errors_at)


def _sorted_out(rows: Iterable[tuple[Row, Sequence[str]]], country: str, errors: ErrorFile) -> list[str]:
    """Return the numbers of *rows*; those without any, or with one that is none, go to *errors*."""
    found: list[str] = []
    for row, written in rows:
        try:
            numbers = [spelled(text, country) for text in written if text.strip()] if not row.flaw else []
        except Unfit as unfit:
            errors.add(row, [Flaw("", unfit.mistake, unfit.mend)])
            continue
        if numbers:
            found += numbers
        else:
            errors.add(row, [row.flaw or Flaw("", "there is no number", "write one, or remove the row")])
    return found


def _written_numbers(
    file: File, rows: Iterator[Row], country: str
) -> tuple[tuple[str, ...], Iterator[tuple[Row, Sequence[str]]]]:
    """Return the names of the columns, and each row with what stands where its numbers are."""
    if not file.separator:
        return (), ((row, _cells(row, number_columns(row.names))) for row in rows)
    head = next(rows, None)
    places = number_columns(head.cells) if head else []
    if head and places:
        return head.cells, ((row, _cells(row, places)) for row in rows)
    places = [place for place, cell in enumerate(head.cells) if _is_number(cell, country)] if head else []
    if not head or not places:
        mend = "call one of them teléfono or phone, or write numbers only"
        raise ConfigurationError(f"{file.path}: no column holds telephone numbers; {mend}")
    # A bare list: its first row is a number already.
    names = tuple("number" if place in places else "" for place in range(len(head.cells)))
    return names, ((row, _cells(row, places)) for row in chain([head], rows))


def _cells(row: Row, places: Iterable[int]) -> list[str]:
    return [row.cells[place] for place in places if place < len(row.cells)]


def _is_number(text: str, country: str) -> bool:
    try:
        normalise(text, country)
    except Unfit:
        return False
    return True


def outdated(registries: Iterable[Registry], days: Mapping[str, int], today: date) -> dict[str, int | None]:
    """Return the countries whose register is too old, with its age in days; None: there is none.

    *days*: how old that of each country may be. Where several sources make the register, the oldest counts.
    """
    found = list(registries)
    ages: dict[str, int | None] = {}
    for country, most in days.items():
        age = max(((today - registry.day).days for registry in found if registry.country == country), default=None)
        if age is None or age > most:
            ages[country] = age
    return ages
