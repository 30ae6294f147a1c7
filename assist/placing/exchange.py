"""Where single calls are asked for: `async with open_exchange(settings, url, ledger, nodes, store) as exchange`."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from redis.asyncio import Redis

from assist.campaign.ledger import Durability, Ledger
from assist.campaign.ledger.durability import demanded
from assist.campaign.node import Node
from assist.errors import AssistError
from assist.placing.destination import Guard, guard_of
from assist.placing.placement import Book
from assist.placing.placer import Placer, Wish, placing
from assist.settings import Settings
from assist.store import OUT_OF_CALL, Store, bounded


class NotWanted(AssistError):
    """Whoever has the number does not want to be called. Never names it."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """Where every single call is asked for, whoever wishes for it."""

    guard: Guard
    ledger: Ledger
    book: Book
    placer: Placer

    async def wish(self, call: str, written: str, assistant: str, reference: str = "") -> Wish:
        """Return the wish that *call* be placed to the number that is *written*, which may be called.

        Raises `Unfit` if that is no number, `NotAllowed`, `NotWanted`, `StoreError`.
        """
        number = self.guard.read(written)
        key = self.ledger.number_key(number.e164)
        if await self.ledger.is_suppressed(key):
            raise NotWanted("whoever has this number does not want to be called")
        return Wish(call, number, key, assistant, reference)


@asynccontextmanager
async def open_exchange(
    settings: Settings, url: str, ledger: Ledger, nodes: Mapping[str, Node], store: Store
) -> AsyncIterator[Exchange]:
    """Lend it; calls are placed by *nodes*. *url*: of the installation's Redis. Raises `AssistError`."""
    guard = guard_of(settings.calls)
    async with Redis.from_url(url, protocol=2, socket_timeout=None) as redis:
        book = await _book(redis, settings)
        async with placing(Placer(settings.calls, book, nodes, store)) as placer:
            yield Exchange(guard, ledger, book, placer)


async def _book(redis: Redis, settings: Settings) -> Book:
    durability = Durability(settings.redis.durable)
    async with bounded(OUT_OF_CALL):
        confirm = await demanded(redis, durability, ours=settings.redis.url is None)
    limits = settings.calls.per_day, settings.calls.per_number
    return Book(redis, confirm, settings.redis.retention, limits)
