"""Whose calls are whose: found by whoever has the number, and by nobody else."""

from datetime import datetime, timedelta
from typing import Any

from redis.asyncio import Redis

from assist.store.bounds import IN_CALL, OUT_OF_CALL, bounded
from assist.store.secret import number_key, secret_of


class Callers:
    """Every method raises `StoreError`, and nothing else. Numbers are E.164, or as the line had them."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._secret = b""

    async def add(self, number: str, call: str, began: datetime, kept: timedelta, *, within: float = IN_CALL) -> None:
        """Tell that a call is with whoever has *number*. That is forgotten once it is *kept* for so long."""
        async with bounded(within):
            key = await self._key(number)
            async with self._redis.pipeline(transaction=False) as pipe:
                pipe.zremrangebyscore(key, "-inf", (began - kept).timestamp())
                pipe.zadd(key, {call: began.timestamp()})
                pipe.pexpire(key, kept)
                await pipe.execute()

    async def calls(self, number: str, *, within: float = OUT_OF_CALL) -> list[str]:
        """Return the calls with *number*, the first one first."""
        async with bounded(within):
            found: Any = await self._redis.zrange(await self._key(number), 0, -1)
        return [call.decode() for call in found]

    async def forget(self, number: str, *, within: float = OUT_OF_CALL) -> None:
        """Let nobody find the calls of *number* any more."""
        async with bounded(within):
            await self._redis.unlink(await self._key(number))

    async def _key(self, number: str) -> str:
        self._secret = self._secret or await secret_of(self._redis)
        return f"caller:{number_key(self._secret, number).hex()}"
