"""The lists of numbers that nobody may call: who is on them, by whom, and which official ones were read when."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import TypeAdapter
from redis.asyncio import Redis

from assist.campaign.ledger.keys import Keys
from assist.store import AT_LEISURE, OUT_OF_CALL, bounded

AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Registry:
    """A copy of an official register of people who want no calls."""

    country: str
    """ISO 3166."""
    source: str
    day: date
    """As of which."""
    numbers: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A number on a list."""

    number: bytes
    """Its key."""
    since: float
    source: str
    """Who said so first."""


_REGISTRY = TypeAdapter(Registry)


class Registries:
    """Reads and notes. Every method raises `StoreError`."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._redis = redis
        self._keys = keys

    async def note(self, registry: Registry) -> None:
        """Tell that all of *registry* is on the list. It takes the place of an older one of the same source."""
        name = f"{registry.country} {registry.source}"
        async with bounded(OUT_OF_CALL):
            await self._redis.hset(self._keys("registries"), name, _REGISTRY.dump_json(registry))

    async def all(self) -> list[Registry]:
        """Return the registries, sorted by country and source."""
        async with bounded(OUT_OF_CALL):
            found: Any = await self._redis.hgetall(self._keys("registries"))
        return [_REGISTRY.validate_json(found[name]) for name in sorted(found)]

    async def entries(self, campaign: str | None = None) -> AsyncIterator[Entry]:
        """Yield the numbers that nobody may call, or not *campaign*, in no order. One may come twice."""
        name = self._keys("suppressed") if campaign is None else self._keys("unwanted", campaign)
        cursor = 0
        while True:
            async with bounded(AT_LEISURE):
                answer: Any = await self._redis.hscan(name, cursor, count=AT_ONCE)
            cursor, page = answer
            for number, mark in page.items():
                since, _, source = mark.decode().partition(" ")
                yield Entry(number, int(since) / 1000, source)
            if not cursor:
                return
