"""Tests for the process that tells what happens: two at once, and one that is killed in the middle."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from aiohttp import ClientSession, web
from redis.asyncio import Redis

from assist.call.events import Said
from assist.settings import read_settings
from assist.simulate.ports import free_port
from assist.store import CallRecord, Store, open_store
from assist.webhooks.keys import Keys
from assist.webhooks.model import DeliveryState, EventType
from assist.webhooks.running import run_webhooks
from assist.webhooks.service import Webhooks, open_webhooks
from tests.fast_time import hasten
from tests.redis_process import redis_process
from tests.service import GREETING, environment_of, install, open_house, write_assistant
from tests.webhooks import Receiver, verified

pytestmark = pytest.mark.slow


@dataclass(frozen=True, slots=True)
class Installation:
    """One with a Redis of its own, and a receiver on this machine."""

    redis: Redis
    store: Store
    webhooks: Webhooks
    receiver: Receiver
    url: str

    async def call_ends(self) -> str:
        """Let a call be over, and return its id."""
        call, now = str(uuid4()), datetime.now(UTC)
        await self.store.history.record(CallRecord(call, "clinica", "inbound", now, now, now, "NORMAL_CLEARING"))
        return call

    async def delivered(self, endpoint: str, count: int) -> set[str]:
        """Return the calls that *endpoint* was told of, once there are so many."""
        async with asyncio.timeout(60):
            while True:
                page = await self.webhooks.queue.page(endpoint, DeliveryState.DELIVERED, limit=1000)
                if len(page.deliveries) >= count:
                    return {str(delivery.event.data["call"]) for delivery in page.deliveries}
                await asyncio.sleep(0.05)


@asynccontextmanager
async def receiving() -> AsyncIterator[tuple[Receiver, str]]:
    """Lend a receiver on this machine, without TLS, and its address."""
    receiver = Receiver()
    runner = web.ServerRunner(web.Server(receiver), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield receiver, f"http://127.0.0.1:{runner.addresses[0][1]}/"
    await runner.cleanup()


@asynccontextmanager
async def installed(redis_url: str, receiver: Receiver, url: str) -> AsyncIterator[Installation]:
    async with (
        Redis.from_url(redis_url, protocol=2) as client,
        open_store(redis_url, timedelta(days=1)) as store,
        open_webhooks(read_settings(), redis_url) as webhooks,
    ):
        yield Installation(client, store, webhooks, receiver, url)


@pytest.fixture
async def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Installation]:
    monkeypatch.setenv("ASSIST_WEBHOOKS_LOOPBACK", "true")
    with redis_process(tmp_path) as redis:
        monkeypatch.setenv("REDIS_URL", redis.url)
        async with receiving() as (receiver, url), installed(redis.url, receiver, url) as installation:
            yield installation


@asynccontextmanager
async def telling() -> AsyncIterator[asyncio.subprocess.Process]:
    """Lend a process that tells; it is killed, if it is still there."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "assist", "webhooks", "run")
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_what_happens_is_told_once_by_two_at_once(installation: Installation) -> None:
    endpoint, secret = await installation.webhooks.endpoints.create(installation.url, [EventType.CALL_ENDED])
    async with telling(), telling():
        calls = {await installation.call_ends() for _ in range(200)}
        assert await installation.delivered(endpoint.id, 200) == calls
    assert len(installation.receiver.ids) == len({*installation.receiver.ids}) == 200
    request, body = await installation.receiver.next()
    assert verified(secret, request, body)["data"]["call"] in calls


async def test_whoever_is_killed_in_the_middle_loses_nothing(installation: Installation) -> None:
    receiver = installation.receiver
    receiver.slow = "/"
    endpoint, _ = await installation.webhooks.endpoints.create(installation.url, [EventType.CALL_ENDED])
    calls = {await installation.call_ends() for _ in range(20)}
    async with telling():
        await receiver.next()
    receiver.slow = None
    await _pass_leases(installation, endpoint.id)
    async with telling():
        assert await installation.delivered(endpoint.id, 20) == calls


async def test_what_was_told_is_counted(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    monkeypatch.setenv("ASSIST_METRICS_LISTEN", f"127.0.0.1:{port}")
    endpoint, _ = await installation.webhooks.endpoints.create(installation.url, [EventType.CALL_ENDED])
    async with telling():
        await installation.call_ends()
        await installation.delivered(endpoint.id, 1)
        async with ClientSession() as session, session.get(f"http://127.0.0.1:{port}/metrics") as answer:
            numbers = await answer.text()
    assert 'assist_webhook_deliveries_total{outcome="delivered"} 1.0' in numbers


async def test_whoever_is_asked_to_stop_does(installation: Installation) -> None:
    endpoint, _ = await installation.webhooks.endpoints.create(installation.url, [EventType.CALL_ENDED])
    async with telling() as process:
        await installation.call_ends()
        await installation.delivered(endpoint.id, 1)
        process.terminate()
        assert await process.wait() == 0


async def test_redis_may_come_and_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSIST_WEBHOOKS_LOOPBACK", "true")
    stop = asyncio.Event()
    async with receiving() as (receiver, url):
        with redis_process(tmp_path, "--appendonly", "yes", "--appendfsync", "always") as redis:
            running = asyncio.create_task(run_webhooks(read_settings(), redis.url, stop))
            async with installed(redis.url, receiver, url) as before:
                endpoint, _ = await before.webhooks.endpoints.create(url, [EventType.CALL_ENDED])
                calls = {await before.call_ends()}
                await before.delivered(endpoint.id, 1)
            redis.process.kill()
            redis.process.wait()
        with redis_process(tmp_path, "--appendonly", "yes") as redis:
            async with installed(redis.url, receiver, url) as after:
                calls.add(await after.call_ends())
                assert await after.delivered(endpoint.id, 2) == calls
            stop.set()
            await running


async def test_a_call_is_told_from_its_beginning_to_what_was_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A whole call over the simulated line, through a real worker."""
    hasten()
    (tmp_path / "assistants").mkdir()
    write_assistant(tmp_path / "assistants", "uno")
    install()
    stop = asyncio.Event()
    with redis_process(tmp_path) as redis:
        own = {**environment_of(tmp_path, redis.url, free_port()), "ASSIST_WEBHOOKS_LOOPBACK": "true"}
        for name, value in own.items():
            monkeypatch.setenv(name, value)
        async with receiving() as (receiver, url), installed(redis.url, receiver, url) as installation:
            wanted = [EventType.CALL_STARTED, EventType.CALL_ENDED, EventType.CALL_TRANSCRIPT]
            _, secret = await installation.webhooks.endpoints.create(url, wanted, transcripts=True)
            running = asyncio.create_task(run_webhooks(read_settings(), redis.url, stop))
            async with open_house(read_settings(), redis.url) as home, home.ring("uno") as call:
                started = verified(secret, *await receiver.next())
                await home.told(call, Said)
                await call.hang_up()
                over = [verified(secret, *await receiver.next()) for _ in range(2)]
            stop.set()
            await running
    told = {one["type"]: one["data"] for one in (started, *over)}
    assert told["call.started"] == {"call": call.id, "assistant": "uno", "direction": "inbound"}
    assert told["call.ended"]["cause"] == "NORMAL_CLEARING"
    assert [words["text"] for words in told["call.transcript"]["words"]] == [GREETING]


async def _pass_leases(installation: Installation, endpoint: str) -> None:
    """Let half a minute pass for what was being sent."""
    waiting = Keys()("waiting", endpoint)
    found: Any = await installation.redis.zrange(waiting, 0, -1)
    await installation.redis.zadd(waiting, dict.fromkeys(found, 0))
