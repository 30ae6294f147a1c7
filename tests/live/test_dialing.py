"""What the real FreeSWITCH says of each way in which a call is not answered, and what is made of it."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from assist.campaign.causes import End, result_of
from assist.campaign.model import Claim, Contact, Result
from assist.campaign.node import Node, open_nodes
from assist.campaign.order import order_of
from assist.campaign.reaper import Reaper
from assist.settings import Esl
from assist.simulate.carrier.invites import most, read
from assist.store import open_store
from tests.campaigns import campaign
from tests.dialing import plans
from tests.ledgers import MADRID, clocked_ledger
from tests.live.switch import RETENTION
from tests.live.test_carrier import Carried, carried, carried_switch, voices
from tests.rigs import until

__all__ = ["carried", "carried_switch", "voices"]

pytestmark = [pytest.mark.live, pytest.mark.slow]


@pytest.fixture
async def node(carried: Carried) -> AsyncIterator[Node]:
    switch = carried.switch
    esl = Esl(host="127.0.0.1", port=switch.ports.esl, password=SecretStr(switch.password))
    async with open_nodes(esl) as nodes:
        await until(lambda: any(lent.up for lent in nodes.values()))
        (lent,) = nodes.values()
        yield lent


async def called(node: Node, number: str, ring_s: int = 10) -> End | None:
    claim = Claim("c", Contact(number, number, MADRID), 1, 1, "node", 0.0)
    order = order_of(campaign(pace={"ring_s": ring_s}), claim)
    async with asyncio.timeout(60):
        end = await node.call(order)
    await node.hang_up(order.call)
    return end


@pytest.mark.parametrize(
    ("number", "result"),
    [
        ("+34910000105", Result.NO_ANSWER),
        ("+34910000106", Result.UNAVAILABLE),
        ("+34910000107", Result.REJECTED),
        ("+34910000108", Result.BUSY),
        ("+34910000129", Result.CONGESTION),
        ("+34910000109", Result.FAILED),
        ("+34910000100", Result.INVALID),
    ],
)
async def test_a_call_that_nobody_answers(carried: Carried, node: Node, number: str, result: Result) -> None:
    end = await called(node, number)
    assert end is not None
    assert result_of(end) is result, end
    assert most(read(carried.invites)) == 1


async def test_a_call_that_is_answered(carried: Carried, node: Node) -> None:
    assert await called(node, "+34910000101") is None
    (invite,) = read(carried.invites)
    assert invite.attempt == Claim("c", Contact("+34910000101", "", ""), 1, 1, "", 0.0).id
    async with asyncio.timeout(5):
        while not (end := (await node.ends()).get(invite.attempt)):  # noqa: ASYNC110 - by the switch
            await asyncio.sleep(0.05)
    assert end.talked is not None
    assert not await node.has(invite.attempt)
    await node.forget(invite.attempt)
    assert invite.attempt not in await node.ends()


async def test_who_answers_while_no_worker_takes_the_call_was_not_reached(
    carried: Carried, node: Node, redis_url: str
) -> None:
    async with clocked_ledger(redis_url) as clocked, open_store(redis_url, RETENTION) as store:
        await clocked.start("c", [Contact("ana", "+34910000101", MADRID)])
        claim = await clocked.dialed()
        assert await node.call(order_of(campaign(), claim)) is None
        await clocked.ledger.attempts.answered(claim.id)
        async with asyncio.timeout(30):
            while claim.id not in await node.ends():  # noqa: ASYNC110 - by the switch
                await asyncio.sleep(0.05)
        await clocked.later(31)
        await Reaper(clocked.ledger, plans(), {"node": node}, store).reap()
        assert (await clocked.ledger.counts("c")).results == {Result.FAILED: 1}
        standing = await clocked.ledger.contact("c", "ana")
    assert standing is not None
    assert standing.past[0].seconds > 1, "the apology was heard"


async def test_how_a_call_ended_is_remembered_as_it_is_told(carried: Carried, node: Node) -> None:
    told = await called(node, "+34910000108")
    (invite,) = read(carried.invites)
    assert (await node.ends())[invite.attempt] == told
    assert await node.remembers() > 0
