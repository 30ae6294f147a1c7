"""How safe the two writes are that must not be lost: that a number is being dialed, and that it may not be."""

from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Any, Final, TypeAlias

from redis.asyncio import Redis
from redis.exceptions import RedisError

from assist.errors import ConfigurationError

ON_DISK: Final = 3.0
"""Seconds to wait for the disk: Redis writes to it once a second unless told otherwise."""
ON_REPLICA: Final = 1.0
"""Seconds to wait for a replica."""

Confirm: TypeAlias = Callable[[Redis], Awaitable[bool]]
"""Returns whether what this connection wrote last is safe."""


class Durability(StrEnum):
    """What an installation demands before a call is sent."""

    MEMORY = "memory"
    """Redis has it; its crash may cost what the last two seconds held, and a contact be called again for that."""
    AOF = "aof"
    """It is on the disk of Redis' machine."""
    REPLICA = "replica"
    """A replica has it as well."""


async def demanded(redis: Redis, durability: Durability, *, ours: bool) -> Confirm:
    """Return how to wait for it. Raises `ConfigurationError` if the server cannot do it or might drop keys.

    *ours*: the server is this installation's own, to be set as needed.
    """
    about: dict[str, Any] = await redis.info("all")
    if (policy := about.get("maxmemory_policy")) != "noeviction":
        raise ConfigurationError(
            f"Redis: maxmemory-policy is {policy}, so that contacts and calls may be forgotten: set it to noeviction"
        )
    match durability:
        case Durability.MEMORY:
            return _at_once
        case Durability.REPLICA:
            return _replicated(about)
        case Durability.AOF:
            return await _written(redis, about, ours=ours)


def _replicated(about: dict[str, Any]) -> Confirm:
    if not about.get("connected_slaves"):
        raise ConfigurationError("Redis: has no replica, which ASSIST_DURABLE=replica demands: add one, or demand aof")
    return _on_replica


async def _written(redis: Redis, about: dict[str, Any], *, ours: bool) -> Confirm:
    if not about.get("aof_enabled"):
        raise ConfigurationError("Redis: appendonly is no, so that a restart forgets who was called: set it to yes")
    version = str(about.get("redis_version", "0"))
    if tuple(int(part) for part in version.split(".")[:2]) >= (7, 2):
        return _on_disk
    if ours:
        await redis.config_set("appendfsync", "always")
    elif await _fsync(redis) != "always":
        raise ConfigurationError(
            f"Redis: {version} cannot tell when a write is on the disk: use 7.2 or later, or set appendfsync to always"
        )
    return _at_once


async def _fsync(redis: Redis) -> str:
    try:
        answer: dict[Any, Any] = await redis.config_get("appendfsync")
    except RedisError:
        return "unknown"
    return next((str(value.decode() if isinstance(value, bytes) else value) for value in answer.values()), "unknown")


async def _at_once(_: Redis) -> bool:
    return True


async def _on_disk(connection: Redis) -> bool:
    local, _ = await connection.waitaof(1, 0, round(ON_DISK * 1000))
    return bool(local)


async def _on_replica(connection: Redis) -> bool:
    return bool(await connection.wait(1, round(ON_REPLICA * 1000)))
