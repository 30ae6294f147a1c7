"""An installation with calls, campaigns and recordings, in a Redis of its own."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from redis.asyncio import Redis

from assist.call.channel import Direction, Line
from assist.call.events import Ended, Heard, Said
from assist.campaign.ledger import Durability, Ledger, open_ledger
from assist.journal import Journal
from assist.store import Store, open_store
from assist.whose import findable
from tests.redis_process import redis_process

ANA, EVA = "+34612345678", "+34687654321"
YEAR = timedelta(days=365)
SAID = "Me llamo Ana."


@dataclass(frozen=True, slots=True)
class Installation:
    url: str
    redis: Redis
    store: Store
    ledger: Ledger
    recordings: Path

    async def called(self, number: str, *, began: datetime | None = None, over: bool = True) -> str:
        """Let *number* have called, and been recorded, and return the call's id. Not *over*: it goes on."""
        began = began or datetime.now(UTC)
        line = Line(str(uuid4()), Direction.INBOUND, number.removeprefix("+34"), "Ana", "+34910000001", "uno")
        async with (
            findable(self.store.callers, line, "ES", began, YEAR),
            Journal(self.store, line, "uno", began) as told,
        ):
            await self.store.save_session(line.id, SAID.encode())
            for event in (Heard(SAID, keyed=False), Said("Hola, Ana.", interrupted=False)):
                told.write(event)
            if over:
                told.write(Ended("NORMAL_CLEARING", {}))
                await told.conclude()
        self.record(line.id)
        return line.id

    def record(self, call: str) -> Path:
        self.recordings.mkdir(exist_ok=True)
        path = self.recordings / f"{call}.wav"
        path.write_bytes(b"RIFF")
        return path

    async def has(self, *wanted: str) -> list[str]:
        """Return which of *wanted* can be read anywhere in Redis."""
        found = set()
        async for key in self.redis.scan_iter():
            text = repr(key) + repr(await self._value(key))
            found |= {one for one in wanted if repr(one.encode())[2:-1] in text}
        return sorted(found)

    async def _value(self, key: bytes) -> object:
        kind = await self.redis.type(key)
        readers: dict[str, Callable[[], Awaitable[object]]] = {
            "string": lambda: self.redis.get(key),
            "hash": lambda: self.redis.hgetall(key.decode()),
            "list": lambda: self.redis.lrange(key.decode(), 0, -1),
            "set": lambda: self.redis.smembers(key.decode()),
            "zset": lambda: self.redis.zrange(key.decode(), 0, -1),
            "stream": lambda: self.redis.xrange(key.decode()),
        }
        return await readers[kind.decode() if isinstance(kind, bytes) else kind]()


@asynccontextmanager
async def installation(directory: Path) -> AsyncIterator[Installation]:
    """Lend one that nothing has happened in."""
    with redis_process(directory) as redis:
        async with (
            open_store(redis.url, YEAR) as store,
            open_ledger(redis.url, Durability.MEMORY) as ledger,
            Redis.from_url(redis.url, protocol=2) as client,
        ):
            yield Installation(redis.url, client, store, ledger, directory / "recordings")
