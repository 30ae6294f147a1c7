"""Calls in progress, workers and sentences."""

import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, Final, TypeAlias, cast

from pydantic import TypeAdapter
from redis.asyncio import BlockingConnectionPool, ConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from assist.store.audit import Audit
from assist.store.bounds import IN_CALL, OUT_OF_CALL, bounded
from assist.store.callers import Callers
from assist.store.history import History
from assist.store.records import Worker

SESSION_KEPT: Final = timedelta(hours=4)
"""After the last turn; each saves the session anew."""
ASSISTANT_KEPT: Final = 2 * SESSION_KEPT
"""After the beginning of a call, which is no longer than a session is kept; each half of it may be saved anew."""
MOST_EVENTS: Final = 2000
"""Of one call: an hour of talk has about 1,000; more would be a loop."""
ORDERS_KEPT: Final = timedelta(minutes=10)
"""Longer than a call waits for a worker to take it over."""
WORKER_FORGOTTEN_AFTER: Final = timedelta(seconds=5)

CONNECTIONS: Final = 16
"""Of one process: a burst of hundreds of calls is served sooner by few than by making hundreds."""
MOST_WAITING: Final = 1000
"""Watchers of calls at once, a connection each."""

Event: TypeAlias = Mapping[str, str]


# One more try, on a new connection, is what a restarted server takes. RESP2: one shape for each answer. And no bound of
# the library's own, which is 5 s: the bounds are ours, and who waits for an event waits for longer.
_MANNERS: Final[Mapping[str, Any]] = {"retry": Retry(NoBackoff(), 1), "protocol": 2, "socket_timeout": None}

_WORKER = TypeAdapter(Worker)

# Scores are milliseconds; those of what was rendered ahead are so much later that it goes last.
_AHEAD: Final = 10**15

# Whoever uses a sentence says it: its time to live begins anew.
_LOAD_SPEECH = """
local speech = redis.call('GET', KEYS[1])
local used = speech and redis.call('ZSCORE', KEYS[2], ARGV[1])
if used then
    local now = redis.call('TIME')
    local ahead = tonumber(used) >= tonumber(ARGV[3]) and ARGV[3] or 0
    redis.call('ZADD', KEYS[2], now[1] * 1000 + math.floor(now[2] / 1000) + ahead, ARGV[1])
    if ahead == 0 then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
end
return speech
"""

# What has expired is still counted until now; then the longest unused goes until there is room.
_SAVE_SPEECH = """
local name, speech, room, kept = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local later, prefix, ahead = tonumber(ARGV[5]), ARGV[6], ARGV[7] == '1'
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function forget(gone)
    redis.call('UNLINK', prefix .. gone)
    redis.call('ZREM', KEYS[2], gone)
    local size = redis.call('HGET', KEYS[3], gone)
    if size then
        redis.call('HDEL', KEYS[3], gone)
        redis.call('HINCRBY', KEYS[3], 'all', -size)
    end
end
local used = tonumber(redis.call('ZSCORE', KEYS[2], name) or 0)
forget(name)
for _, expired in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], 0, now - kept)) do forget(expired) end
if #speech > room then return 0 end
while tonumber(redis.call('HGET', KEYS[3], 'all') or 0) > room - #speech do
    local oldest = redis.call('ZRANGE', KEYS[2], 0, 0)[1]
    if not oldest then break end
    if not ahead and tonumber(redis.call('ZSCORE', KEYS[2], oldest)) >= later then return 0 end
    forget(oldest)
end
ahead = ahead or used >= later
redis.call('SET', KEYS[1], speech)
if not ahead then redis.call('PEXPIRE', KEYS[1], kept) end
redis.call('ZADD', KEYS[2], ahead and now + later or now, name)
redis.call('HSET', KEYS[3], name, #speech)
redis.call('HINCRBY', KEYS[3], 'all', #speech)
return 1
"""


