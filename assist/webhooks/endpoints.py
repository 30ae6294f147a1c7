"""Who is told, and how a message shows that it is ours."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from redis.asyncio import Redis

from assist.errors import AssistError
from assist.store import OUT_OF_CALL, bounded
from assist.web.address import read_url
from assist.web.signature import new_secret
from assist.webhooks.keys import Keys
from assist.webhooks.model import Endpoint, EventType
from assist.webhooks.records import endpoint_of, endpoint_record
from assist.webhooks.scripts import Scripts

MOST: Final = 100
"""Endpoints; each is told everything that it wants to know, some at a time."""
BOTH_SIGN: Final = timedelta(hours=24)
"""How long the secret so far signs beside a new one, unless the owner says otherwise."""


class TooMany(AssistError):
    """There are as many endpoints as there may be."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What is to be otherwise; None: stays."""

    url: str | None = None
    types: Collection[EventType] | None = None
    transcripts: bool | None = None
    numbers: bool | None = None
    enabled: bool | None = None


class Endpoints:
    """All of an installation's. Every method raises `StoreError`."""

    def __init__(self, redis: Redis, keys: Keys, scripts: Scripts, *, loopback: bool = False) -> None:
        """*loopback*: this machine may be told, without TLS too."""
        self._redis = redis
        self._keys = keys
        self._scripts = scripts
        self._loopback = loopback

    async def create(
        self, url: str, types: Collection[EventType], *, transcripts: bool = False, numbers: bool = False
    ) -> tuple[Endpoint, str]:
        """Tell *url* from now on what happens of these *types*. Returns that, and the secret, which is shown only now.

        Raises `WebError` if the address may not be asked, `TooMany`.
        """
        self._check(url)
        secret, identity = new_secret(), f"ep_{secrets.token_hex(12)}"
        async with bounded(OUT_OF_CALL):
            count: Any = await self._redis.hlen(self._keys("endpoints"))
            if count >= MOST:
                raise TooMany(f"there are {MOST} endpoints already: remove one")
            now = await self._scripts.now() / 1000
            endpoint = Endpoint(identity, url, frozenset(types), transcripts, numbers, now)
            async with self._redis.pipeline() as pipe:
                pipe.hset(self._keys("secrets", identity), secret, "")
                pipe.hset(self._keys("endpoints"), identity, endpoint_record(endpoint))
                await pipe.execute()
        return endpoint, secret

    async def all(self) -> list[Endpoint]:
        """Return all, the earliest first."""
        async with bounded(OUT_OF_CALL):
            records: Any = await self._redis.hgetall(self._keys("endpoints"))
            async with self._redis.pipeline(transaction=False) as pipe:
                for identity in records:
                    pipe.hgetall(self._keys("standing", identity.decode()))
                standings = await pipe.execute()
        found = map(endpoint_of, records.values(), standings)
        return sorted(found, key=lambda endpoint: (endpoint.created, endpoint.id))

    async def get(self, identity: str) -> Endpoint | None:
        """Return one, if there is such."""
        async with bounded(OUT_OF_CALL):
            record: Any = await self._redis.hget(self._keys("endpoints"), identity)
            standing: Any = await self._redis.hgetall(self._keys("standing", identity))
        return endpoint_of(record, standing) if record else None

    async def update(self, identity: str, changes: Changes) -> Endpoint | None:
        """Return the endpoint with *changes*, if there is such. Raises `WebError` if the address may not be asked.

        Enabling one lets what waits for it be told.
        """
        if changes.url is not None:
            self._check(changes.url)
        fields: Any = {
            name: value
            for name in ("url", "types", "transcripts", "numbers")
            if (value := getattr(changes, name)) is not None
        }
        if changes.types is not None:
            fields["types"] = frozenset(changes.types)
        switch = {None: "", True: "enable", False: "disable"}[changes.enabled]
        while True:
            async with bounded(OUT_OF_CALL):
                record: Any = await self._redis.hget(self._keys("endpoints"), identity)
                if record is None:
                    return None
                new = replace(endpoint_of(record, {}), **fields)
                if await self._scripts.update(identity, record, endpoint_record(new), switch):
                    return await self.get(identity)

    async def rotate(self, identity: str, both_sign: timedelta = BOTH_SIGN) -> str | None:
        """Return a new secret of an endpoint, if there is such. The one so far signs too for as long as *both_sign*."""
        secret = new_secret()
        async with bounded(OUT_OF_CALL):
            found = await self._scripts.rotate(identity, secret, both_sign // timedelta(milliseconds=1))
        return secret if found else None

    async def secrets(self, identity: str) -> list[str]:
        """Return the secrets that sign what is told to an endpoint, the latest first."""
        async with bounded(OUT_OF_CALL):
            return [secret.decode() for secret in await self._scripts.secrets(identity)]

    async def delete(self, identity: str) -> bool:
        """Tell an endpoint nothing more, also of what waits. Returns whether there was such."""
        own = ("secrets", "standing", "waiting", "delivered", "dead")
        async with bounded(OUT_OF_CALL), self._redis.pipeline() as pipe:
            pipe.hdel(self._keys("endpoints"), identity)
            pipe.unlink(*(self._keys(noun, identity) for noun in own))
            removed, _ = await pipe.execute()
        return bool(removed)

    def _check(self, url: str) -> None:
        read_url(url, loopback=self._loopback)
