"""What makes keys of telephone numbers, so that nobody who reads Redis finds a number, or what belongs to one."""

import hashlib
import hmac
import secrets
from typing import Any, Final

from redis.asyncio import Redis

NUMBER_BYTES: Final = 16
KEY: Final = "{ledger}:secret"


async def secret_of(redis: Redis, key: str = KEY) -> bytes:
    """Return the installation's secret, which is made when it is first asked for. Raises `RedisError`."""
    await redis.set(key, secrets.token_bytes(32), nx=True)
    secret: Any = await redis.get(key)
    return bytes(secret)


def number_key(secret: bytes, number: str) -> bytes:
    """Return what stands for *number*, E.164: without the installation's secret it says nothing of it."""
    return hmac.digest(secret, number.encode(), hashlib.sha256)[:NUMBER_BYTES]
