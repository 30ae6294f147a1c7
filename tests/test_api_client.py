"""A client that is generated from the API's own document places a call, and follows it to its end."""

import asyncio
import json
import sys
from pathlib import Path

import httpx
import pytest

from assist.api.keys import Scope
from assist.api.serving import serve_api
from assist.settings import environment, read_settings
from assist.simulate.ports import free_port
from tests.service import GREETING
from tests.test_api_calls_live import HUMAN, opened, told

pytestmark = [pytest.mark.slow, pytest.mark.flaky(reruns=1)]

PROGRAM = """
import json, sys, time
from assist_client import AuthenticatedClient
from assist_client.api.calls import follow_call, get_call, list_calls, place_call
from assist_client.models import NewCall

url, key, number = sys.argv[1:]
client = AuthenticatedClient(base_url=url, token=key, raise_on_unexpected_status=True)
placed = place_call.sync(client=client, body=NewCall(to=number, assistant="uno"), idempotency_key="order-1")
again = place_call.sync(client=client, body=NewCall(to=number, assistant="uno"), idempotency_key="order-1")
assert placed.id == again.id
print(placed.id, flush=True)
events = follow_call.sync(client=client.with_timeout(60), call_id=placed.id)
ended = get_call.sync(client=client, call_id=placed.id)
while not (listed := list_calls.sync(client=client, limit=5).items):
    time.sleep(0.05)
print(json.dumps({"events": events, "state": ended.state, "listed": [str(one.id) for one in listed]}))
"""


async def test_a_generated_client_places_a_call_and_follows_it_to_its_end(
    tmp_path: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path, redis_url, monkeypatch) as (api, home):
        key = await api.key(Scope.READ, Scope.CALLS)
        stop, port = asyncio.Event(), free_port()
        url = f"http://127.0.0.1:{port}"
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(serve_api(read_settings(), ("127.0.0.1", port), stop))
            await generate(tmp_path, await document(url))
            variables = environment(PYTHONPATH=str(tmp_path))
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-c", PROGRAM, url, key, HUMAN, stdout=asyncio.subprocess.PIPE, env=variables
            )
            assert process.stdout
            call = (await process.stdout.readline()).decode().strip()
            await told(api, call, "Said", GREETING)
            home.line.board.sessions[call].hang_up("NORMAL_CLEARING")
            found = json.loads(await process.stdout.read())
            assert await process.wait() == 0
            stop.set()
    kinds = [line.removeprefix("event: ") for line in found["events"].splitlines() if line.startswith("event: ")]
    assert (kinds[0], kinds[-1]) == ("started", "ended")
    assert GREETING in found["events"]
    assert (found["state"], found["listed"]) == ("ended", [call])


async def document(url: str) -> bytes:
    """Return the API's document, once it answers."""
    async with asyncio.timeout(20), httpx.AsyncClient() as client:
        while True:
            try:
                return (await client.get(f"{url}/v1/openapi.json")).content
            except httpx.TransportError:
                await asyncio.sleep(0.05)


async def generate(folder: Path, text: bytes) -> None:
    (folder / "openapi.json").write_bytes(text)
    (folder / "generator.yaml").write_text("post_hooks: []\n", encoding="utf-8")
    command = [str(Path(sys.executable).with_name("openapi-python-client")), "generate", "--meta", "none"]
    command += ["--path", str(folder / "openapi.json"), "--config", str(folder / "generator.yaml")]
    command += ["--output-path", str(folder / "assist_client")]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.DEVNULL)
    assert await process.wait() == 0
