from collections.abc import AsyncIterator

import pytest

from assist.campaign.causes import End
from assist.campaign.model import Outcome, Result
from assist.campaign.witness import Witness
from tests.dialing import BUSY, FakeNode, plans
from tests.ledgers import Clocked, clocked_ledger, people


@pytest.fixture
async def clocked(redis_url: str) -> AsyncIterator[Clocked]:
    async with clocked_ledger(redis_url) as lent:
        await lent.start("c", people(2))
        yield lent


@pytest.fixture
def node() -> FakeNode:
    return FakeNode()


@pytest.fixture
def witness(clocked: Clocked, node: FakeNode) -> Witness:
    return Witness(clocked.ledger, plans(retry={"busy": "never"}), {"node": node}, patience=0.0)


async def results(clocked: Clocked) -> list[Result]:
    standing = await clocked.ledger.contact("c", "p0")
    assert standing is not None
    return [past.result for past in standing.past]


async def test_the_end_of_a_call_whose_dialer_was_lost_is_told(
    clocked: Clocked, node: FakeNode, witness: Witness
) -> None:
    claim = await clocked.dialed()
    node.remembered[claim.id] = End("NO_USER_RESPONSE", 480, rang=True)
    await witness.look()
    assert await results(clocked) == [Result.NO_ANSWER]
    assert not node.remembered, "it need not be known any longer"


async def test_whoever_dialed_has_time_to_tell_it_himself(clocked: Clocked, node: FakeNode) -> None:
    claim = await clocked.dialed()
    node.remembered[claim.id] = BUSY
    witness = Witness(clocked.ledger, plans(), {"node": node}, patience=60.0)
    for _ in range(2):
        await witness.look()
    assert await clocked.ledger.attempts.get(claim.id) is not None
    assert node.remembered


async def test_what_whoever_dialed_has_told_counts(clocked: Clocked, node: FakeNode, witness: Witness) -> None:
    claim = await clocked.dialed()
    node.remembered[claim.id] = BUSY
    await clocked.ledger.attempts.finish(claim.id, Result.REJECTED, Outcome.EXHAUSTED)
    await witness.look()
    assert await results(clocked) == [Result.REJECTED]
    assert not node.remembered


@pytest.mark.parametrize("told", [True, False])
async def test_a_call_that_was_answered_is_left_to_who_held_it_and_the_reaper(
    clocked: Clocked, node: FakeNode, witness: Witness, told: bool
) -> None:
    claim = await clocked.dialed()
    if told:
        await clocked.ledger.attempts.answered(claim.id)
    node.remembered[claim.id] = End("NORMAL_CLEARING", talked=3.0)
    await witness.look()
    assert await clocked.ledger.attempts.get(claim.id) is not None
    assert await results(clocked) == []
    assert node.remembered, "the reaper may need it"


async def test_a_freeswitch_that_is_down_keeps_nobody_from_asking_the_others(clocked: Clocked, node: FakeNode) -> None:
    claim = await clocked.dialed()
    node.remembered[claim.id] = BUSY
    down = FakeNode()
    down.up = False
    await Witness(clocked.ledger, plans(), {"down": down, "node": node}, patience=0.0).look()
    assert await results(clocked) == [Result.BUSY]