class Store:
    """The state that processes share. Every method raises `StoreError`, *within* so many seconds, and nothing else.

    After an error the next call tries again: the connections are made anew by the client library.
    """

    def __init__(self, redis: Redis, waiting: Redis, retention: timedelta) -> None:
        self._redis = redis
        self._waiting = waiting
        """For what waits in Redis, which must not keep a call from a connection."""
        self._retention = retention
        """Of everything said."""
        self.history = History(redis)
        """Calls that are over."""
        self.callers = Callers(redis)
        """Whose calls are whose."""
        self.audit = Audit(redis)
        """Who did what."""

    async def ping(self, *, within: float = IN_CALL) -> None:
        """Return if Redis answers."""
        async with bounded(within):
            await self._redis.ping()

    async def save_session(
        self, call_id: str, session: bytes, ttl: timedelta = SESSION_KEPT, *, within: float = IN_CALL
    ) -> None:
        """Keep *session* for whoever goes on with the call; after *ttl* without another save it is gone."""
        async with bounded(within):
            await self._redis.set(f"session:{call_id}", session, px=ttl)

    async def load_session(self, call_id: str, *, within: float = IN_CALL) -> bytes | None:
        """Return what was last saved of the call, or None if there is nothing to go on with."""
        async with bounded(within):
            session: Any = await self._redis.get(f"session:{call_id}")
        return cast("bytes | None", session)

    async def end_session(self, call_id: str, *, within: float = IN_CALL) -> None:
        """Forget how to go on: the call is over."""
        async with bounded(within):
            await self._redis.unlink(f"session:{call_id}")

    async def save_assistant(self, version: str, text: bytes, *, within: float = IN_CALL) -> None:
        """Keep the file of an assistant for whoever goes on with a call that began with it."""
        async with bounded(within):
            await self._redis.set(f"assistant:{version}", text, px=ASSISTANT_KEPT)

    async def load_assistant(self, version: str, *, within: float = IN_CALL) -> bytes | None:
        """Return that file, or None if it is gone."""
        async with bounded(within):
            text: Any = await self._redis.get(f"assistant:{version}")
        return cast("bytes | None", text)

    async def add_event(self, call_id: str, event: Event, *, within: float = IN_CALL) -> str:
        """Append *event* to those of the call and return its id. They are kept for the retention after the last."""
        fields: dict[Any, Any] = dict(event)
        async with bounded(within), self._redis.pipeline() as pipe:
            pipe.xadd(f"events:{call_id}", fields, maxlen=MOST_EVENTS, approximate=True)
            pipe.pexpire(f"events:{call_id}", self._retention)
            identity: bytes = (await pipe.execute())[0]
        return identity.decode()

    async def forget_events(self, call_id: str, *, within: float = OUT_OF_CALL) -> bool:
        """Remove what happened in the call, and so what was said. Returns whether there was anything."""
        async with bounded(within):
            return bool(await self._redis.unlink(f"events:{call_id}"))

    async def first(self, what: str, period: timedelta, *, within: float = OUT_OF_CALL) -> bool:
        """Return whether nobody asked so for *what* in the last *period*: then it is the asker's to do."""
        async with bounded(within):
            return bool(await self._redis.set(f"first:{what}", "", nx=True, px=period))

    async def events(
        self, call_id: str, after: str = "0", *, wait: timedelta | None = None, within: float = OUT_OF_CALL
    ) -> Sequence[tuple[str, Event]]:
        """Return the events of the call *after* that id, each with its own id; if there are none, *wait* for one."""
        news = await self.news({call_id: after}, wait=wait, within=within)
        return news.get(call_id, [])

    async def news(
        self, after: Mapping[str, str], *, wait: timedelta | None = None, within: float = OUT_OF_CALL
    ) -> Mapping[str, Sequence[tuple[str, Event]]]:
        """Return the events of several calls, each *after* that id; if there are none at all, *wait* for one."""
        prefix = "events:"
        streams = await self._read({f"{prefix}{call}": last for call, last in after.items()}, wait, within)
        return {name.removeprefix(prefix): entries for name, entries in streams.items()}

    async def order(self, call_id: str, order: Event, *, within: float = OUT_OF_CALL) -> str:
        """Ask whoever holds the call for something, and return the order's id."""
        fields: dict[Any, Any] = {"call": call_id, **order}
        oldest = _ms(timedelta(seconds=time.time()) - ORDERS_KEPT)
        async with bounded(within):
            identity: Any = await self._redis.xadd("orders", fields, minid=oldest, approximate=True)
        return cast("bytes", identity).decode()

    async def orders(
        self, after: str = "0", *, wait: timedelta | None = None, within: float = OUT_OF_CALL
    ) -> Sequence[tuple[str, Event]]:
        """Return what was ordered *after* that id, of all calls, each with its id; if there is none, *wait* for one."""
        return (await self._read({"orders": after}, wait, within)).get("orders", [])

    async def _read(
        self, after: Mapping[str, str], wait: timedelta | None, within: float
    ) -> Mapping[str, Sequence[tuple[str, Event]]]:
        streams: dict[Any, Any] = dict(after)
        # To Redis, a block of 0 ms is for ever.
        block = None if wait is None else max(1, wait // timedelta(milliseconds=1))
        async with bounded(within + (block or 0) / 1000):
            found: Any = await (self._waiting if block else self._redis).xread(streams, block=block)
        return {
            name.decode(): [(identity.decode(), _text(fields)) for identity, fields in entries]
            for name, entries in found
        }

    async def worker_alive(self, worker: Worker, *, within: float = OUT_OF_CALL) -> None:
        """Tell that *worker* lives; it is forgotten unless that is told again within a few seconds."""
        async with bounded(within):
            await self._redis.set(f"worker:{worker.name}", _WORKER.dump_json(worker), px=WORKER_FORGOTTEN_AFTER)
            await self._redis.zadd("workers", {worker.name: 0})

    async def workers(self, *, within: float = OUT_OF_CALL) -> Sequence[Worker]:
        """Return the workers that live, on all machines, by name."""
        async with bounded(within):
            names: Any = await self._redis.zrange("workers", 0, -1)
            beats = await self._values("worker:", names)
            if gone := [name for name, beat in zip(names, beats, strict=True) if beat is None]:
                await self._redis.zrem("workers", *gone)
        return [_WORKER.validate_json(beat) for beat in beats if beat]

    async def load_speech(self, name: str, *, within: float = IN_CALL) -> bytes | None:
        """Return the sentence that was kept as *name*, if it still is. That counts as a use of it."""
        keys = (_speech(name), _speech("used"))
        async with bounded(within):
            speech: Any = await self._redis.eval(_LOAD_SPEECH, 2, *keys, name, _ms(self._retention), str(_AHEAD))
        return cast("bytes | None", speech)

    async def has_speech(self, name: str, *, ahead: bool = False, within: float = OUT_OF_CALL) -> bool:
        """Whether the sentence *name* is kept, and, if that is asked, as one that was rendered *ahead*."""
        async with bounded(within):
            found = await self._redis.exists(_speech(name))
            used = await self._redis.zscore(_speech("used"), name)
        return bool(found) and (not ahead or (used or 0) >= _AHEAD)

    async def save_speech(
        self, name: str, speech: bytes, *, room: int, ahead: bool = False, within: float = OUT_OF_CALL
    ) -> bool:
        """Keep a sentence, and return whether there is a place for it in the *room*, in bytes, of all of them.

        What was not used for longest makes way. *ahead*: rendered ahead of the calls, for ever, and makes way to
        nothing else.
        """
        keys = (_speech(name), _speech("used"), _speech("bytes"))
        limits = (str(room), _ms(self._retention), str(_AHEAD), _speech(""), str(int(ahead)))
        async with bounded(within):
            kept: Any = await self._redis.eval(_SAVE_SPEECH, 3, *keys, name, cast("str", speech), *limits)
        return bool(kept)

    async def _values(self, prefix: str, ids: Sequence[bytes]) -> Sequence[bytes | None]:
        # One by one in one journey, not MGET: in a Cluster they live on different machines.
        async with self._redis.pipeline(transaction=False) as pipe:
            for identity in ids:
                pipe.get(prefix.encode() + identity)
            values: Sequence[bytes | None] = await pipe.execute()
        return values


@asynccontextmanager
async def open_store(url: str, retention: timedelta) -> AsyncIterator[Store]:
    """Lend the store at *url*, as ``redis://…``, ``rediss://…`` or ``unix://…``. It need not be up yet."""
    quick = BlockingConnectionPool.from_url(url, max_connections=CONNECTIONS, timeout=None, **_MANNERS)
    patient = ConnectionPool.from_url(url, max_connections=MOST_WAITING, **_MANNERS)
    async with Redis.from_pool(quick) as redis, Redis.from_pool(patient) as waiting:
        yield Store(redis, waiting, retention)


def _speech(name: str) -> str:
    return f"{{speech}}:{name}"


def _ms(time: timedelta) -> str:
    return str(time // timedelta(milliseconds=1))


def _text(fields: Mapping[bytes, bytes]) -> Event:
    return {name.decode(): value.decode() for name, value in fields.items()}
