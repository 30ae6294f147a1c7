"""Reads what happens and queues it for those who want to know."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Final, TypeAlias

from redis.asyncio import Redis

from assist.aio import end
from assist.campaign.ledger.keys import Keys as LedgerKeys
from assist.errors import StoreError
from assist.store import NEWS, OUT_OF_CALL, Store, bounded
from assist.store import Event as Entry
from assist.webhooks.endpoints import Endpoints
from assist.webhooks.model import Event
from assist.webhooks.news import of_calls, of_campaign
from assist.webhooks.queue import Queue, Read

log = logging.getLogger(__name__)

WAIT: Final = 1.0
"""Seconds for news; then it is looked whether there are other streams."""
AT_ONCE: Final = 200
"""Entries of a stream."""

News: TypeAlias = tuple[Read, list[Event]]
"""What happened, and up to where a stream was read for that."""


class Relay:
    """As many as wanted may run: what one has queued, the others do not."""

    def __init__(
        self,
        redis: Redis,
        store: Store,
        endpoints: Endpoints,
        queue: Queue,
        queued: Callable[[], None],
        ledger: LedgerKeys,
    ) -> None:
        """*queued* is called when there is something to deliver."""
        self._redis = redis
        self._store = store
        self._endpoints = endpoints
        self._queue = queue
        self._queued = queued
        self._ledger = ledger

    async def run(self) -> None:
        """Go on until cancelled; Redis may come and go."""
        tasks = [asyncio.create_task(self._follow(self._calls)), asyncio.create_task(self._follow(self._campaigns))]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                await end(task)

    async def _follow(self, read: Callable[[], Awaitable[list[News]]]) -> None:
        while True:
            try:
                for how_far, events in await read():
                    await self._take(how_far, events)
            except StoreError as error:
                log.warning("what happens is told later: %s", error)
                await asyncio.sleep(WAIT)

    async def _take(self, how_far: Read, events: list[Event]) -> None:
        wanted = [
            (event, endpoint.id)
            for endpoint in (await self._endpoints.all() if events else ())
            for event in events
            if endpoint.wants(event)
        ]
        if await self._queue.put(wanted, how_far) and wanted:
            self._queued()

    async def _calls(self) -> list[News]:
        """Return what happened in calls since it was last read; wait for something if nothing has."""
        news = []
        for how_far, entries in await self._entries([NEWS]):
            events: list[Event] = []
            for entry, fields in entries:
                record = await self._store.history.call(fields["call"]) if fields["kind"] == "ended" else None
                events += of_calls(entry, fields, record)
            news.append((how_far, events))
        return news

    async def _campaigns(self) -> list[News]:
        """Return likewise what happened in campaigns."""
        async with bounded(OUT_OF_CALL):
            names: Any = await self._redis.smembers(self._ledger("campaigns"))
        campaigns = {self._ledger("events", name.decode()): name.decode() for name in names}
        if not campaigns:
            await asyncio.sleep(WAIT)
            return []
        return [
            (
                how_far,
                [event for entry, fields in entries for event in of_campaign(campaigns[how_far.stream], entry, fields)],
            )
            for how_far, entries in await self._entries(campaigns)
        ]

    async def _entries(self, streams: Iterable[str]) -> list[tuple[Read, list[tuple[str, Entry]]]]:
        """Return the entries after those that were queued, and how far that is; wait for some if there are none."""
        positions = await self._queue.positions()
        since: dict[Any, Any] = {stream: positions.get(stream, "0") for stream in streams}
        async with bounded(OUT_OF_CALL + WAIT):
            found: Any = await self._redis.xread(since, count=AT_ONCE, block=round(WAIT * 1000))
        return [
            (
                Read(name.decode(), since[name.decode()], entries[-1][0].decode()),
                [(entry.decode(), _text(fields)) for entry, fields in entries],
            )
            for name, entries in found
        ]


def _text(fields: Mapping[bytes, bytes]) -> Entry:
    return {name.decode(): value.decode() for name, value in fields.items()}
