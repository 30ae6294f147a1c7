"""The webhooks of an installation: as they are managed, and as they run."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import uuid4

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from assist.aio import end
from assist.campaign.ledger.keys import Keys as LedgerKeys
from assist.campaign.ledger.views import Views
from assist.settings import Settings
from assist.store import open_store
from assist.web.client import Web, open_web
from assist.webhooks.deliverer import Deliverer
from assist.webhooks.endpoints import Endpoints
from assist.webhooks.keys import Keys
from assist.webhooks.model import Event, EventType, delivery_id, event_id
from assist.webhooks.payload import Payloads
from assist.webhooks.queue import Queue
from assist.webhooks.relay import Relay
from assist.webhooks.scripts import Scripts

# As the store's: one more try is what a restarted server takes. Sending a command twice does no harm here.
_MANNERS: Final[dict[str, Any]] = {"retry": Retry(NoBackoff(), 1), "protocol": 2, "socket_timeout": None}


@dataclass(frozen=True, slots=True)
class Webhooks:
    """Who is told what, and what became of it."""

    endpoints: Endpoints
    queue: Queue

    async def test(self, endpoint: str) -> str | None:
        """Tell an endpoint that this is a test, whatever it wants to know. Returns the delivery's id, if there is such.

        Raises `StoreError`.
        """
        if await self.endpoints.get(endpoint) is None:
            return None
        kind, at = EventType.WEBHOOK_TEST, await self.queue.now()
        event = Event(event_id(kind, str(uuid4())), kind, at, {"endpoint": endpoint})
        await self.queue.put([(event, endpoint)])
        return delivery_id(event, endpoint)


@asynccontextmanager
async def open_webhooks(settings: Settings, url: str) -> AsyncIterator[Webhooks]:
    """Lend the webhooks of an installation, whose Redis is at *url*. It need not be up yet."""
    async with Redis.from_url(url, **_MANNERS) as redis:
        yield _webhooks(settings, redis)


async def run_webhooks(settings: Settings, url: str, stop: asyncio.Event, web: Web | None = None) -> None:
    """Tell what happens until *stop*; what is being sent then is sent again by somebody else.

    Any number of processes may do so. Redis, at *url*, may come and go. *web*: other than this machine's.
    """
    async with (
        Redis.from_url(url, **_MANNERS) as redis,
        open_store(url, settings.redis.retention) as store,
        open_web(loopback=settings.webhooks.loopback) as own,
    ):
        webhooks = _webhooks(settings, redis)
        ledger = LedgerKeys()
        payloads = Payloads(store, Views(redis, ledger))
        deliverer = Deliverer(webhooks.queue, webhooks.endpoints, payloads, web or own)
        relay = Relay(redis, store, webhooks.endpoints, webhooks.queue, deliverer.wake, ledger)
        tasks = [
            asyncio.create_task(work, name=name)
            for name, work in (("relay", relay.run()), ("deliverer", deliverer.run()))
        ]
        stopping = asyncio.ensure_future(stop.wait())
        try:
            done, _ = await asyncio.wait([*tasks, stopping], return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            stopping.cancel()
            for task in tasks:
                await end(task)


def _webhooks(settings: Settings, redis: Redis) -> Webhooks:
    keys = Keys()
    scripts = Scripts(redis, keys)
    kept = timedelta(days=settings.webhooks.log_days)
    return Webhooks(
        Endpoints(redis, keys, scripts, loopback=settings.webhooks.loopback), Queue(redis, keys, scripts, kept)
    )
