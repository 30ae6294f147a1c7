import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4, uuid5

import pytest
from redis.asyncio import Redis

from assist.campaign.causes import End
from assist.campaign.ledger import Durability, open_ledger
from assist.campaign.model import NAMESPACE, Blocked, Breaker, ContactState, Outcome, Refusal, Result, attempt_id
from assist.campaign.reaper import GIVEN_UP, Reaper, Reconciliation
from assist.errors import StoreError
from assist.store import CallRecord, Store, open_store
from tests.dialing import BUSY, FakeNode, plans
from tests.ledgers import LIMITS, Clocked, clocked_ledger, people
from tests.redis_process import redis_process


@pytest.fixture
async def clocked(redis_url: str) -> AsyncIterator[Clocked]:
    async with clocked_ledger(redis_url) as lent:
        yield lent


@pytest.fixture
async def store(redis_url: str) -> AsyncIterator[Store]:
    async with open_store(redis_url, timedelta(days=1)) as lent, Redis.from_url(redis_url) as redis:
        yield lent
        for number in range(5):
            call = attempt_id("c", f"p{number}", 1)
            await redis.delete(f"call:{call}", f"events:{call}")


@pytest.fixture
def node() -> FakeNode:
    return FakeNode()


@pytest.fixture
def reaper(clocked: Clocked, store: Store, node: FakeNode) -> Reaper:
    return Reaper(clocked.ledger, plans(), {"node": node}, store)


async def settled(clocked: Clocked, reaper: Reaper) -> None:
    """Let all leases run out, and the reaper look twice, as it does for whoever ends just when he is looked for."""
    for _ in range(2):
        await clocked.later(31)
        await reaper.reap()


async def test_a_claim_that_lapsed_was_never_sent_and_waits_again(clocked: Clocked, reaper: Reaper) -> None:
    await clocked.start("c", people(1))
    claim = await clocked.claimed()
    await clocked.later(31)
    await reaper.reap()
    again = await clocked.claimed()
    assert (again.id, again.fence > claim.fence) == (claim.id, True)


async def test_a_call_that_its_freeswitch_does_not_know_is_used_up(
    clocked: Clocked, reaper: Reaper, node: FakeNode
) -> None:
    """It was restarted, or has no memory: nobody knows whether it rang."""
    await clocked.start("c", people(1))
    node.seconds = 0.0
    await clocked.dialed()
    await reaper.reap()
    assert (await clocked.ledger.counts("c")).calls == 1, "its lease has not run out"
    await settled(clocked, reaper)
    standing = await clocked.ledger.contact("c", "p0")
    assert standing is not None
    assert (standing.outcome, [past.result for past in standing.past]) == (Outcome.UNKNOWN, [Result.UNKNOWN])


async def test_a_call_that_its_freeswitch_would_remember_was_never_sent(clocked: Clocked, reaper: Reaper) -> None:
    await clocked.start("c", people(1))
    await clocked.dialed()
    await settled(clocked, reaper)
    assert (await clocked.ledger.counts("c")).results == {Result.FAILED: 1}


async def test_a_call_that_ends_just_when_it_is_looked_for_is_looked_for_again(
    clocked: Clocked, reaper: Reaper, node: FakeNode
) -> None:
    await clocked.start("c", people(1))
    claim = await clocked.dialed()
    await clocked.later(31)
    await reaper.reap()
    assert await clocked.ledger.attempts.get(claim.id) is not None
    node.remembered[claim.id] = End("USER_BUSY", 486)
    await clocked.later(3)
    await reaper.reap()
    assert (await clocked.ledger.counts("c")).results == {Result.BUSY: 1}


async def test_a_call_that_lives_is_waited_for(clocked: Clocked, reaper: Reaper, node: FakeNode) -> None:
    await clocked.start("c", people(1))
    claim = await clocked.dialed()
    node.living.add(claim.id)
    for _ in range(3):
        await clocked.later(31)
        await reaper.reap()
    assert (await clocked.ledger.counts("c")).states == {ContactState.DIALING: 1}
    node.living.clear()
    node.remembered[claim.id] = BUSY
    await clocked.later(31)
    await reaper.reap()
    assert (await clocked.ledger.counts("c")).results == {Result.BUSY: 1}


async def test_nothing_is_decided_while_the_freeswitch_cannot_be_asked(
    clocked: Clocked, reaper: Reaper, node: FakeNode
) -> None:
    await clocked.start("c", people(2))
    await clocked.dialed()
    node.up = False
    await clocked.later(31)
    await reaper.reap()
    assert (await clocked.ledger.counts("c")).states == {ContactState.DIALING: 1, ContactState.WAITING: 1}
    assert await clocked.ledger.attempts.expired() == [], "others are not kept waiting by it"
    node.up = True
    await settled(clocked, reaper)
    assert (await clocked.ledger.counts("c")).results == {Result.FAILED: 1}


async def test_a_call_of_a_freeswitch_that_others_have_is_left_to_them(
    clocked: Clocked, reaper: Reaper, store: Store, node: FakeNode
) -> None:
    await clocked.at(time.time())
    await clocked.start("c", people(1))
    claim = await clocked.dialed()
    await clocked.later(31)
    await Reaper(clocked.ledger, plans(), {"another": FakeNode()}, store).reap()
    assert [live.claim.id for live in await clocked.ledger.attempts.expired()] == [claim.id], "they find it"


