"""The API's process is killed while a call that it placed rings: whoever asks again gets that call, and no other."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from assist.api.keys import Scope
from assist.settings import environment
from assist.simulate.ports import free_port
from tests.rigs import until
from tests.test_api_calls_live import HUMAN, name_of, opened

pytestmark = pytest.mark.slow


@asynccontextmanager
async def process(port: int) -> AsyncIterator[asyncio.subprocess.Process]:
    """Lend `assist api`, once it answers and has found FreeSWITCH; it may be dead afterwards."""
    told = environment(ASSIST_API_LISTEN=f"127.0.0.1:{port}")
    running = await asyncio.create_subprocess_exec(sys.executable, "-m", "assist", "api", env=told)
    try:
        async with asyncio.timeout(60), httpx.AsyncClient() as client:
            while not await ready(client, port):  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.1)
        yield running
    finally:
        if running.returncode is None:
            running.kill()
        await running.wait()


async def ready(client: httpx.AsyncClient, port: int) -> bool:
    try:
        checks = (await client.get(f"http://127.0.0.1:{port}/health/ready")).json()["checks"]
    except httpx.TransportError:
        return False
    return all(checks.values())


async def place(port: int, key: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": "order-1"}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
        while True:
            answer = await client.post("/v1/calls", json={"to": HUMAN, "assistant": "uno"}, headers=headers)
            # Until the lease of the one that was killed is over, and until FreeSWITCH was reached.
            if answer.status_code not in (409, 503):
                return answer
            await asyncio.sleep(0.2)


async def test_a_call_whose_process_was_killed_is_unknown_and_not_placed_again(
    tmp_path: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path, redis_url, monkeypatch) as (api, home):
        key = await api.key(Scope.CALLS, Scope.READ)
        first, second = free_port(), free_port()
        async with process(first) as running:
            placed = (await place(first, key)).json()
            await until(lambda: placed["id"] in home.line.board.sessions)
            running.send_signal(signal.SIGKILL)
            await running.wait()
        # Nobody was there to hear how it ended.
        home.line.board.sessions[placed["id"]].hang_up("ORIGINATOR_CANCEL")
        # The answer is forgotten, as if it had never been given.
        await api.rooms.shelf.drop(name_of(key, "order-1"))
        async with process(second), api.as_(key) as client:
            again = await place(second, key)
            assert not home.line.board.sessions
            async with asyncio.timeout(30):
                while (found := await state(client, placed["id"])) == "calling":  # noqa: ASYNC110 - as users do
                    await asyncio.sleep(0.1)
    assert (again.status_code, again.json()["id"]) == (202, placed["id"])
    assert found == "unknown"


async def state(client: httpx.AsyncClient, call: str) -> str:
    return str((await client.get(f"/v1/calls/{call}")).json()["state"])
