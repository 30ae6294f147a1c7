"""A ledger on a real Redis whose clock is set by hand."""

import secrets
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Final

from redis.asyncio import Redis

from assist.campaign.ledger import Ledger
from assist.campaign.ledger.keys import Keys
from assist.campaign.ledger.scripts import Scripts
from assist.campaign.model import Breaker, CampaignState, Claim, Contact, Limits, Refusal, Trunk, Window

CLOCK: Final = "local function micros() return tonumber(redis.call('GET', KEYS[1] .. ':clock')) end\n"
NINE: Final = 1_795_424_400.0
"""2026-11-23 09:00 UTC, a Monday."""
HOUR: Final = 3600.0
DAY: Final = 24 * HOUR
MADRID: Final = "Europe/Madrid ES-MD"
OPEN: Final = Window(NINE, NINE + 12 * HOUR)
ALWAYS: Final = Window(0.0, NINE + 1000 * DAY)
LIMITS: Final = Limits(Trunk("trunk", cps=100.0, calls=50), calls=50, everybody=50, breaker=Breaker(sample=1000))


@dataclass(frozen=True, slots=True)
class Clocked:
    """A ledger and the time it believes to be."""

    ledger: Ledger
    redis: Redis
    keys: Keys

    async def at(self, time: float) -> None:
        await self.redis.set(f"{self.keys('counters')}:clock", round(time * 1_000_000))

    async def now(self) -> float:
        return int(await self.redis.get(f"{self.keys('counters')}:clock") or 0) / 1_000_000

    async def later(self, seconds: float) -> None:
        await self.at(await self.now() + seconds)

    async def start(self, campaign: str, contacts: Iterable[Contact], limits: Limits = LIMITS) -> None:
        """Let the campaign run."""
        await self.ledger.create(campaign, limits)
        await self.ledger.add(campaign, list(contacts), await self.now())
        assert await self.ledger.set_state(campaign, CampaignState.RUNNING)

    async def claim(self, campaign: str = "c", window: Window = ALWAYS) -> Claim | Refusal:
        """Claim once the trunk lets us."""
        await self.later(1 / LIMITS.trunk.cps)
        return await self.ledger.attempts.claim(campaign, MADRID, window, "node", 30.0)

    async def claimed(self, campaign: str = "c", window: Window = ALWAYS) -> Claim:
        claim = await self.claim(campaign, window)
        assert isinstance(claim, Claim), claim
        return claim

    async def dialed(self, campaign: str = "c", window: Window = ALWAYS) -> Claim:
        claim = await self.claimed(campaign, window)
        assert await self.ledger.attempts.dialing(claim)
        return claim


@asynccontextmanager
async def clocked_ledger(url: str) -> AsyncIterator[Clocked]:
    """Lend a ledger of its own in the Redis at *url*; nothing of it stays."""
    keys = Keys(f"test-{secrets.token_hex(4)}")
    async with Redis.from_url(url, protocol=2) as redis:
        ledger = Ledger(redis, keys, Scripts(redis, CLOCK), b"secret", confirm=_at_once)
        clocked = Clocked(ledger, redis, keys)
        await clocked.at(NINE)
        yield clocked
        await forget(redis, keys)


async def forget(redis: Redis, keys: Keys) -> None:
    """Delete every key of a ledger."""
    # The tag's braces mean nothing in a pattern.
    async for key in redis.scan_iter(f"{keys('')}*"):
        await redis.unlink(key)


async def _at_once(_: Redis) -> bool:
    return True


def person(number: int, **changes: str) -> Contact:
    """Return somebody in Madrid."""
    return replace(Contact(id=f"p{number}", number=f"+346000{number:05}", group=MADRID), **changes)  # type: ignore[arg-type]


def people(count: int) -> list[Contact]:
    return [person(number) for number in range(count)]
