from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from redis.asyncio import Redis

from assist.campaign.bounds import limits
from assist.campaign.ledger import Ledger
from assist.campaign.model import Blocked, CampaignState, Claim, ContactState, Outcome, Result
from assist.campaign.plans import Plans
from assist.campaign.pump import WAIT, Pump
from assist.campaign.reaper import Reconciliation
from assist.store import Store, Worker, open_store
from tests.campaigns import lenient
from tests.dialing import FakeNode, own_ledger, plans
from tests.ledgers import ALWAYS, MADRID, people

FAST = {"cps": 50, "calls": 100}


@pytest.fixture
async def ledger(redis_url: str) -> AsyncIterator[Ledger]:
    async with own_ledger(redis_url) as lent:
        yield lent


@pytest.fixture
async def store(redis_url: str) -> AsyncIterator[Store]:
    async with open_store(redis_url, timedelta(days=1)) as lent, Redis.from_url(redis_url) as redis:
        await redis.delete("workers")
        await lent.worker_alive(Worker("pump", calls=0, capacity=100))
        yield lent
        await redis.delete("workers")


class Dials:
    """Takes claims down, and ends each at once if wanted."""

    def __init__(self, ledger: Ledger, *, ends: bool = False) -> None:
        self.claims: list[Claim] = []
        self._ledger = ledger
        self._ends = ends

    async def __call__(self, claim: Claim) -> None:
        self.claims.append(claim)
        if self._ends:
            assert await self._ledger.attempts.dialing(claim)
            assert await self._ledger.attempts.finish(claim.id, Result.HUMAN, Outcome.REACHED)


async def started(ledger: Ledger, store: Store, count: int, *nodes: FakeNode, **changes: Any) -> tuple[Pump, Plans]:
    fields = {"gateway": FAST, "pace": {"calls": 100, "kept": 0}}
    plan = plans(**{**fields, **changes})
    await ledger.create("c", limits(plan.get("c").campaign, lenient(), 100, 0))
    await ledger.add("c", people(count))
    await ledger.set_state("c", CampaignState.RUNNING)
    up = {f"node{number}": node for number, node in enumerate(nodes or (FakeNode(),))}
    return Pump(ledger, plan, store, Reconciliation(ledger, up)), plan


async def test_everybody_who_is_due_is_claimed_and_the_campaign_finishes(ledger: Ledger, store: Store) -> None:
    pump, _ = await started(ledger, store, 4)
    dials = Dials(ledger, ends=True)
    while await pump.pump("c", dials) is not None:
        pass
    assert sorted(claim.contact.id for claim in dials.claims) == ["p0", "p1", "p2", "p3"]
    assert (await ledger.counts("c")).state is CampaignState.FINISHED


async def test_no_more_are_claimed_than_may_be_called_at_once(ledger: Ledger, store: Store) -> None:
    pump, _ = await started(ledger, store, 9, pace={"calls": 3, "kept": 0})
    dials = Dials(ledger)
    while len(dials.claims) < 3:
        await pump.once("c", dials)
    while (await ledger.attempts.blocked("c", MADRID, ALWAYS)).reason is Blocked.CPS:
        pass
    await pump.once("c", dials)
    assert len(dials.claims) == 3


async def test_calls_are_shared_out_among_the_freeswitches_that_are_up(ledger: Ledger, store: Store) -> None:
    down = FakeNode()
    down.up = False
    pump, _ = await started(ledger, store, 3, down, FakeNode())
    dials = Dials(ledger)
    while len(dials.claims) < 3:
        await pump.once("c", dials)
    assert {claim.node for claim in dials.claims} == {"node1"}


async def test_nobody_is_called_when_no_freeswitch_is_up(ledger: Ledger, store: Store) -> None:
    down = FakeNode()
    down.up = False
    pump, _ = await started(ledger, store, 1, down)
    assert await pump.once("c", Dials(ledger)) == WAIT
    assert (await ledger.counts("c")).calls == 0


async def test_nobody_is_called_when_nobody_would_talk(ledger: Ledger, store: Store, redis_url: str) -> None:
    pump, _ = await started(ledger, store, 1)
    async with Redis.from_url(redis_url) as redis:
        await redis.delete("workers")
    assert await pump.once("c", Dials(ledger)) == WAIT
    assert (await ledger.counts("c")).calls == 0


async def test_room_is_kept_for_those_who_call_us(ledger: Ledger, store: Store) -> None:
    await store.worker_alive(Worker("pump", calls=88, capacity=100))
    pump, _ = await started(ledger, store, 9, pace={"calls": 9, "kept": 10})
    dials = Dials(ledger)
    while await pump.once("c", dials) != WAIT:
        pass
    assert len(dials.claims) == 2


async def test_a_campaign_that_is_paused_is_not_pumped(ledger: Ledger, store: Store) -> None:
    pump, _ = await started(ledger, store, 1)
    await ledger.set_state("c", CampaignState.PAUSED)
    assert await pump.pump("c", Dials(ledger)) is None
    assert await pump.running() == []


async def test_contacts_of_a_campaign_that_has_ended_expire(ledger: Ledger, store: Store) -> None:
    pump, _ = await started(ledger, store, 3, when={"ends": "2020-01-01", "holidays": "none"})
    dials = Dials(ledger)
    while await pump.once("c", dials) is not None:
        pass
    counts = await ledger.counts("c")
    assert (dials.claims, counts.outcomes) == ([], {Outcome.EXPIRED: 3})
    assert counts.states == {ContactState.DONE: 3}


async def test_what_the_file_says_now_limits_a_campaign_that_runs(ledger: Ledger, store: Store) -> None:
    pump, _ = await started(ledger, store, 9, pace={"calls": 9, "kept": 0})
    changed = plans(gateway=FAST, pace={"calls": 1, "kept": 0})
    pump = Pump(ledger, changed, store, Reconciliation(ledger, {"node": FakeNode()}))
    assert await pump.running() == ["c"]
    dials = Dials(ledger)
    await pump.once("c", dials)
    await pump.once("c", dials)
    assert len(dials.claims) == 1


async def test_a_campaign_whose_file_is_gone_is_not_pumped(
    ledger: Ledger, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    """And that is told once."""
    pump, plan = await started(ledger, store, 1)
    await ledger.create("gone", limits(plan.get("c").campaign, lenient(), 100, 0))
    await ledger.set_state("gone", CampaignState.RUNNING)
    for _ in range(3):
        assert await pump.running() == ["c"]
    assert [record.getMessage().splitlines()[0] for record in caplog.records] == [
        "campaign gone: nobody is called until this is mended:"
    ]
