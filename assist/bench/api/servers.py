"""The API and a bare route, each a process of its own, over a Redis of their own."""

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from redis.asyncio import Redis

from assist.api.keys import Keys, Scope
from assist.bench.api.load import open_line
from assist.bench.campaign.server import RedisServer
from assist.errors import ConnectionLost
from assist.settings import environment
from assist.simulate.ports import free_port

READY: Final = 90.0
"""Seconds in which a server must answer."""


@dataclass(frozen=True, slots=True)
class Servers:
    """What is measured."""

    api: int
    """Port."""
    bare: int
    """Port."""
    pid: int
    """Of the API."""
    redis: str
    """URL."""
    key: str
    """That may do everything."""


@asynccontextmanager
async def open_servers() -> AsyncIterator[Servers]:
    """Lend them. Raises `ConnectionLost` if they do not come up."""
    with tempfile.TemporaryDirectory() as folder:
        async with RedisServer(Path(folder)) as server, Redis.from_url(server.url, protocol=2) as redis:
            _, key = await Keys(redis).create("bench", [Scope.ADMIN])
            bare, api = free_port(), free_port()
            told = {
                "REDIS_URL": server.url,
                "ASSIST_API_LISTEN": f"127.0.0.1:{api}",
                "ASSIST_API_RATE": "1000000",
                "ASSIST_STATE_DIR": folder,
                "ASSIST_METRICS_LISTEN": "",
            }
            async with (
                _process(environment(**told), "assist", "api") as pid,
                _process(environment(), "assist.bench.api.bare", str(bare)),
            ):
                await asyncio.gather(_answers(bare), _answers(api))
                yield Servers(api, bare, pid, server.url, key)


@asynccontextmanager
async def _process(told: dict[str, str], *command: str) -> AsyncIterator[int]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", *command, env=told, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        yield process.pid
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _answers(port: int) -> None:
    until = asyncio.get_running_loop().time() + READY
    while True:
        try:
            (await open_line(port)).close()
            return
        except OSError as error:
            if asyncio.get_running_loop().time() > until:
                raise ConnectionLost(f"the server under measurement does not come up in {READY:g} s") from error
            await asyncio.sleep(0.05)
