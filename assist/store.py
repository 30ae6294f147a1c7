"""What outlives a process, in Redis. Every key of the project is named here, and nowhere else.

======================= ====== ============================================= ================================
key                     type   holds                                         kept
======================= ====== ============================================= ================================
``session:<call>``      string all it takes to go on with the call elsewhere as the caller says
``assistant:<version>`` string its file, as calls began with it              two sessions
``events:<call>``       stream what happened in the call, words included     the retention
``call:<call>``         string `CallRecord`: no words, no numbers            for ever
``calls``               zset   ids of all those, by the time they began      for ever
``worker:<name>``       string `Worker`, its last heartbeat                  a few seconds
``workers``             zset   names of those                                while they live
``{speech}:<hash>``     string a sentence as it was spoken, `LINE` audio     the retention after its last use
``{speech}:used``       zset   hashes of those, by when they were last used  likewise
``{speech}:bytes``      hash   the size of each, and of all as ``all``       likewise
======================= ====== ============================================= ================================

Calls are known by FreeSWITCH's UUID; nothing is keyed by a telephone number. What was rendered ahead of the calls
stays for ever, and goes last when there is no room. The braces keep a cache in one place of a Cluster.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final, TypeAlias, cast

from pydantic import TypeAdapter
from redis.asyncio import BlockingConnectionPool, ConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from assist.errors import StoreError

IN_CALL: Final = 0.05
"""Seconds that a caller may be kept waiting for Redis."""
OUT_OF_CALL: Final = 2.0
"""Seconds, where nobody is on the line."""

SESSION_KEPT: Final = timedelta(hours=4)
"""After the last turn; each saves the session anew."""
ASSISTANT_KEPT: Final = 2 * SESSION_KEPT
"""After the beginning of a call, which is no longer than a session is kept; each half of it may be saved anew."""
MOST_EVENTS: Final = 2000
"""Of one call: an hour of talk has about 1,000; more would be a loop."""
WORKER_FORGOTTEN_AFTER: Final = timedelta(seconds=5)

CONNECTIONS: Final = 16
"""Of one process: a burst of hundreds of calls is served sooner by few than by making hundreds."""
MOST_WAITING: Final = 1000
"""Watchers of calls at once, a connection each."""

Event: TypeAlias = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class TurnRecord:
    """How long the caller waited in one turn, and for what, in milliseconds; `None`: that did not happen."""

    end_of_turn_ms: int | None
    stt_ms: int | None
    llm_ms: int | None
    tts_ms: int | None
    first_audio_ms: int | None
    """From the caller's last sound to the first of the answer."""
    interrupted: bool = False


@dataclass(frozen=True, slots=True)
class UseRecord:
    """What one engine did for a call."""

    kind: str
    """``stt``, ``llm`` or ``tts``."""
    engine: str
    model: str
    """Empty for an embedded engine."""
    cost_usd: Decimal | None
    """None: nobody wrote down the price."""
    amount: Mapping[str, float]
    """Requests, seconds, characters and tokens."""


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One call as the history knows it: no words, no numbers. Times know their zone."""

    id: str
    assistant: str
    direction: str
    started: datetime
    answered: datetime | None
    ended: datetime
    cause: str
    """FreeSWITCH's hang-up cause."""
    turns: tuple[TurnRecord, ...] = ()
    cost_usd: Decimal = Decimal(0)
    used: tuple[UseRecord, ...] = ()
    answered_by: str = ""
    """Who or what answered a call that we placed, as `assist.call.answer_words.Kind`."""


@dataclass(frozen=True, slots=True)
class Worker:
    """One worker, alive."""

    name: str
    """Of all workers on all machines, no other has it."""
    calls: int
    """In progress."""
    capacity: int


# One more try, on a new connection, is what a restarted server takes. RESP2: one shape for each answer. And no bound of
# the library's own, which is 5 s: the bounds are ours, and who waits for an event waits for longer.
_MANNERS: Final[Mapping[str, Any]] = {"retry": Retry(NoBackoff(), 1), "protocol": 2, "socket_timeout": None}

_CALL = TypeAdapter(CallRecord)
_WORKER = TypeAdapter(Worker)

# The page after a call: by rank, since calls may begin in the same millisecond and new ones arrive meanwhile.
_IDS_AFTER = """
local rank = ARGV[1] ~= '' and redis.call('ZREVRANK', KEYS[1], ARGV[1])
if ARGV[1] ~= '' and not rank then return {} end
local first = rank and rank + 1 or 0
return redis.call('ZREVRANGE', KEYS[1], first, first + ARGV[2] - 1)
"""

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

    async def events(
        self, call_id: str, after: str = "0", *, wait: timedelta | None = None, within: float = OUT_OF_CALL
    ) -> Sequence[tuple[str, Event]]:
        """Return the events of the call *after* that id, each with its own id; if there are none, *wait* for one."""
        # To Redis, a block of 0 ms is for ever.
        block = None if wait is None else max(1, wait // timedelta(milliseconds=1))
        async with bounded(within + (block or 0) / 1000):
            streams: Any = await (self._waiting if block else self._redis).xread(
                {f"events:{call_id}": after}, block=block
            )
        return [(identity.decode(), _text(fields)) for _, entries in streams for identity, fields in entries]

    async def record_call(self, call: CallRecord, *, within: float = OUT_OF_CALL) -> None:
        """Add a call that is over to the history. The same call again replaces itself."""
        async with bounded(within):
            await self._redis.set(f"call:{call.id}", _CALL.dump_json(call))
            await self._redis.zadd("calls", {call.id: call.started.timestamp()})

    async def call(self, call_id: str, *, within: float = OUT_OF_CALL) -> CallRecord | None:
        """Return a call of the history, if it is there."""
        async with bounded(within):
            found: Any = await self._redis.get(f"call:{call_id}")
        return _CALL.validate_json(found) if found else None

    async def recent_calls(
        self, limit: int = 50, after: str | None = None, *, within: float = OUT_OF_CALL
    ) -> Sequence[CallRecord]:
        """Return calls of the history, latest beginning first: the page that follows the call *after*."""
        async with bounded(within):
            ids: Any = await self._redis.eval(_IDS_AFTER, 1, "calls", after or "", str(limit))
            calls = await self._values("call:", ids)
        return [_CALL.validate_json(call) for call in calls if call]

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


@asynccontextmanager
async def bounded(within: float) -> AsyncIterator[None]:
    """Give what is asked of Redis so many seconds. Raises `StoreError`, and nothing of the client library's."""
    try:
        async with asyncio.timeout(within):
            yield
    except (RedisError, OSError) as error:
        raise StoreError(f"Redis: {type(error).__name__}") from error


def _speech(name: str) -> str:
    return f"{{speech}}:{name}"


def _ms(time: timedelta) -> str:
    return str(time // timedelta(milliseconds=1))


def _text(fields: Mapping[bytes, bytes]) -> Event:
    return {name.decode(): value.decode() for name, value in fields.items()}
