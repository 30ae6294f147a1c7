"""What a dialer works with, in tests: a FreeSWITCH that does as it is told, campaigns without files, a ledger."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Set
from contextlib import asynccontextmanager
from typing import Any

from redis.asyncio import Redis

from assist.campaign.causes import End
from assist.campaign.declaration import Campaign
from assist.campaign.ledger import Durability, Ledger, open_ledger
from assist.campaign.ledger.keys import Keys
from assist.campaign.order import Order
from assist.campaign.plans import Plans
from assist.errors import ConfigurationError, ConnectionLost
from tests.campaigns import campaign, lenient
from tests.ledgers import forget

BUSY = End("USER_BUSY", 486)


class FakeNode:
    """Places no calls, but keeps each order; whoever is answered lives until he is taken away."""

    def __init__(self, end: End | Exception | None = BUSY) -> None:
        """*end*: of every call; None: it is answered."""
        self.up = True
        self.end = end
        self.placed: list[Order] = []
        self.living: set[str] = set()
        self.hung_up: list[str] = []
        self.remembered: dict[str, End] = {}
        """How calls ended."""
        self.seconds = float("inf")
        """For which it has remembered that."""
        self.rings = asyncio.Event()
        """A call arrived."""
        self.picks_up = asyncio.Event()
        """Calls end, or are answered."""
        self.picks_up.set()
        self.on_call: Callable[[Order], Coroutine[Any, Any, None]] | None = None

    async def call(self, order: Order) -> End | None:
        self.placed.append(order)
        self.rings.set()
        if self.on_call:
            await self.on_call(order)
        await self.picks_up.wait()
        if isinstance(self.end, Exception):
            raise self.end
        if self.end is None:
            self.living.add(order.call)
        return self.end

    async def has(self, call: str) -> bool:
        return call in await self.calls()

    async def calls(self) -> Set[str]:
        if not self.up:
            raise ConnectionLost("down")
        return self.living

    async def ends(self) -> Mapping[str, End]:
        if not self.up:
            raise ConnectionLost("down")
        return dict(self.remembered)

    async def forget(self, call: str) -> None:
        self.remembered.pop(call, None)

    async def remembers(self) -> float:
        return self.seconds

    async def hang_up(self, call: str) -> None:
        self.hung_up.append(call)
        self.living.discard(call)


class FakeCampaigns:
    """Campaigns by name, as their files would be."""

    def __init__(self, *campaigns: Campaign) -> None:
        self.campaigns = {one.name: one for one in campaigns}

    def get(self, name: str) -> Campaign:
        if name not in self.campaigns:
            raise ConfigurationError(f"{name}: there is no such campaign")
        return self.campaigns[name]


def plans(**changes: Any) -> Plans:
    """Return one campaign, ``c``, of these fields, that may call at any hour."""
    return Plans(FakeCampaigns(campaign(**{"name": "c", **changes})), lenient())


@asynccontextmanager
async def own_ledger(url: str) -> AsyncIterator[Ledger]:
    """Lend a ledger of its own in the Redis at *url*, by the real clock."""
    tag = f"test-{secrets.token_hex(4)}"
    async with open_ledger(url, Durability.MEMORY, tag=tag) as ledger:
        yield ledger
    async with Redis.from_url(url, protocol=2) as redis:
        await forget(redis, Keys(tag))
