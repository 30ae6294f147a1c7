"""A long list of calls, read in pages: the first, one in the middle, the last."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import uuid4

from assist.api.paging import cursor_of
from assist.bench.api.load import at, open_line, request
from assist.bench.api.servers import Servers
from assist.store import CallRecord, TurnRecord, open_store

SIZE: Final = 50
AT_ONCE: Final = 200
ROUNDS: Final = 100
SHORT: Final = 1000
"""Calls of the list that the long one is compared with."""


@dataclass(frozen=True, slots=True)
class Pages:
    """How long a page of fifty took, at the median, in milliseconds."""

    calls: int
    first_ms: float
    middle_ms: float
    last_ms: float


async def pages(servers: Servers, counts: Sequence[int]) -> list[Pages]:
    """Return how long pages take of lists that grow to so many calls, one after the other."""
    found, made = [], list[CallRecord]()
    for count in counts:
        made += await _grow(servers.redis, len(made), count)
        found.append(await _read(servers, made))
    return found


async def _grow(url: str, first: int, count: int) -> list[CallRecord]:
    """Add calls to the history, each later than those before, until there are so many."""
    calls = [_call(number) for number in range(first, count)]
    async with open_store(url, timedelta(days=1)) as store:
        for begin in range(0, len(calls), AT_ONCE):
            await asyncio.gather(*(store.history.record(call, within=60.0) for call in calls[begin : begin + AT_ONCE]))
    return calls


def _call(number: int) -> CallRecord:
    began = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=number)
    turn = TurnRecord(620, 140, 20, 15, 810)
    ended = began + timedelta(seconds=90)
    return CallRecord(
        str(uuid4()), "clinica", "inbound", began, began, ended, "NORMAL_CLEARING", (turn,) * 5, Decimal("0.0123")
    )


async def _read(servers: Servers, calls: Sequence[CallRecord]) -> Pages:
    # A page goes back in time from the call before it.
    places = (None, calls[len(calls) // 2], calls[SIZE])
    sent = [request(_path(place), servers.key) for place in places]
    taken: list[list[float]] = [[], [], []]
    line = await open_line(servers.api)
    for _ in range(ROUNDS):
        for kind, one in enumerate(sent):
            begun = time.perf_counter()
            await line.ask(one)
            taken[kind].append(time.perf_counter() - begun)
    line.close()
    return Pages(len(calls), *(at(some, 50) for some in taken))


def _path(after: CallRecord | None) -> str:
    cursor = f"&cursor={cursor_of(after.started.timestamp(), after.id)}" if after else ""
    return f"/v1/calls?limit={SIZE}{cursor}"
