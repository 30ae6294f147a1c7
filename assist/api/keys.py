"""API keys: kept as hashes, with what each may do and until when.

======================= ======= ========================================= =====================
key                     type    holds                                     kept
======================= ======= ========================================= =====================
``{api}:key:<id>``      string  JSON of `Key`                             until it is revoked
``{api}:keys``          zset    ids of those, by when they were made      likewise
``{api}:used``          hash    id: when it was used last, in seconds     likewise
======================= ======= ========================================= =====================

A key is ``ak_<id>_<secret>``. The secret has 256 random bits, so a fast hash of it is as good as a slow one.
"""

import hashlib
import hmac
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from pydantic import TypeAdapter
from redis.asyncio import Redis

from assist.store import OUT_OF_CALL, bounded

OVERLAP: Final = timedelta(hours=24)
"""For which the old secret is good after a rotation."""
USED_EVERY: Final = timedelta(minutes=1)
"""So exactly it is known when a key was used last."""


class Scope(StrEnum):
    """What a key may do."""

    READ = "read"
    """Look at everything but keys, transcripts and recordings included."""
    CALLS = "calls"
    """Place calls, and have a say in those in progress."""
    CAMPAIGNS = "campaigns"
    """Run campaigns, import lists, change the list of numbers that nobody may call."""
    ADMIN = "admin"
    """All of that, and change assistants, webhooks and keys."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key, as far as it is kept."""

    id: str
    name: str
    scopes: tuple[Scope, ...]
    created: datetime
    digest: str
    """SHA-256 of the secret."""
    expires: datetime | None = None
    former_digest: str = ""
    """Of the secret before the last rotation."""
    former_until: datetime | None = None

    @property
    def prefix(self) -> str:
        """What of the key may be shown."""
        return f"ak_{self.id}"

    def allows(self, scope: Scope) -> bool:
        """Return whether whoever has the key may do that."""
        return scope in self.scopes or Scope.ADMIN in self.scopes

    def opens(self, secret: str, now: datetime) -> bool:
        """Return whether *secret* is the key's, and good at *now*."""
        given = _digest(secret)
        is_own = hmac.compare_digest(given, self.digest)
        is_former = hmac.compare_digest(given, self.former_digest or "-" * len(given))
        in_time = self.former_until is not None and now < self.former_until
        return (is_own or (is_former and in_time)) and (self.expires is None or now < self.expires)


_KEY: Final = TypeAdapter(Key)
_NOBODY: Final = Key("", "", (), datetime.min.replace(tzinfo=UTC), "-" * 64)
"""Compared with where there is no such key, so that this takes as long."""


class Keys:
    """The keys of an installation. Every method raises `StoreError`."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._used: dict[str, datetime] = {}

    async def create(self, name: str, scopes: Collection[Scope], expires: datetime | None = None) -> tuple[Key, str]:
        """Make a key. Returns it with what its holder sends, which is known to nobody else and never shown again."""
        secret = secrets.token_urlsafe(32)
        key = Key(
            secrets.token_hex(5), name, tuple(sorted(set(scopes))), datetime.now(UTC), _digest(secret), expires=expires
        )
        await self._write(key)
        return key, f"{key.prefix}_{secret}"

    async def rotate(self, identity: str, overlap: timedelta = OVERLAP) -> tuple[Key, str] | None:
        """Give the key another secret; the one before is good for *overlap* still. None: there is no such key."""
        key = await self.get(identity)
        if key is None:
            return None
        secret = secrets.token_urlsafe(32)
        rotated = replace(
            key, digest=_digest(secret), former_digest=key.digest, former_until=datetime.now(UTC) + overlap
        )
        async with bounded(OUT_OF_CALL):
            # Not if it was revoked meanwhile.
            changed = await self._redis.set(_name(identity), _KEY.dump_json(rotated), xx=True)
        if not changed:
            return None
        return rotated, f"{rotated.prefix}_{secret}"

    async def revoke(self, identity: str) -> bool:
        """Let the key open nothing any more. Returns whether there was one."""
        async with bounded(OUT_OF_CALL), self._redis.pipeline(transaction=True) as pipe:
            pipe.delete(_name(identity))
            pipe.zrem("{api}:keys", identity)
            pipe.hdel("{api}:used", identity)
            return bool((await pipe.execute())[0])

    async def all(self) -> Sequence[tuple[Key, datetime | None]]:
        """Return the keys as they were made, each with when it was used last, to the minute."""
        async with bounded(OUT_OF_CALL):
            ids: Any = await self._redis.zrange("{api}:keys", 0, -1)
            async with self._redis.pipeline(transaction=False) as pipe:
                for identity in ids:
                    pipe.get(_name(identity.decode()))
                pipe.hgetall("{api}:used")
                *records, used = await pipe.execute()
        found = [_KEY.validate_json(record) for record in records if record]
        return [(key, _moment(used.get(key.id.encode()))) for key in found]

    async def get(self, identity: str) -> Key | None:
        """Return the key of that id."""
        async with bounded(OUT_OF_CALL):
            found: Any = await self._redis.get(_name(identity))
        return _KEY.validate_json(found) if found else None

    async def any(self) -> bool:
        """Return whether there are keys at all, be they good or expired."""
        async with bounded(OUT_OF_CALL):
            return bool(await self._redis.zcard("{api}:keys"))

    async def holder(self, sent: str) -> Key | None:
        """Return the key that *sent* is, if it is one that is good now. That counts as a use of it."""
        kind, _, rest = sent.partition("_")
        identity, _, secret = rest.partition("_")
        key = await self.get(identity) if kind == "ak" and identity.isalnum() else None
        now = datetime.now(UTC)
        if not (key or _NOBODY).opens(secret, now) or key is None:
            return None
        await self._note_use(key, now)
        return key

    async def _note_use(self, key: Key, now: datetime) -> None:
        last = self._used.get(key.id)
        if last is None or now - last >= USED_EVERY:
            self._used[key.id] = now
            async with bounded(OUT_OF_CALL):
                used: Any = self._redis.hset("{api}:used", key.id, str(int(now.timestamp())))
                await used

    async def _write(self, key: Key) -> None:
        async with bounded(OUT_OF_CALL), self._redis.pipeline(transaction=True) as pipe:
            pipe.set(_name(key.id), _KEY.dump_json(key))
            pipe.zadd("{api}:keys", {key.id: key.created.timestamp()})
            await pipe.execute()


def _name(identity: str) -> str:
    return f"{{api}}:key:{identity}"


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _moment(seconds: bytes | None) -> datetime | None:
    return datetime.fromtimestamp(int(seconds), UTC) if seconds else None
