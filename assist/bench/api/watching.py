"""Many who watch calls: how soon each hears of what happens, and what they take of the API's memory."""

import asyncio
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final
from uuid import uuid4

from assist.bench.api.load import at, request
from assist.bench.api.servers import Servers
from assist.call.events import Said
from assist.call.session import Session
from assist.call.speech import Manner
from assist.errors import ConnectionLost
from assist.journal import fields_of
from assist.llm import Dialog
from assist.store import Store, open_store

CALLS: Final = 100
"""That are watched."""
TOGETHER: Final = 50
"""Watchers that come at once."""
EVENTS: Final = 5
"""Of each."""
PATIENCE: Final = 60.0


@dataclass(frozen=True, slots=True)
class Watching:
    """What the watchers found."""

    watchers: int
    events: int
    """That were told, all together."""
    p50_ms: float
    """From when something happened until a watcher heard of it."""
    p95_ms: float
    kilobytes: float
    """Of the API's memory, by watcher."""


async def watching(servers: Servers, count: int) -> Watching:
    """Return what *count* watchers found. Raises `ConnectionLost` if one of them hears nothing."""
    async with open_store(servers.redis, timedelta(days=1)) as store:
        calls = [str(uuid4()) for _ in range(min(CALLS, count))]
        for call in calls:
            await _begin(store, call)
        before = _resident_kilobytes(servers.pid)
        connections = []
        for first in range(0, count, TOGETHER):
            some = range(first, min(first + TOGETHER, count))
            connections += await asyncio.gather(*(_watch(servers, calls[number % len(calls)]) for number in some))
        memory = _resident_kilobytes(servers.pid) - before
        late = await _measure(store, calls, [reader for reader, _ in connections])
        for _, writer in connections:
            writer.close()
    return Watching(count, len(late), at(late, 50), at(late, 95), round(memory / count, 1))


async def _begin(store: Store, call: str) -> None:
    """Let *call* be held, with something that was said."""
    session = Session("clinica", "1", Dialog("es"), Manner("es"), time.time())
    await store.save_session(call, session.to_json(), within=5.0)
    await store.add_event(call, fields_of(Said("Hola.", interrupted=False)), within=5.0)


async def _watch(servers: Servers, call: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", servers.api)
    writer.write(request(f"/v1/calls/{call}/events", servers.key, Accept="text/event-stream"))
    await _heard(reader)
    return reader, writer


async def _heard(reader: asyncio.StreamReader) -> float:
    """Return when the next event came whole."""
    try:
        async with asyncio.timeout(PATIENCE):
            await reader.readuntil(b"\nid: ")
            await reader.readuntil(b"\n\n")
    except (asyncio.IncompleteReadError, TimeoutError) as error:
        raise ConnectionLost("the server under measurement let a watcher go, or told it nothing") from error
    return time.perf_counter()


async def _measure(store: Store, calls: list[str], readers: list[asyncio.StreamReader]) -> list[float]:
    late: list[float] = []
    for _ in range(EVENTS):
        hearing = [asyncio.create_task(_heard(reader)) for reader in readers]
        happened: dict[str, float] = {}
        for call in calls:
            happened[call] = time.perf_counter()
            await store.add_event(call, fields_of(Said("Un momento.", interrupted=False)), within=5.0)
            # As calls do: not all at once.
            await asyncio.sleep(0.01)
        heard = await asyncio.gather(*hearing)
        late += [moment - happened[calls[number % len(calls)]] for number, moment in enumerate(heard)]
    return late


def _resident_kilobytes(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return next(float(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
