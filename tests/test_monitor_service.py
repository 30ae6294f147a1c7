"""`assist serve` as processes, watched over HTTP while calls are held, while a worker dies, and while it stops."""

import asyncio
import json
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from assist.call.events import Turn
from assist.simulate.caller import Step
from assist.simulate.ports import free_port
from tests.rigs import until
from tests.scrapes import fetched, scraped, scraped_when
from tests.service import LONG, MIDDLE, SHORT, UTTERANCES, follows
from tests.test_serve import Serving, holder, listens, served

# In real time, on a machine that others use too: what fails is looked at once more.
pytestmark = [pytest.mark.slow, pytest.mark.flaky(reruns=1)]

PARTS = ("end_of_turn", "stt", "llm", "tts")


@dataclass(frozen=True, slots=True)
class Watched:
    serving: Serving
    port: int


@pytest.fixture
def watched(tmp_path: Path, redis_url: str) -> Iterator[Watched]:
    port = free_port()
    with served(tmp_path, redis_url, ASSIST_METRICS_LISTEN=f"127.0.0.1:{port}") as serving:
        yield Watched(serving, port)


async def readiness(port: int) -> tuple[int, dict[str, bool]]:
    status, text = await fetched(port, "/health/ready")
    return status, json.loads(text)["checks"]


async def test_the_parts_of_the_turns_of_a_call_add_up_to_what_the_caller_waited(watched: Watched) -> None:
    async with watched.serving.house() as home, home.ring("uno") as call:
        await follows(call, Step(say=SHORT), Step(say=MIDDLE))
        await home.told(call, Turn, 2)
        during = await scraped(watched.port)
        await call.hang_up()
        events = [event for event in await home.events(call) if isinstance(event, Turn)]
        numbers = await scraped_when(watched.port, lambda now: now("assist_calls_total"))
    assert during("assist_calls_active", direction="inbound") == 1
    assert numbers("assist_calls_active") == 0
    assert numbers("assist_calls_total", result="held", hangup_cause="NORMAL_CLEARING") == 1
    waits = [event.first_audio_ms for event in events if event.first_audio_ms is not None]
    assert len(waits) == 2
    assert numbers("assist_turn_latency_seconds_count", stage="total") == 2
    total = numbers("assist_turn_latency_seconds_sum", stage="total")
    assert total == pytest.approx(sum(waits) / 1000)
    parts = sum(numbers("assist_turn_latency_seconds_sum", stage=part) for part in PARTS)
    # Each is rounded to a millisecond.
    assert parts == pytest.approx(total, abs=0.0005 * (len(PARTS) + 1) * len(waits))
    assert numbers("assist_turns_total") == 2
    assert numbers("assist_provider_requests_total", provider="fast", op="llm") >= 2
    assert numbers("assist_provider_latency_seconds_count", provider="fast", op="stt") >= 2


async def test_what_a_killed_worker_counted_stays_and_its_calls_in_progress_go(watched: Watched) -> None:
    async with watched.serving.house() as home, home.ring("uno") as call:
        await follows(call, Step(say=SHORT), Step(say=SHORT, over=1.0))
        before = await scraped_when(watched.port, lambda now: now("assist_turns_total"))
        assert before("assist_calls_active") == 1
        os.kill(await holder(watched.serving, home.store), signal.SIGKILL)
        await call.say(UTTERANCES[LONG])
        after = await scraped_when(watched.port, lambda now: now("assist_turns_total") > before("assist_turns_total"))
        assert after("assist_calls_active") == 1, "by the one that took it over"
        await follows(call, Step(hang_up=True, over=0.5))
        numbers = await scraped_when(watched.port, lambda now: now("assist_calls_total"))
    assert numbers("assist_call_takeovers_total", result="resumed") == 1
    assert numbers("assist_calls_active") == 0
    assert numbers("assist_calls_total") == 1
    assert numbers("assist_turn_latency_seconds_count", stage="total") >= before("assist_turns_total")


async def test_it_is_ready_while_workers_take_calls_and_not_while_it_ends(watched: Watched) -> None:
    async with watched.serving.house() as home, home.ring("uno") as call:
        await until_ready(watched.port)
        await follows(call, Step())
        watched.serving.parent.send_signal(signal.SIGTERM)
        await until(lambda: not listens(watched.serving.port))
        status, checks = await readiness(watched.port)
        assert (status, checks["workers"]) == (503, False)
        assert (await fetched(watched.port, "/health/live"))[0] == 200
        assert (await scraped(watched.port))("assist_calls_active") == 1, "it is finished"
        await call.hang_up()


async def until_ready(port: int) -> None:
    async with asyncio.timeout(20):
        while True:
            status, checks = await readiness(port)
            if status == 200:
                assert checks == {"workers": True, "stt": True, "llm": True, "tts": True, "redis": True}
                return
            await asyncio.sleep(0.05)
