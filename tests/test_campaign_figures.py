import asyncio
import math
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from assist.campaign.figures import LOST, RINGS, campaigns_look, lag, unknown
from assist.campaign.ledger import Durability, open_ledger
from assist.campaign.ledger.records import Live
from assist.campaign.ledger.views import Counts, Waiting
from assist.campaign.model import CampaignState, Claim, ContactState, Result
from assist.campaign.plans import Plans
from assist.metrics import ATTEMPTS, BLOCKED
from tests.campaigns import at, campaign, lenient
from tests.dialing import FakeCampaigns, plans
from tests.ledgers import MADRID, Clocked, clocked_ledger, people, person
from tests.redis_process import redis_process
from tests.scrapes import Numbers

NOON = at("2026-11-23 12:00")
COUNTS = Counts(CampaignState.RUNNING, {}, {}, {}, 0, 0.0, Decimal(0), None, {MADRID: Waiting(5, NOON - 600)})
LATE_HOURS = Plans(FakeCampaigns(campaign(name="c")), lenient(hours={"monday": "12:55-21:00"}))
"""They begin at 11:55 UTC."""


@pytest.fixture
async def clocked(redis_url: str) -> AsyncIterator[Clocked]:
    async with clocked_ledger(redis_url) as lent:
        yield lent


async def test_where_the_contacts_are_is_told_of_campaigns_that_go_on(clocked: Clocked) -> None:
    await clocked.start("c", people(5))
    await clocked.start("d", people(1))
    await clocked.ledger.set_state("d", CampaignState.CANCELLED)
    await clocked.dialed()
    sight = await campaigns_look(clocked.ledger, plans(), asyncio.Event())()
    numbers = Numbers(sight.metrics)
    assert numbers("assist_campaign_contacts", campaign="c", state="waiting") == 4
    assert numbers("assist_campaign_contacts", campaign="c", state="dialing") == 1
    assert numbers("assist_campaign_contacts") == 5
    assert numbers("assist_campaign_running", campaign="c") == 1
    assert sight.checks == {"dialing": True}


async def test_a_dialer_that_ends_is_not_ready(clocked: Clocked) -> None:
    stop = asyncio.Event()
    stop.set()
    assert (await campaigns_look(clocked.ledger, plans(), stop)()).checks == {"dialing": False}


async def test_without_redis_nothing_is_known(tmp_path: Path) -> None:
    with redis_process(tmp_path) as redis:
        async with open_ledger(redis.url, Durability.MEMORY) as ledger:
            redis.process.kill()
            redis.process.wait()
            sight = await campaigns_look(ledger, plans(), asyncio.Event())()
    assert (sight.metrics, sight.checks) == ((), {"dialing": False})


def test_a_campaign_that_might_call_and_does_not_lags() -> None:
    assert lag(COUNTS, plans(), "c", NOON) == 600
    assert lag(COUNTS, LATE_HOURS, "c", NOON) == 300, "since its hours began"


def test_a_campaign_that_calls_or_may_not_does_not_lag() -> None:
    assert lag(replace(COUNTS, calls=1), plans(), "c", NOON) == 0
    assert lag(replace(COUNTS, state=CampaignState.PAUSED), plans(), "c", NOON) == 0
    assert lag(COUNTS, LATE_HOURS, "c", NOON - 600) == 0, "before its hours"
    later = replace(COUNTS, groups={MADRID: Waiting(5, NOON + 60)})
    assert lag(later, plans(), "c", NOON) == 0


def test_a_campaign_whose_file_is_broken_lags_until_it_is_mended() -> None:
    assert lag(COUNTS, Plans(FakeCampaigns(), lenient()), "c", NOON) == math.inf


def live(state: ContactState, at: float, lease: float) -> Live:
    return Live(Claim("c", person(0), 1, 1, "node", lease), state, at)


@pytest.mark.parametrize(
    ("state", "dialed", "lease", "count"),
    [
        (ContactState.DIALING, 10, 20, 0),
        (ContactState.DIALING, RINGS + 1, 20, 1),
        (ContactState.DIALING, 20, -LOST - 1, 1),
        (ContactState.ANSWERED, RINGS + 1, 20, 0),
        (ContactState.ANSWERED, 20, -LOST - 1, 1),
        (ContactState.CLAIMED, RINGS + 1, -LOST - 1, 0),
    ],
)
def test_what_dials_too_long_or_is_not_heard_of_is_unknown(
    state: ContactState, dialed: float, lease: float, count: int
) -> None:
    assert unknown([live(state, NOON - dialed, NOON + lease)], NOON) == count


async def test_an_attempt_counts_once_by_its_result(clocked: Clocked) -> None:
    def busy() -> float:
        return Numbers(ATTEMPTS.collect())("assist_campaign_attempts_total", result="busy")

    await clocked.start("c", people(1))
    claim, before = await clocked.dialed(), busy()
    for _ in range(2):
        await clocked.ledger.attempts.finish(claim.id, Result.BUSY, time.time() + 60)
    assert busy() == before + 1


async def test_why_nobody_is_called_is_counted(clocked: Clocked) -> None:
    def not_running() -> float:
        return Numbers(BLOCKED.collect())("assist_campaign_blocked_total", reason="not_running")

    await clocked.start("c", people(1))
    await clocked.ledger.set_state("c", CampaignState.PAUSED)
    before = not_running()
    await clocked.claim()
    assert not_running() == before + 1
