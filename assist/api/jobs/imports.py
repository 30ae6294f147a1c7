"""Lists that are sent to us become contacts of a campaign, while somebody else asks how far that is."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from assist.api.jobs.book import Job, JobBook, JobState
from assist.campaign import importing
from assist.campaign.course import take_in
from assist.campaign.error_file import error_file_of
from assist.campaign.files import Files
from assist.campaign.ledger import Ledger
from assist.campaign.plans import Plan
from assist.errors import AssistError, StoreError

log = logging.getLogger(__name__)

EVERY: Final = 0.5
"""Seconds between two times that it is written down how far a job is."""


@dataclass(frozen=True, slots=True)
class List:
    """A list that was sent."""

    path: Path
    numbers_in: str | None
    """The column with the numbers, where several may be."""
    instead: bool
    """Who waits and is not on it is not called any more."""


class Imports:
    """The imports of this process."""

    def __init__(self, book: JobBook, files: Files, ledger: Ledger, folder: Path) -> None:
        """*folder*: where lists are kept until they are read, and the rows that were refused."""
        self._book = book
        self._files = files
        self._ledger = ledger
        self.folder = folder
        self._running: set[asyncio.Task[None]] = set()

    def errors_of(self, job: str) -> Path | None:
        """Return where the refused rows of a job are, each with what is wrong."""
        found = [error_file_of(path) for path in (self.path_of(job, kind) for kind in (".csv", ".ndjson"))]
        return next((path for path in found if path.is_file()), None)

    def path_of(self, job: str, kind: str) -> Path:
        """Return where the list of a job is to be."""
        return self.folder / f"{job}{kind}"

    async def begin(self, job: Job, plan: Plan, sent: List, capacity: int) -> None:
        """Begin to import a list. Raises `StoreError`."""
        await self._book.write(job)
        task = asyncio.create_task(self._run(job, plan, sent, capacity), name=f"job {job.id}")
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def stop(self) -> None:
        """Stop everything: what was read is forgotten, nothing is half imported."""
        tasks = list(self._running)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, job: Job, plan: Plan, sent: List, capacity: int) -> None:
        try:
            ended = replace(await self._taken_in(job, plan, sent, capacity), state=JobState.DONE)
        except (AssistError, OSError) as error:
            log.warning("job %s failed: %s", job.id, type(error).__name__)
            ended = replace(job, state=JobState.FAILED, error=_reason(error))
        except Exception:  # a list is anybody's, and whoever waits for the job must hear of it
            log.exception("job %s failed", job.id)
            ended = replace(job, state=JobState.FAILED, error="we have made a mistake; it is in our log")
        finally:
            sent.path.unlink(missing_ok=True)
        try:
            await self._book.write(replace(ended, told=datetime.now(UTC)))
        except StoreError as error:
            log.warning("job %s has ended, which is not written down: %s", job.id, error)

    async def _taken_in(self, job: Job, plan: Plan, sent: List, capacity: int) -> Job:
        """Import the list, writing down how far that is; return the job as it is then."""
        clock = asyncio.get_running_loop().time
        told = clock()
        now = time.time()
        progress = take_in(
            self._files, self._ledger, plan, sent.path, capacity, now, numbers_in=sent.numbers_in, instead=sent.instead
        )
        async for step in progress:
            job = _advanced(job, step)
            if clock() - told >= EVERY:
                await self._book.write(job)
                told = clock()
        return job


def _advanced(job: Job, step: importing.Progress) -> Job:
    return replace(
        job,
        told=datetime.now(UTC),
        stage=step.stage.value,
        share=step.share,
        rows=step.rows,
        new=step.new,
        updated=step.updated,
        known=step.known,
        refused=step.refused,
        ended=step.ended,
    )


def _reason(error: Exception) -> str:
    return (error.strerror or "the list cannot be read") if isinstance(error, OSError) else str(error)


@asynccontextmanager
async def importing_lists(imports: Imports) -> AsyncIterator[Imports]:
    """Lend *imports*, and stop them afterwards. Raises `OSError`."""
    imports.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        yield imports
    finally:
        await imports.stop()
