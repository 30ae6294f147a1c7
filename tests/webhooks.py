"""Webhooks on a real Redis whose clock is set by hand, and somebody who is told."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from aiohttp import web
from redis.asyncio import Redis
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from assist.campaign.ledger.keys import Keys as LedgerKeys
from assist.campaign.ledger.views import Views
from assist.store import Store, open_store
from assist.tracing.context import UNTRACED, TraceContext
from assist.web.client import Web, open_web
from assist.webhooks.deliverer import Deliverer
from assist.webhooks.endpoints import Endpoints
from assist.webhooks.keys import Keys
from assist.webhooks.model import Event, EventType, event_id
from assist.webhooks.payload import Payloads
from assist.webhooks.queue import Queue
from assist.webhooks.relay import Relay
from assist.webhooks.scripts import Scripts
from assist.webhooks.service import open_redis
from tests.https_server import NAME, Names, Server, https_server

CLOCK: Final = "local function millis() return tonumber(redis.call('GET', KEYS[1] .. ':clock')) end\n"
NINE: Final = 1_795_424_400.0
"""2026-11-23 09:00 UTC."""
URL: Final = "https://hooks.example/calls"
KEPT: Final = timedelta(days=30)
EVERYTHING: Final = tuple(EventType)


@dataclass(frozen=True, slots=True)
class House:
    """One installation's webhooks, in the test's own Redis keys."""

    redis: Redis
    store: Store
    keys: Keys
    ledger: LedgerKeys
    endpoints: Endpoints
    queue: Queue

    async def at(self, time: float) -> None:
        await self.redis.set(f"{self.keys('endpoints')}:clock", round(time * 1000))

    async def later(self, seconds: float) -> None:
        await self.redis.incrby(f"{self.keys('endpoints')}:clock", round(seconds * 1000))

    async def now(self) -> float:
        return int(await self.redis.get(f"{self.keys('endpoints')}:clock") or 0) / 1000

    async def endpoint(self, url: str = URL, types: Collection[EventType] = EVERYTHING, **wants: bool) -> str:
        """Create an endpoint and return its id."""
        endpoint, _ = await self.endpoints.create(url, types, **wants)
        return endpoint.id

    def deliverer(self, our_web: Web, context: TraceContext = UNTRACED) -> Deliverer:
        payloads = Payloads(self.store, Views(self.redis, self.ledger))
        return Deliverer(self.queue, self.endpoints, payloads, our_web, context)

    def relay(self, queued: Callable[[], None] = lambda: None) -> Relay:
        return Relay(self.redis, self.store, self.endpoints, self.queue, queued, self.ledger)


@asynccontextmanager
async def house(url: str, *, by_hand: bool = True) -> AsyncIterator[House]:
    """Lend webhooks of their own in the Redis at *url*; their clock is set *by_hand*, or is that of Redis."""
    tag = f"test-{secrets.token_hex(4)}"
    keys = Keys(tag)
    async with open_redis(url) as redis, open_store(url, timedelta(days=1)) as store:
        scripts = Scripts(redis, keys, CLOCK if by_hand else None)
        endpoints = Endpoints(redis, keys, scripts, loopback=True)
        built = House(redis, store, keys, LedgerKeys(f"{tag}-ledger"), endpoints, Queue(redis, keys, scripts, KEPT))
        await built.at(NINE)
        yield built


def happened(number: int = 1, kind: EventType = EventType.CALL_STARTED, **data: object) -> Event:
    """Return something that happened."""
    return Event(event_id("test", str(number), kind), kind, NINE + number, data or {"call": f"call-{number}"})


@dataclass
class Receiver:
    """Whoever is told: keeps what came, and answers as was said, the last answer for ever."""

    answers: list[web.Response | int] = field(default_factory=lambda: [204])
    told: asyncio.Queue[web.BaseRequest] = field(default_factory=asyncio.Queue)
    bodies: list[bytes] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    slow: str | None = None
    """The path at which no answer is given."""

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        self.bodies.append(await request.read())
        self.ids.append(request.headers["webhook-id"])
        self.told.put_nowait(request)
        self.paths.append(request.path)
        if request.path == self.slow:
            await asyncio.Event().wait()
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return web.Response(status=answer) if isinstance(answer, int) else answer

    async def next(self) -> tuple[web.BaseRequest, bytes]:
        """Return the next request and its body."""
        async with asyncio.timeout(60):
            request = await self.told.get()
        return request, self.bodies[len(self.bodies) - self.told.qsize() - 1]


def verified(secret: str, request: web.BaseRequest, body: bytes) -> Any:
    """Return what *body* says. Raises `WebhookVerificationError` if it is not signed by *secret*."""
    return Webhook(secret).verify(body, dict(request.headers))


def is_signed(secret: str, request: web.BaseRequest, body: bytes) -> bool:
    try:
        verified(secret, request, body)
    except WebhookVerificationError:
        return False
    return True


@asynccontextmanager
async def listening(receiver: Receiver) -> AsyncIterator[tuple[Server, Web]]:
    """Lend a server that *receiver* answers at, and a web that knows it as `NAME`."""
    async with (
        https_server(receiver) as server,
        open_web(loopback=True, resolver=Names(), trusted=server.trusted) as our_web,
    ):
        yield server, our_web


__all__ = ["NAME", "House", "Receiver", "happened", "house", "is_signed", "listening", "verified"]