async def test_a_call_of_a_freeswitch_that_is_gone_for_good_is_used_up(clocked: Clocked, store: Store) -> None:
    await clocked.at(time.time() - GIVEN_UP - 60)
    await clocked.start("c", people(1))
    await clocked.dialed()
    await clocked.later(31)
    await Reaper(clocked.ledger, plans(), {}, store).reap()
    assert (await clocked.ledger.counts("c")).results == {Result.UNKNOWN: 1}


async def test_what_the_history_knows_of_a_call_counts(clocked: Clocked, reaper: Reaper, store: Store) -> None:
    await clocked.start("c", people(1))
    claim = await clocked.dialed()
    await clocked.ledger.attempts.answered(claim.id)
    then = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    await store.history.record(
        CallRecord(claim.id, "clinica", "outbound", then, then, then + timedelta(seconds=42), "NORMAL_CLEARING")
    )
    await clocked.later(31)
    await reaper.reap()
    standing = await clocked.ledger.contact("c", "p0")
    assert standing is not None
    assert standing.outcome is Outcome.REACHED
    assert [(past.result, past.seconds) for past in standing.past] == [(Result.HUMAN, 42.0)]


@pytest.mark.parametrize(
    ("answered", "held", "end", "result", "seconds"),
    [
        (False, False, BUSY, Result.BUSY, 0.0),
        (False, True, End("NORMAL_CLEARING", talked=3.5), Result.HUMAN, 3.5),
        (True, True, End("NORMAL_CLEARING"), Result.HUMAN, 0.0),
        (False, False, End("NORMAL_TEMPORARY_FAILURE", talked=7.5), Result.FAILED, 7.5),
        (True, False, End("NORMAL_TEMPORARY_FAILURE", talked=7.5), Result.FAILED, 7.5),
    ],
)
async def test_what_freeswitch_told_of_its_end_counts(
    clocked: Clocked,
    reaper: Reaper,
    store: Store,
    node: FakeNode,
    answered: bool,
    held: bool,
    end: End,
    result: Result,
    seconds: float,
) -> None:
    """The dialer that placed the call was lost; it does not matter since when."""
    await clocked.start("c", people(1))
    claim = await clocked.dialed()
    if answered:
        await clocked.ledger.attempts.answered(claim.id)
    if held:
        await store.add_event(claim.id, {"kind": "Started"})
    node.remembered[claim.id] = end
    await clocked.later(31)
    await reaper.reap()
    standing = await clocked.ledger.contact("c", "p0")
    assert standing is not None
    assert [(past.result, past.seconds) for past in standing.past] == [(result, seconds)]


async def test_who_hears_only_an_apology_was_not_reached_and_many_of_them_stop_the_campaign(
    clocked: Clocked, reaper: Reaper, node: FakeNode
) -> None:
    """FreeSWITCH cannot reach the workers, which live."""
    limits = replace(LIMITS, breaker=Breaker(sample=4, failed=0.5, short=1.0, short_seconds=6.0))
    await clocked.start("c", people(5), limits)
    for _ in range(4):
        claim = await clocked.dialed()
        await clocked.ledger.attempts.answered(claim.id)
        node.remembered[claim.id] = End("NORMAL_TEMPORARY_FAILURE", talked=7.7)
    await clocked.later(31)
    await reaper.reap()
    counts = await clocked.ledger.counts("c")
    assert (counts.results, Outcome.REACHED in counts.outcomes) == ({Result.FAILED: 4}, False)
    refusal = await clocked.claim()
    assert isinstance(refusal, Refusal)
    assert refusal.reason is Blocked.BREAKER


async def test_an_attempt_of_a_campaign_whose_file_is_gone_ends_too(
    clocked: Clocked, reaper: Reaper, node: FakeNode
) -> None:
    await clocked.start("gone", people(1))
    node.seconds = 0.0
    await clocked.dialed("gone")
    await settled(clocked, reaper)
    assert (await clocked.ledger.counts("gone")).outcomes == {Outcome.UNKNOWN: 1}


async def test_nobody_is_called_while_a_call_lives_that_redis_has_forgotten(clocked: Clocked, node: FakeNode) -> None:
    await clocked.start("c", people(1))
    known = await clocked.dialed()
    down = FakeNode()
    down.up = False
    reconciliation = Reconciliation(clocked.ledger, {"node": node, "down": down})
    forgotten = str(uuid5(NAMESPACE, "c\nsomebody\n1"))
    node.living |= {known.id, forgotten, str(uuid4())}
    assert await reconciliation.ready() == []
    node.living.remove(forgotten)
    assert await reconciliation.ready() == ["node"]


async def test_all_calls_are_looked_at_again_when_redis_was_restarted(tmp_path: Path) -> None:
    node = FakeNode()
    with redis_process(tmp_path) as redis:
        async with open_ledger(redis.url, Durability.MEMORY) as ledger:
            reconciliation = Reconciliation(ledger, {"node": node})
            assert await reconciliation.ready() == ["node"]
            node.living.add(str(uuid5(NAMESPACE, "c\nsomebody\n1")))
            assert await reconciliation.ready() == ["node"], "it began since"
            redis.process.kill()
            redis.process.wait()
            with redis_process(tmp_path):
                with pytest.raises(StoreError):
                    await reconciliation.ready()
                assert await reconciliation.ready() == []
