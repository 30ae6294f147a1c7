"""Who comes in, and how often."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from redis import Redis

from assist.api.keys import Scope
from assist.api.reach import is_local
from assist.api.serving import serve_api
from assist.errors import ConfigurationError
from assist.settings import environment as whole
from assist.settings import read_settings
from assist.simulate.ports import free_port
from tests.api_rig import Api, environment, open_api


@pytest.fixture
async def api(tmp_path: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Api]:
    async with open_api(tmp_path, redis_url, monkeypatch) as opened:
        yield opened


async def test_without_any_key_whoever_is_on_this_machine_needs_none(api: Api) -> None:
    assert (await api.client.get("/v1/keys")).status_code == 200
    await api.key(Scope.READ)
    assert (await api.client.get("/v1/keys")).status_code == 401


@pytest.mark.parametrize("headers", [{"Host": "assist.attacker.example"}, {"Origin": "https://attacker.example"}])
async def test_nor_does_a_web_page_come_in_that_way(api: Api, headers: dict[str, str]) -> None:
    assert (await api.client.get("/v1/keys", headers=headers)).status_code == 403
    assert (await api.client.get("/v1/keys", headers={"Origin": "http://localhost:3000"})).status_code == 200


async def test_whoever_can_be_reached_by_others_always_asks_for_a_key(
    tmp_path: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_api(tmp_path, redis_url, monkeypatch, local=False) as api:
        assert (await api.client.get("/v1/calls")).status_code == 401


async def test_without_any_key_it_does_not_listen_for_others(api: Api, redis_url: str) -> None:
    with pytest.raises(ConfigurationError, match=r"0\.0\.0\.0:1 can be reached by others.*assist keys create"):
        await serve_api(read_settings(), ("0.0.0.0", 1), asyncio.Event())


@pytest.mark.parametrize(
    ("host", "local"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("10.0.0.1", False), ("::", False)],
)
def test_what_only_this_machine_reaches(host: str, local: bool) -> None:
    assert is_local(host) is local


@pytest.mark.parametrize("sent", ["", "Bearer", "Bearer ", "Basic dTpw", "Bearer ak_0123456789_wrong", "Bearer é"])
async def test_what_is_no_good_key_is_no_key(api: Api, sent: str) -> None:
    await api.key(Scope.READ)
    response = await api.client.get("/v1/calls", headers={b"Authorization": sent.encode("latin-1")})
    assert response.status_code == 401


async def test_too_many_requests_are_told_when_to_come_again(
    tmp_path: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_api(tmp_path, redis_url, monkeypatch, more={"ASSIST_API_RATE": "2"}) as api:
        responses = [await api.client.get("/v1/jobs") for _ in range(6)]
        codes = [response.status_code for response in responses]
    assert codes[:4] == [200] * 4
    assert codes[-1] == 429
    assert responses[-1].headers["retry-after"] == "1"
    assert responses[0].headers["ratelimit-policy"] == '"key";q=4;w=2'
    assert responses[0].headers["ratelimit"] == '"key";r=3;t=1'


@pytest.mark.slow
def test_the_process_answers_until_it_is_asked_to_stop(tmp_path: Path, redis_url: str) -> None:
    with Redis.from_url(redis_url) as redis:
        redis.flushdb()
    port = free_port()
    told = whole(**environment(tmp_path, redis_url, ASSIST_API_LISTEN=f"127.0.0.1:{port}"))
    command = [sys.executable, "-m", "assist", "api"]
    with subprocess.Popen(command, env=told, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        said = []
        for line in process.stderr:
            said.append(line)
            if "the API answers at" in line:
                break
        assert httpx.get(f"http://127.0.0.1:{port}/v1/jobs").status_code == 200, said
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert "assist keys create" in said[0]
