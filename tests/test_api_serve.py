"""The API as one of the processes of `assist serve`."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from redis import Redis

from assist.settings import environment
from assist.simulate.ports import free_port
from tests.rigs import until
from tests.test_serve import served

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def no_keys(redis_url: str) -> None:
    with Redis.from_url(redis_url) as redis:
        redis.flushdb()


def is_api(process: int) -> bool:
    return b"api" in Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")


async def lives(url: str) -> int:
    """Return what the API answers, once it does."""
    async with asyncio.timeout(30), httpx.AsyncClient() as client:
        while True:
            try:
                return (await client.get(f"{url}/health/ready")).status_code
            except httpx.TransportError:
                await asyncio.sleep(0.1)


async def test_it_answers_beside_the_workers_and_is_replaced_when_it_dies(tmp_path: Path, redis_url: str) -> None:
    port = free_port()
    with served(tmp_path, redis_url, ASSIST_API_LISTEN=f"127.0.0.1:{port}", ASSIST_DURABLE="memory") as serving:
        assert await lives(f"http://127.0.0.1:{port}") == 200
        (api,) = filter(is_api, serving.processes)
        assert len(serving.processes) == 3
        os.kill(api, signal.SIGKILL)
        await until(lambda: api not in serving.processes)
        assert await lives(f"http://127.0.0.1:{port}") == 200


def test_a_place_that_others_reach_takes_a_key_before_anything_is_served(tmp_path: Path, redis_url: str) -> None:
    told = environment(REDIS_URL=redis_url, ASSIST_STATE_DIR=str(tmp_path), ASSIST_API_LISTEN="0.0.0.0:1")
    command = [sys.executable, "-m", "assist", "serve"]
    ended = subprocess.run(command, env=told, capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode == 2
    assert "assist keys create" in ended.stderr
    assert "has pid" not in ended.stderr
