import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from assist.aio import end
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


@asynccontextmanager
async def witnessed(clocked: Clocked) -> AsyncIterator[FakeNode]:
    """Lend a FreeSWITCH whose ends of calls are heard; all that it told has been dealt with afterwards."""
    node = FakeNode()
    witness = Witness(clocked.ledger, plans(retry={"busy": "never"}), {"node": node})
    watching = asyncio.create_task(witness.watch(patience=0.0))
    try:
        yield node
        last = await clocked.dialed()
        node.tell(last.id, BUSY)
        async with asyncio.timeout(5):
            while await clocked.ledger.attempt(last.id):  # noqa: ASYNC110 - by the witness
                await asyncio.sleep(0)
    finally:
        await end(watching)


async def results(clocked: Clocked) -> list[Result]:
    standing = await clocked.ledger.contact("c", "p0")
    assert standing is not None
    return [past.result for past in standing.past]


async def test_the_end_of_a_call_whose_dialer_was_lost_is_told(clocked: Clocked) -> None:
    claim = await clocked.dialed()
    async with witnessed(clocked) as node:
        node.tell(claim.id, End("NO_USER_RESPONSE", 480, rang=True))
    assert await results(clocked) == [Result.NO_ANSWER]


async def test_what_whoever_dialed_has_told_counts(clocked: Clocked) -> None:
    claim = await clocked.dialed()
    async with witnessed(clocked) as node:
        await clocked.ledger.finish(claim.id, Result.REJECTED, Outcome.EXHAUSTED)
        node.tell(claim.id, BUSY)
    assert await results(clocked) == [Result.REJECTED]


async def test_a_call_that_somebody_held_is_left_to_him(clocked: Clocked) -> None:
    claim = await clocked.dialed()
    await clocked.ledger.answered(claim.id)
    async with witnessed(clocked) as node:
        node.tell(claim.id, End("NORMAL_CLEARING", talked=3.0))
    assert await clocked.ledger.attempt(claim.id) is not None
    assert await results(clocked) == []
