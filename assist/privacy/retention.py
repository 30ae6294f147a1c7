"""Removes what was kept for long enough. What was said goes by itself: Redis gives it a time to live.

It is safe to do so twice, and at once with others.
"""

import asyncio
import logging
import time
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from assist.campaign.cli_desk import open_desk
from assist.campaign.ledger import Ledger
from assist.errors import AssistError
from assist.privacy import recordings
from assist.settings import Retention, Settings
from assist.store import Store

log = logging.getLogger(__name__)

ACTION: Final = "retention"
EVERY: Final = timedelta(hours=1)
FIRST: Final = timedelta(minutes=1)
"""After the start, so that workers come first."""


@dataclass(frozen=True, slots=True)
class Over:
    """How much was kept for long enough."""

    recordings: int = 0
    calls: int = 0
    """Of the history."""
    contacts: int = 0
    """Of campaigns that ended."""
    events: int = 0
    """Of campaigns."""
    numbers: int = 0
    """Of which it was known when campaigns called them last."""
    deeds: int = 0
    """Of the audit log."""

    @property
    def total(self) -> int:
        return sum(getattr(self, field.name) for field in fields(self))


class Retained:
    """Everything of an installation that is not kept for ever, and how long it is."""

    def __init__(self, store: Store, ledger: Ledger, directory: Path | None, retention: Retention) -> None:
        """*directory*: of recordings."""
        self._store = store
        self._ledger = ledger
        self._directory = directory
        self._retention = retention

    async def look(self, now: datetime) -> Over:
        """Return what is over, and remove nothing; of what campaigns did nothing is counted. Raises `StoreError`."""
        kept = self._retention
        recorded = await asyncio.to_thread(recordings.older, self._directory, (now - kept.recordings).timestamp())
        campaigns = await self._ledger.forgetting.over((now - kept.contacts).timestamp())
        return Over(
            recordings=len(recorded),
            calls=await self._store.history.count_before(now - kept.history),
            contacts=sum(contacts for _, contacts in campaigns),
            numbers=len(await self._ledger.forgetting.numbers((now - kept.history).timestamp())),
            deeds=await self._store.audit.count(now - kept.audit),
        )

    async def remove(self, now: datetime) -> Over:
        """Remove what is over, and return how much it was. Raises `StoreError`, `OSError`."""
        kept, forgetting = self._retention, self._ledger.forgetting
        before = (now - kept.contacts).timestamp()
        old = await asyncio.to_thread(recordings.older, self._directory, (now - kept.recordings).timestamp())
        return Over(
            recordings=await asyncio.to_thread(recordings.remove, old),
            calls=await self._store.history.forget(now - kept.history),
            contacts=sum([await forgetting.forget(campaign, before) for campaign, _ in await forgetting.over(before)]),
            events=await forgetting.trim_events(before),
            numbers=sum(
                [
                    await forgetting.forget_calls(number)
                    for number in await forgetting.numbers((now - kept.history).timestamp())
                ]
            ),
            deeds=await self._store.audit.forget(now - kept.audit),
        )


class Sweeping:
    """Removes what is over, now and then: of all processes that try, one in an hour."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._next = time.monotonic() + FIRST.total_seconds()

    async def __call__(self) -> None:
        """Remove it, if it is time for that. An error is logged, and it is tried again an hour later."""
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + EVERY.total_seconds()
        try:
            await sweep(self._settings)
        except (AssistError, OSError) as error:
            log.error("what was kept for long enough is removed an hour later: %s", error)


async def sweep(settings: Settings) -> None:
    """Remove what is over, unless somebody did in the last hour. Raises `AssistError`, `OSError`."""
    async with open_desk(settings) as desk:
        if not await desk.store.first(ACTION, EVERY):
            return
        retained = Retained(desk.store, desk.ledger, settings.files.recordings_dir, settings.retention)
        over = await retained.remove(datetime.now(UTC))
        if over.total:
            await desk.store.audit.record("system", ACTION, **asdict(over))
            log.info("removed what was kept for long enough: %s", over)
