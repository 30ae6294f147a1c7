"""How safe the two writes are that must not be lost: that a number is being dialed, and that it may not be.

A server that writes each change to its disk before it answers needs no question. WAITAOF is not asked of one that does
so once a second: many versions of Redis and of Valkey say yes before it is so (redis/redis#13793; Valkey 9.1 does).
"""

from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Any, Final, TypeAlias

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from assist.errors import ConfigurationError

ON_REPLICA: Final = 1.0
"""Seconds to wait for a replica."""

_AT_ONCE: Final = {"appendfsync": "always", "no-appendfsync-on-rewrite": "no"}

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
    if ours:
        for option, value in _AT_ONCE.items():
            await redis.config_set(option, value)
    options = await _options(redis)
    for option, value in _AT_ONCE.items():
        if options.get(option) != value:
            raise ConfigurationError(
                f"Redis: {option} is not {value}, so that a crash may forget who was called: set it, or demand less"
            )
    return _at_once


async def _options(redis: Redis) -> dict[str, str]:
    """Return the options about the disk; none where an admin is not let near them."""
    try:
        answer: dict[Any, Any] = await redis.config_get("*appendfsync*")
    except ResponseError:
        return {}
    return {_text(option): _text(value) for option, value in answer.items()}


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value


async def _at_once(_: Redis) -> bool:
    return True


async def _on_replica(connection: Redis) -> bool:
    return bool(await connection.wait(1, round(ON_REPLICA * 1000)))
