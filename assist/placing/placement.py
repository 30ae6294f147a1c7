"""What is written of a call that is placed, before FreeSWITCH is asked for it: then a second wish for it is none.

========================= ====== =========================================== ===================
key                       type   holds                                       kept
========================= ====== =========================================== ===================
``{placing}:call:<call>`` string JSON of `Placement`                         the retention
``{placing}:day:<day>``   hash   how often, by number and by ``all``         two days
========================= ====== =========================================== ===================

A number is known by sixteen bytes that only whoever has the installation's secret can make of it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Final

from pydantic import TypeAdapter
from redis.asyncio import Redis

from assist.errors import AssistError, StoreError
from assist.store import OUT_OF_CALL, bounded

DAY_KEPT: Final = timedelta(days=2)


class Stage(StrEnum):
    """How far a call came, as far as whoever placed it knows."""

    CALLING = "calling"
    """It was written down that FreeSWITCH is asked. From here on a crash means: perhaps called."""
    ANSWERED = "answered"
    OVER = "over"
    """Nobody answered."""


@dataclass(frozen=True, slots=True)
class Placement:
    """A call that somebody outside wished for."""

    call: str
    """The id it has, or would have."""
    assistant: str
    placed_at: datetime
    node: str
    """The FreeSWITCH that was asked."""
    reference: str = ""
    """What whoever wished for it calls it."""
    stage: Stage = Stage.CALLING
    cause: str = ""
    """Of one that nobody answered: FreeSWITCH's."""


class LimitReached(AssistError):
    """No more calls today, or none to this number."""

    def __init__(self, what: str, retry_after: float) -> None:
        super().__init__(what)
        self.retry_after = retry_after
        """Seconds until there may be calls again."""


# Either it is new, and then it counts; or it is known, or too much, and then nothing changes.
_WRITE = """
local known = redis.call('GET', KEYS[1])
if known then return {'known', known} end
if tonumber(redis.call('HGET', KEYS[2], 'all') or 0) >= tonumber(ARGV[3]) then return {'day', ''} end
if tonumber(redis.call('HGET', KEYS[2], ARGV[5]) or 0) >= tonumber(ARGV[4]) then return {'number', ''} end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
redis.call('HINCRBY', KEYS[2], 'all', 1)
redis.call('HINCRBY', KEYS[2], ARGV[5], 1)
redis.call('PEXPIRE', KEYS[2], ARGV[6])
return {'new', ''}
"""

_PLACEMENT = TypeAdapter(Placement)


class Book:
    """The placements of an installation. Every method raises `StoreError`."""

    def __init__(
        self, redis: Redis, confirm: Callable[[Redis], Awaitable[bool]], retention: timedelta, limits: tuple[int, int]
    ) -> None:
        """*confirm* tells whether what was written last is as safe as the installation demands.

        *limits*: calls in a day, in UTC, and of them to one number.
        """
        self._redis = redis
        self._confirm = confirm
        self._retention = retention
        self._limits = limits

    async def write(self, placement: Placement, number: bytes) -> Placement | None:
        """Write down that *number*, given by its key, is being called; return None if that is to be done now, once.

        Returns the placement that was written first, if there is one. Raises `LimitReached`. If it raises anything
        else, do not call: that it was written is not known.
        """
        today = placement.placed_at.astimezone(UTC).date().isoformat()
        keys = (_key(placement.call), f"{{placing}}:day:{today}")
        told: list[Any] = [_PLACEMENT.dump_json(placement), _ms(self._retention), *self._limits, number, _ms(DAY_KEPT)]
        async with self._redis.client() as connection, bounded(OUT_OF_CALL):
            fate, known = await connection.eval(_WRITE, len(keys), *keys, *told)
            safe = fate != b"new" or await self._confirm(connection)
        if not safe:
            raise StoreError("Redis: what must not be lost is not as safe as demanded")
        match fate:
            case b"known":
                return _PLACEMENT.validate_json(known)
            case b"new":
                return None
        what = "enough calls for today" if fate == b"day" else "this number was called often enough today"
        raise LimitReached(what, until_tomorrow(placement.placed_at))

    async def get(self, call: str) -> Placement | None:
        """Return the placement of a call, if it was placed here and is remembered."""
        async with bounded(OUT_OF_CALL):
            found: Any = await self._redis.get(_key(call))
        return _PLACEMENT.validate_json(found) if found else None

    async def change(self, placement: Placement) -> None:
        """Write down how far the call came."""
        async with bounded(OUT_OF_CALL):
            await self._redis.set(_key(placement.call), _PLACEMENT.dump_json(placement), px=self._retention, xx=True)


def _key(call: str) -> str:
    return f"{{placing}}:call:{call}"


def _ms(length: timedelta) -> int:
    return length // timedelta(milliseconds=1)


def until_tomorrow(now: datetime) -> float:
    """Return the seconds from *now* to the next day, in UTC."""
    tomorrow = datetime.combine(now.astimezone(UTC).date() + timedelta(days=1), time(), UTC)
    return (tomorrow - now).total_seconds()
