"""What a dialer tells while it works: real dialer, worker and Redis; only the line is simulated."""

import asyncio
import json
from dataclasses import replace

import pytest
from redis.asyncio import Redis

from assist.campaign.bounds import limits
from assist.campaign.files import read_files
from assist.campaign.model import CampaignState, Contact
from assist.campaign.service import ledger_of, run_dialer
from assist.settings import Settings
from assist.simulate.ports import free_port
from tests.ledgers import MADRID
from tests.scrapes import Numbers, fetched, scraped, scraped_when
from tests.service import open_house
from tests.test_campaign_service import PASSWORD, settings

__all__ = ["settings"]

pytestmark = [pytest.mark.slow, pytest.mark.flaky(reruns=1)]

BUSY = "+34910000100"


async def test_a_dialer_tells_what_becomes_of_its_campaigns(settings: Settings, redis_url: str) -> None:
    port, stop = free_port(), asyncio.Event()
    watched = replace(settings, metrics=settings.metrics.model_copy(update={"listen": ("127.0.0.1", port)}))
    async with Redis.from_url(redis_url) as redis:
        await redis.flushdb()
    async with (
        open_house(watched, redis_url) as home,
        home.line.event_socket(PASSWORD, settings.esl.port),
        ledger_of(settings, redis_url) as ledger,
        asyncio.TaskGroup() as dialing,
    ):
        dialing.create_task(run_dialer(watched, stop))
        before = await told(port)
        plans = read_files(settings).plans
        await ledger.create("c", limits(plans.get("c").campaign, plans.policies, 50, 0))
        await ledger.add("c", [Contact("ana", BUSY, MADRID, {"nombre": "Ana"})])
        assert await ledger.set_state("c", CampaignState.RUNNING)
        numbers = await scraped_when(
            port, lambda now: now("assist_campaign_attempts_total") > before("assist_campaign_attempts_total")
        )
        status, text = await fetched(port, "/health/ready")
        stop.set()
    for name, labels in (
        ("assist_campaign_attempts_total", {"result": "busy"}),
        ("assist_call_setup_seconds_count", {"direction": "outbound", "outcome": "failed"}),
    ):
        assert numbers(name, **labels) == before(name, **labels) + 1
    for name in ("assist_campaign_violations_total", "assist_dial_duplicates_total"):
        assert numbers(name) == before(name)
    assert numbers("assist_attempts_unknown") == 0
    assert numbers("assist_switch_up") == 1
    assert numbers("assist_esl_connections") >= 1
    assert (status, json.loads(text)["checks"]) == (200, {"dialing": True, "redis": True, "switch": True})
    assert BUSY not in str(numbers.samples)


async def told(port: int) -> Numbers:
    """Return the first numbers that it tells."""
    async with asyncio.timeout(30):
        while True:
            try:
                return await scraped(port)
            except OSError:
                await asyncio.sleep(0.05)
