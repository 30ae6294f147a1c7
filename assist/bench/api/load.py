"""Requests, as fast as they are answered: a client so plain that it takes little of the machine that it measures."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import quantiles
from typing import Final

from assist.errors import ConnectionLost

CONNECTIONS: Final = 8


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast one kind of request was answered."""

    per_second: float
    p50_ms: float
    p95_ms: float


class Line:
    """One connection that is kept."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        """Return the status and the body of the answer. Raises `ConnectionLost`."""
        self._writer.write(request)
        try:
            head = await self._reader.readuntil(b"\r\n\r\n")
            length = next(int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
            return int(head[9:12]), await self._reader.readexactly(length)
        except (asyncio.IncompleteReadError, StopIteration) as error:
            raise ConnectionLost("the server under measurement hung up") from error

    def close(self) -> None:
        self._writer.close()


async def open_line(port: int) -> Line:
    """Connect to a server of this machine. Raises `OSError`."""
    return Line(*await asyncio.open_connection("127.0.0.1", port))


def request(path: str, key: str = "", **headers: str) -> bytes:
    """Return a request as it is sent."""
    told = {"Host": "127.0.0.1", **headers} | ({"Authorization": f"Bearer {key}"} if key else {})
    lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in told.items()), "", ""]
    return "\r\n".join(lines).encode()


async def load(port: int, sent: bytes, seconds: float) -> list[float]:
    """Send *sent* over several connections for so long; return how many seconds each answer took."""
    lines = [await open_line(port) for _ in range(CONNECTIONS)]
    until = time.perf_counter() + seconds
    try:
        taken = await asyncio.gather(*(_repeat(line, sent, until) for line in lines))
    finally:
        for line in lines:
            line.close()
    return [one for some in taken for one in some]


async def _repeat(line: Line, sent: bytes, until: float) -> list[float]:
    taken = []
    while (begun := time.perf_counter()) < until:
        status, _ = await line.ask(sent)
        if status >= 400:
            raise ConnectionLost(f"the server under measurement answered {status}")
        taken.append(time.perf_counter() - begun)
    return taken


def pace(taken: Sequence[float], seconds: float) -> Pace:
    """Return *taken* in numbers."""
    p50, p95 = at(taken, 50), at(taken, 95)
    return Pace(round(len(taken) / seconds, 1), p50, p95)


def at(taken: Sequence[float], percent: int) -> float:
    """Return a percentile in milliseconds."""
    cuts = quantiles(taken, n=100, method="inclusive") if len(taken) > 1 else [*taken] * 99
    return round(cuts[percent - 1] * 1000, 3)
