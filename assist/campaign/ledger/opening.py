"""The way to the ledger of an installation."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from assist.campaign.ledger.durability import Durability, demanded
from assist.campaign.ledger.keys import Keys
from assist.campaign.ledger.ledger import Ledger
from assist.campaign.ledger.scripts import Scripts
from assist.store import OUT_OF_CALL, bounded
from assist.store.secret import secret_of

CONNECTIONS: Final = 1000
"""Of one process: whoever waits for a replica has one to himself."""

# Each command is sent once: whether a decision was taken must not depend on an answer that got lost.
_MANNERS: Final[Mapping[str, Any]] = {"retry": Retry(NoBackoff(), 0), "protocol": 2, "socket_timeout": None}


@asynccontextmanager
async def open_ledger(
    url: str, durability: Durability = Durability.AOF, *, ours: bool = False, tag: str = "ledger"
) -> AsyncIterator[Ledger]:
    """Lend the ledger in the Redis at *url*, as ``redis://…``, ``rediss://…`` or ``unix://…``.

    *ours*: that is this installation's own server, to be set as *durability* needs. Raises `StoreError` if it does not
    answer, `ConfigurationError` if it is not fit for a ledger.
    """
    keys = Keys(tag)
    pool = ConnectionPool.from_url(url, max_connections=CONNECTIONS, **_MANNERS)
    async with Redis.from_pool(pool) as redis:
        async with bounded(OUT_OF_CALL):
            confirm = await demanded(redis, durability, ours=ours)
            secret = await secret_of(redis, keys("secret"))
        yield Ledger(redis, keys, Scripts(redis), secret, confirm)
