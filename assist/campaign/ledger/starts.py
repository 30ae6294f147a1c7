"""Which scheduled starts of a campaign have been made, however many machines try."""

from datetime import timedelta
from typing import Any, Final

from redis.asyncio import Redis

from assist.campaign.ledger.keys import Keys
from assist.store import OUT_OF_CALL, bounded

STARTING: Final = timedelta(minutes=10)
"""After which others try, since whoever began it was lost: to import a long list takes minutes."""


class Starts:
    """Starts of campaigns, each made once. Every method raises `StoreError`."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._redis = redis
        self._keys = keys

    async def since(self, campaign: str, now: float) -> float:
        """Return the last start of the campaign; if there was none, the *now* of whoever asked first."""
        async with bounded(OUT_OF_CALL):
            await self._redis.hsetnx(self._keys("starts", campaign), "last", str(now))
            return await self._last(campaign)

    async def begin(self, campaign: str, moment: float) -> bool:
        """Return whether the start that was due at *moment* is ours to make; `done` tells that it was made."""
        lock = self._keys("starting", campaign)
        async with bounded(OUT_OF_CALL):
            if not await self._redis.set(lock, str(moment), nx=True, px=STARTING):
                return False
            if await self._last(campaign) < moment:
                return True
            # Somebody made it between our look and our lock.
            await self._redis.delete(lock)
            return False

    async def failed(self, campaign: str) -> None:
        """Tell that the start could not be made, and others may try."""
        async with bounded(OUT_OF_CALL):
            await self._redis.delete(self._keys("starting", campaign))

    async def done(self, campaign: str, moment: float) -> None:
        """Tell that the start that was due at *moment* was made, or is not to be."""
        async with bounded(OUT_OF_CALL):
            await self._redis.hset(self._keys("starts", campaign), "last", str(moment))
            await self._redis.delete(self._keys("starting", campaign))

    async def _last(self, campaign: str) -> float:
        last: Any = await self._redis.hget(self._keys("starts", campaign), "last")
        return float(last or 0)
