"""The history of calls, and what they used up: found by when they began, by one of a few words, and by day."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from pydantic import TypeAdapter
from redis.asyncio import Redis

from assist.store.bounds import OUT_OF_CALL, bounded
from assist.store.records import CallRecord, Usage, UseRecord

_CALL = TypeAdapter(CallRecord)

TAGS: Final = ("assistant", "direction", "cause", "answered_by")
"""Fields of a record by which calls are found."""

# By rank, which costs the same for the first page and the last. A call that is gone leaves its place: its time.
_PAGE = """
local index, score, id, since, before, size = KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5])
local first = 0
if id ~= '' then
    local rank = redis.call('ZREVRANK', index, id)
    first = rank and rank + 1 or redis.call('ZCOUNT', index, score, '+inf')
elseif before ~= '' then
    first = redis.call('ZCOUNT', index, before, '+inf')
end
local last = first + size - 1
if since ~= '' then last = math.min(last, redis.call('ZCOUNT', index, since, '+inf') - 1) end
return last < first and {} or redis.call('ZREVRANGE', index, first, last)
"""

NEWS: Final = "news"
"""The stream that tells when a call begins, ``began``, and when it is in the history, ``ended``."""
MOST_NEWS: Final = 100_000

_NANO: Final = 1_000_000_000
"""Money is counted in these, of a dollar: in whole numbers, nothing is lost by adding."""

FORGOTTEN_AT_ONCE: Final = 500

LOOKED_AT: Final = 10
"""Times as many calls as were asked for, of which a page may look at some that do not fit."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some calls, the latest beginning first."""

    calls: tuple[CallRecord, ...]
    last: CallRecord | None
    """The last that was looked at: the next page is after it. None: there is none."""


