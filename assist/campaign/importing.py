"""A list becomes the contacts of a campaign: all of it, or nothing.

It is read and checked whole, then brought to Redis whole, and only then accepted; nobody of it is called before.
Whatever stops it, it can be run again: who is in the campaign already is known, and what the list says anew of one who
waits counts from then on.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Final

from assist.campaign.demands import Demands
from assist.campaign.error_file import ErrorFile, error_file, error_file_of
from assist.campaign.flaw import Flaw, Unfit
from assist.campaign.identity import Identity
from assist.campaign.ledger import Ledger
from assist.campaign.ledger.arrivals import new_arrival
from assist.campaign.model import Contact, Outcome
from assist.campaign.rows import Row, open_file
from assist.campaign.staging import Fate, Staging, staging
from assist.campaign.table import Table, read_table
from assist.store import AT_LEISURE

AT_ONCE: Final = 1000
"""Rows between two reports, and contacts in one batch."""


class Stage(StrEnum):
    """What an import is at."""

    COMPARING = "comparing"
    """Who is in the campaign is looked up."""
    CHECKING = "checking"
    BRINGING = "bringing"
    """To Redis. Until its end nothing of the list counts, and after it all of it does."""
    ADDING = "adding"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an import is. Of the rows each is new, updated, known or refused."""

    stage: Stage
    share: float
    """Of this stage, from 0 to 1."""
    new: int = 0
    updated: int = 0
    """In the campaign already, not reached yet, and the list says something else of him."""
    known: int = 0
    """In the campaign already."""
    refused: int = 0
    ended: int = 0
    """Who was not done and is not on the list that took the place of the one before."""
    added: int = 0
    """Of those three, by now."""
    errors: Path | None = None
    """Where the refused rows are, once all rows were read and if there are any."""
    seconds: float = 0.0

    @property
    def rows(self) -> int:
        return self.new + self.updated + self.known + self.refused

    @property
    def changes(self) -> int:
        """How many contacts of the campaign become others."""
        return self.new + self.updated + self.ended


async def import_list(
    path: Path,
    campaign: str,
    demands: Demands,
    ledger: Ledger,
    *,
    numbers_in: str | None = None,
    instead: bool = False,
) -> AsyncIterator[Progress]:
    """Add the list at *path* to *campaign*, and tell how it goes; the last is `DONE`.

    *numbers_in*: the column with the numbers, where several may be. *instead*: who is in the campaign and not on the
    list is not called any more. Raises `ConfigurationError` if the file is no list, `StoreError` if the ledger does
    not answer or has no such campaign, `OSError` if the errors cannot be written.
    """
    began = time.monotonic()
    async for progress in _import(path, campaign, demands, ledger, numbers_in, instead=instead):
        yield replace(progress, seconds=time.monotonic() - began)


async def _import(
    path: Path, campaign: str, demands: Demands, ledger: Ledger, numbers_in: str | None, *, instead: bool
) -> AsyncIterator[Progress]:
    file, now = open_file(path), time.time()
    identity = Identity(ledger.number_key, demands.once_per, demands.timezone, now)
    progress = Progress(Stage.CHECKING, 0.0)
    with staging(identity.key) as kept, file.open() as reading:
        table = read_table(file, reading.rows, demands, now, numbers_in)
        async for share in _compare(campaign, ledger, kept):
            yield Progress(Stage.COMPARING, share)
        with error_file(file, table.names) as errors:
            check = _Check(table, kept, errors, identity)
            while fates := check.some():
                progress = _counted(progress, fates, reading.share)
                yield progress
                # Reading waits for nothing, and others may want to run.
                await asyncio.sleep(0)
        progress = replace(progress, errors=error_file_of(path) if progress.refused else None)
        async for told in _adopt(progress, campaign, ledger, kept, instead=instead):
            yield told


async def _adopt(
    progress: Progress, campaign: str, ledger: Ledger, kept: Staging, *, instead: bool
) -> AsyncIterator[Progress]:
    """Let the ledger have what is kept, accept it as a whole, and take it in."""
    arrival, brought = new_arrival(campaign), 0
    for batch in kept.batches(AT_ONCE):
        await ledger.arrivals.bring(arrival, batch)
        brought += len(batch)
        yield replace(progress, stage=Stage.BRINGING, share=brought / progress.changes)
    for absent in kept.absent(AT_ONCE) if instead else ():
        await ledger.arrivals.end(arrival, absent, Outcome.EXPIRED)
        progress = replace(progress, ended=progress.ended + len(absent))
    if progress.changes:
        await ledger.arrivals.accept(arrival)
    # What others left lying comes first.
    while count := await ledger.arrivals.take_in():
        added = min(progress.added + count, progress.changes)
        progress = replace(progress, stage=Stage.ADDING, share=added / max(progress.changes, 1), added=added)
        yield progress
    yield replace(progress, stage=Stage.DONE, share=1.0, added=progress.changes)


async def _compare(campaign: str, ledger: Ledger, kept: Staging) -> AsyncIterator[float]:
    """Let *kept* know who is in the campaign."""
    everybody = (await ledger.counts(campaign)).contacts
    cursor: int | None = 0
    while cursor is not None and everybody:
        page = await ledger.contacts(campaign, cursor, size=AT_ONCE, within=AT_LEISURE)
        kept.know(page.standings)
        cursor = page.cursor
        yield min(1.0, (cursor or everybody) / everybody)


def _counted(progress: Progress, fates: Counter[Fate | None], share: float) -> Progress:
    return replace(
        progress,
        share=share,
        new=progress.new + fates[Fate.NEW],
        updated=progress.updated + fates[Fate.UPDATED],
        known=progress.known + fates[Fate.KNOWN],
        refused=progress.refused + fates[None],
    )


class _Check:
    """Each row goes to what is kept, or to the errors."""

    def __init__(self, table: Table, kept: Staging, errors: ErrorFile, identity: Identity) -> None:
        self._rows = table.rows
        self._kept = kept
        self._errors = errors
        self._identity = identity

    def some(self) -> Counter[Fate | None]:
        """Take some rows; return how many of them have which fate, None if they were refused."""
        return Counter(self._take(row, found) for row, found in islice(self._rows, AT_ONCE))

    def _take(self, row: Row, found: Contact | Sequence[Flaw]) -> Fate | None:
        if not isinstance(found, Contact):
            self._errors.add(row, found)
            return None
        try:
            return self._kept.add(self._identity.identified(found), row.number, named=bool(found.id))
        except Unfit as unfit:
            self._errors.add(row, [Flaw("", unfit.mistake, unfit.mend)])
            return None
