"""A list becomes the contacts of a campaign: all of it is read and checked first, and only then is anything added.

Whatever stops it, it can be run again: who was added already is known, and stays as he is.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Final

from assist.campaign.demands import Demands
from assist.campaign.error_file import ErrorFile, error_file, error_file_of
from assist.campaign.flaw import Flaw, Unfit
from assist.campaign.ledger import Ledger
from assist.campaign.model import Contact
from assist.campaign.rows import Row, open_file
from assist.campaign.staging import Fate, Staging, staging
from assist.campaign.table import Table, read_table

AT_ONCE: Final = 1000
"""Rows between two reports, and contacts in one batch."""


class Stage(StrEnum):
    """What an import is at."""

    COMPARING = "comparing"
    """Who is in the campaign is looked up."""
    CHECKING = "checking"
    ADDING = "adding"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an import is. Of the rows each is new, known or refused."""

    stage: Stage
    share: float
    """Of this stage, from 0 to 1."""
    new: int = 0
    known: int = 0
    """In the campaign already."""
    refused: int = 0
    added: int = 0
    """Of the new."""
    errors: Path | None = None
    """Where the refused rows are, once all rows were read and if there are any."""
    seconds: float = 0.0

    @property
    def rows(self) -> int:
        return self.new + self.known + self.refused


async def import_list(
    path: Path, campaign: str, demands: Demands, ledger: Ledger, *, numbers_in: str | None = None, due: float = 0.0
) -> AsyncIterator[Progress]:
    """Add the list at *path* to *campaign*, and tell how it goes; the last is `DONE`.

    *numbers_in*: the column with the numbers, where several may be. Raises `ConfigurationError` if the file is no
    list, `StoreError` if the ledger does not answer or has no such campaign, `OSError` if the errors cannot be written.
    """
    began = time.monotonic()
    async for progress in _import(path, campaign, demands, ledger, numbers_in, due):
        yield replace(progress, seconds=time.monotonic() - began)


async def _import(
    path: Path, campaign: str, demands: Demands, ledger: Ledger, numbers_in: str | None, due: float
) -> AsyncIterator[Progress]:
    file = open_file(path)
    progress = Progress(Stage.CHECKING, 0.0)
    with staging() as kept, file.open() as reading:
        table = read_table(file, reading.rows, demands, time.time(), numbers_in)
        async for share in _compare(campaign, ledger, kept):
            yield Progress(Stage.COMPARING, share)
        with error_file(file, table.names) as errors:
            check = _Check(table, kept, errors, ledger.number_key)
            while any(counts := check.some()):
                progress = _counted(progress, counts, reading.share)
                yield progress
                # Reading waits for nothing, and others may want to run.
                await asyncio.sleep(0)
        progress = replace(progress, errors=error_file_of(path) if progress.refused else None)
        for batch in kept.batches(AT_ONCE):
            await ledger.add(campaign, batch, due)
            added = progress.added + len(batch)
            progress = replace(progress, stage=Stage.ADDING, share=added / progress.new, added=added)
            yield progress
    yield replace(progress, stage=Stage.DONE, share=1.0)


async def _compare(campaign: str, ledger: Ledger, kept: Staging) -> AsyncIterator[float]:
    """Let *kept* know who is in the campaign."""
    everybody = (await ledger.counts(campaign)).contacts
    cursor: int | None = 0
    while cursor is not None and everybody:
        page = await ledger.contacts(campaign, cursor, size=AT_ONCE)
        kept.know(standing.contact for standing in page.standings)
        cursor = page.cursor
        yield min(1.0, (cursor or everybody) / everybody)


def _counted(progress: Progress, counts: tuple[int, int, int], share: float) -> Progress:
    new, known, refused = counts
    return replace(
        progress,
        share=share,
        new=progress.new + new,
        known=progress.known + known,
        refused=progress.refused + refused,
    )


class _Check:
    """Each row goes to what is kept, or to the errors."""

    def __init__(self, table: Table, kept: Staging, errors: ErrorFile, number_key: Callable[[str], bytes]) -> None:
        self._rows = table.rows
        self._kept = kept
        self._errors = errors
        self._number_key = number_key

    def some(self) -> tuple[int, int, int]:
        """Take some rows; return how many were new, known and refused."""
        fates = [self._take(row, found) for row, found in islice(self._rows, AT_ONCE)]
        return fates.count(Fate.NEW), fates.count(Fate.KNOWN), fates.count(None)

    def _take(self, row: Row, found: Contact | Sequence[Flaw]) -> Fate | None:
        if not isinstance(found, Contact):
            self._errors.add(row, found)
            return None
        contact = found if found.id else replace(found, id=self._number_key(found.number).hex())
        try:
            return self._kept.add(contact, row.number, named=bool(found.id))
        except Unfit as unfit:
            self._errors.add(row, [Flaw("", unfit.mistake, unfit.mend)])
            return None