class History:
    """Calls that are over: no words, no numbers. Every method raises `StoreError`, and nothing else."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def begin(self, call_id: str, assistant: str, direction: str, *, within: float = OUT_OF_CALL) -> None:
        """Tell whoever follows `NEWS` that a call begins."""
        began = {"kind": "began", "call": call_id, "assistant": assistant, "direction": direction}
        async with bounded(within):
            await self._redis.xadd(NEWS, began, maxlen=MOST_NEWS)  # type: ignore[arg-type]

    async def record(self, call: CallRecord, *, within: float = OUT_OF_CALL) -> None:
        """Add a call that is over. The same call again replaces itself."""
        async with bounded(within):
            before = await self._read(call.id)
            began = call.started.timestamp()
            async with self._redis.pipeline(transaction=True) as pipe:
                if before:
                    for index in {*_indexes(before)} - {*_indexes(call)}:
                        pipe.zrem(index, call.id)
                pipe.set(f"call:{call.id}", _CALL.dump_json(call))
                for index in _indexes(call):
                    pipe.zadd(index, {call.id: began})
                for field, amount in _added(call, before).items():
                    pipe.hincrby(_usage_key(call.started.astimezone(UTC).date()), field, amount)
                pipe.xadd(NEWS, {"kind": "ended", "call": call.id}, maxlen=MOST_NEWS)
                await pipe.execute()

    async def call(self, call_id: str, *, within: float = OUT_OF_CALL) -> CallRecord | None:
        """Return a call, if it is there."""
        async with bounded(within):
            return await self._read(call_id)

    async def recent(
        self,
        limit: int = 50,
        after: tuple[float, str] | None = None,
        *,
        since: datetime | None = None,
        before: datetime | None = None,
        tags: Mapping[str, str] | None = None,
        within: float = OUT_OF_CALL,
    ) -> Page:
        """Return calls, the latest beginning first: those after a call, given by when it began and its id.

        *tags*: values of `TAGS`. Where there are several, a page may hold fewer calls than *limit*, or none, and yet
        not be the last. *since* and *before* bound when a call began.
        """
        wanted = dict(tags or {})
        async with bounded(within):
            index = await self._narrowest(wanted)
            size = limit * LOOKED_AT if len(wanted) > 1 else limit
            place = (repr(after[0]), after[1]) if after else ("", "")
            bounds = [repr(bound.timestamp()) if bound else "" for bound in (since, before)]
            ids: Any = await self._redis.eval(_PAGE, 1, index, *place, *bounds, str(size))
            calls = await self._calls(ids)
        return _page(calls, wanted, limit, is_full=len(ids) == size)

    async def count(self, *, within: float = OUT_OF_CALL) -> int:
        """Return how many calls there are."""
        async with bounded(within):
            counted: int = await self._redis.zcard("calls")
        return counted

    async def count_before(self, before: datetime, *, within: float = OUT_OF_CALL) -> int:
        """Return how many calls began before that."""
        async with bounded(within):
            counted: int = await self._redis.zcount("calls", "-inf", f"({before.timestamp()!r}")
        return counted

    async def forget(self, before: datetime, *, within: float = OUT_OF_CALL) -> int:
        """Remove the calls that began before that, and return how many; what was used up on their days stays."""
        removed = 0
        while True:
            async with bounded(within):
                bound = f"({before.timestamp()!r}"
                ids: Any = await self._redis.zrangebyscore("calls", "-inf", bound, start=0, num=FORGOTTEN_AT_ONCE)
                calls = {call.id: call for call in await self._calls(ids)}
                async with self._redis.pipeline(transaction=False) as pipe:
                    for identity in (one.decode() for one in ids):
                        for index in _indexes(calls[identity]) if identity in calls else ("calls",):
                            pipe.zrem(index, identity)
                        pipe.unlink(f"call:{identity}")
                    await pipe.execute()
            removed += len(ids)
            if len(ids) < FORGOTTEN_AT_ONCE:
                return removed

    async def usage(self, first: date, last: date, *, within: float = OUT_OF_CALL) -> Sequence[Usage]:
        """Return what was used up from day to day, in UTC, by assistant. Days without calls are left out."""
        days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
        async with bounded(within), self._redis.pipeline(transaction=False) as pipe:
            for day in days:
                pipe.hgetall(_usage_key(day))
            found: list[dict[bytes, bytes]] = await pipe.execute()
        return [usage for day, fields in zip(days, found, strict=True) for usage in _usages(day, fields)]

    async def _narrowest(self, tags: Mapping[str, str]) -> str:
        """Return the index of the tag that the fewest calls have."""
        indexes = [_index(kind, value) for kind, value in tags.items()] or ["calls"]
        if len(indexes) == 1:
            return indexes[0]
        sizes = [await self._redis.zcard(index) for index in indexes]
        return min(zip(sizes, indexes, strict=True))[1]

    async def _read(self, call_id: str) -> CallRecord | None:
        found: Any = await self._redis.get(f"call:{call_id}")
        return _CALL.validate_json(found) if found else None

    async def _calls(self, ids: Sequence[bytes]) -> list[CallRecord]:
        # One by one in one journey, not MGET: in a Cluster they live on different machines.
        async with self._redis.pipeline(transaction=False) as pipe:
            for identity in ids:
                pipe.get(b"call:" + identity)
            return [_CALL.validate_json(call) for call in await pipe.execute() if call]


def _page(calls: Sequence[CallRecord], tags: Mapping[str, str], limit: int, *, is_full: bool) -> Page:
    fit: list[CallRecord] = []
    for number, call in enumerate(calls, 1):
        if all(getattr(call, kind) == value for kind, value in tags.items()):
            fit.append(call)
        if len(fit) == limit:
            return Page(tuple(fit), call if is_full or number < len(calls) else None)
    return Page(tuple(fit), calls[-1] if is_full and calls else None)


def _indexes(call: CallRecord) -> list[str]:
    tags = {kind: getattr(call, kind) for kind in TAGS}
    return ["calls", *(_index(kind, value) for kind, value in tags.items() if value)]


def _index(kind: str, value: str) -> str:
    return f"calls:{kind}:{value}"


def _usage_key(day: date) -> str:
    return f"usage:{day.isoformat()}"


def _added(call: CallRecord, before: CallRecord | None) -> dict[str, int]:
    """Return what *call* adds to the usage of its day, if it was written there as it was *before*."""
    added: dict[str, int] = defaultdict(int)
    for record, sign in ((call, 1), (before, -1)):
        for field, amount in _used(record) if record else ():
            added[field] += sign * amount
    return {field: amount for field, amount in added.items() if amount}


def _used(call: CallRecord) -> Iterator[tuple[str, int]]:
    talked = (call.ended - call.answered).total_seconds() if call.answered else 0.0
    yield _field(call.assistant, "", "", "", "calls"), 1
    yield _field(call.assistant, "", "", "", "seconds"), _nano(talked)
    yield _field(call.assistant, "", "", "", "cost_usd"), _nano(call.cost_usd)
    for use in call.used:
        engine = (call.assistant, use.kind, use.engine, use.model)
        if use.cost_usd is not None:
            yield _field(*engine, "cost_usd"), _nano(use.cost_usd)
        for unit, amount in use.amount.items():
            yield _field(*engine, unit), _nano(amount)


def _field(*words: str) -> str:
    return "\t".join(words)


def _nano(amount: float | Decimal) -> int:
    return round(Decimal(str(amount)) * _NANO)


def _usages(day: date, fields: Mapping[bytes, bytes]) -> Iterator[Usage]:
    by_assistant: dict[str, dict[tuple[str, str, str], dict[str, int]]] = defaultdict(lambda: defaultdict(dict))
    for field, amount in fields.items():
        assistant, kind, engine, model, unit = field.decode().split("\t")
        by_assistant[assistant][kind, engine, model][unit] = int(amount)
    for assistant, engines in sorted(by_assistant.items()):
        own = engines.pop(("", "", ""), {})
        yield Usage(
            day=day,
            assistant=assistant,
            calls=own.get("calls", 0),
            seconds=own.get("seconds", 0) / _NANO,
            cost_usd=_money(own.get("cost_usd", 0)),
            used=tuple(_use(*engine, amounts) for engine, amounts in sorted(engines.items())),
        )


def _use(kind: str, engine: str, model: str, amounts: Mapping[str, int]) -> UseRecord:
    cost = _money(amounts["cost_usd"]) if "cost_usd" in amounts else None
    return UseRecord(kind, engine, model, cost, {unit: n / _NANO for unit, n in amounts.items() if unit != "cost_usd"})


def _money(nano: int) -> Decimal:
    return (Decimal(nano) / _NANO).normalize() + Decimal(0)
