"""The webhooks of an installation, for those who manage them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import uuid4

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from assist.settings import Settings
from assist.webhooks.endpoints import Endpoints
from assist.webhooks.keys import Keys
from assist.webhooks.model import Event, EventType, delivery_id, event_id
from assist.webhooks.queue import Queue
from assist.webhooks.scripts import Scripts

CONNECTIONS: Final = 32
"""Of one process, two of which wait for news; whoever finds none free waits for one."""

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
    async with open_redis(url) as redis:
        yield webhooks_in(redis, settings)


def open_redis(url: str) -> Redis:
    """Return a client, to be closed, of the Redis at *url*."""
    return Redis.from_pool(BlockingConnectionPool.from_url(url, max_connections=CONNECTIONS, timeout=None, **_MANNERS))


def webhooks_in(redis: Redis, settings: Settings) -> Webhooks:
    """Return the webhooks of an installation."""
    keys = Keys()
    scripts = Scripts(redis, keys)
    kept = timedelta(days=settings.webhooks.log_days)
    return Webhooks(
        Endpoints(redis, keys, scripts, loopback=settings.webhooks.loopback), Queue(redis, keys, scripts, kept)
    )
