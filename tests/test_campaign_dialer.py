import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from assist.campaign.causes import End
from assist.campaign.dialer import Dialer, keep
from assist.campaign.ledger import Durability, open_ledger
from assist.campaign.model import CampaignState, Claim, ContactState, Outcome, Result, Shown
from assist.campaign.order import Order
from assist.errors import ConnectionLost, ProtocolError
from tests.dialing import FakeNode, plans
from tests.ledgers import ALWAYS, LIMITS, MADRID, Clocked, clocked_ledger, people, person
from tests.redis_process import redis_process


@pytest.fixture
async def clocked(redis_url: str) -> AsyncIterator[Clocked]:
    async with clocked_ledger(redis_url) as lent:
        yield lent


def dialer(clocked: Clocked, node: FakeNode, lease: float = 30.0) -> Dialer:
    return Dialer(clocked.ledger, plans(), {"node": node}, lease)


async def claimed(clocked: Clocked) -> Claim:
    await clocked.start("c", people(1), replace(LIMITS, shown=(Shown("+34910000009"),)))
    return await clocked.claimed()


async def test_a_claim_is_dialed_and_its_end_is_told(clocked: Clocked) -> None:
    claim, node = await claimed(clocked), FakeNode(End("USER_BUSY", 486))
    await dialer(clocked, node).dial(claim.id, claim.fence)
    (order,) = node.placed
    assert (order.call, order.endpoint) == (claim.id, "sofia/gateway/carrier/+34600000000")
    assert order.variables["sip_h_X-Assist-Attempt"] == order.variables["assist_attempt"] == claim.id
    assert order.variables["origination_caller_id_number"] == "+34910000009"
    standing = await clocked.ledger.contact("c", "p0")
    assert standing is not None
    assert (standing.state, [past.result for past in standing.past]) == (ContactState.WAITING, [Result.BUSY])


async def test_that_it_is_dialed_is_written_before_it_is(clocked: Clocked) -> None:
    claim, node, seen = await claimed(clocked), FakeNode(), []

    async def look(order: Order) -> None:
        live = await clocked.ledger.attempts.get(order.call)
        seen.append(live and live.state)

    node.on_call = look
    await dialer(clocked, node).dial(claim.id, claim.fence)
    assert seen == [ContactState.DIALING]


async def test_whoever_answers_is_left_to_whoever_talks(clocked: Clocked) -> None:
    claim, node = await claimed(clocked), FakeNode(None)
    await dialer(clocked, node).dial(claim.id, claim.fence)
    live = await clocked.ledger.attempts.get(claim.id)
    assert live is not None
    assert live.state is ContactState.ANSWERED


async def test_a_claim_is_dialed_once_however_often_that_is_asked(clocked: Clocked) -> None:
    claim, node = await claimed(clocked), FakeNode()
    node.picks_up.clear()
    first, second = dialer(clocked, node), dialer(clocked, node)
    asked = [asyncio.create_task(one.dial(claim.id, claim.fence)) for one in (first, second, first)]
    await node.rings.wait()
    await first.dial(claim.id, claim.fence)
    node.picks_up.set()
    await asyncio.gather(*asked)
    await second.dial(claim.id, claim.fence)
    assert len(node.placed) == 1


async def test_an_old_claim_of_the_same_attempt_is_not_dialed(clocked: Clocked) -> None:
    old, node = await claimed(clocked), FakeNode()
    await clocked.ledger.attempts.release(old)
    new = await clocked.claimed()
    assert new.id == old.id
    await dialer(clocked, node).dial(old.id, old.fence)
    assert node.placed == []
    await dialer(clocked, node).dial(new.id, new.fence)
    assert len(node.placed) == 1


async def test_what_became_forbidden_since_the_claim_is_not_dialed(clocked: Clocked) -> None:
    claim, node = await claimed(clocked), FakeNode()
    await clocked.ledger.suppress(clocked.ledger.number_key(claim.contact.number))
    await dialer(clocked, node).dial(claim.id, claim.fence)
    standing = await clocked.ledger.contact("c", "p0")
    assert node.placed == []
    assert standing is not None
    assert standing.outcome is Outcome.SUPPRESSED


async def test_a_freeswitch_that_was_lost_since_the_claim_is_not_asked(clocked: Clocked) -> None:
    claim, node = await claimed(clocked), FakeNode()
    node.up = False
    await dialer(clocked, node).dial(claim.id, claim.fence)
    standing = await clocked.ledger.contact("c", "p0")
    assert node.placed == []
    assert standing is not None
    assert (standing.state, standing.attempts) == (ContactState.WAITING, 0)


async def test_a_call_whose_end_is_not_known_is_left_to_the_reaper(clocked: Clocked) -> None:
    claim, node = await claimed(clocked), FakeNode(ConnectionLost("gone"))
    await dialer(clocked, node).dial(claim.id, claim.fence)
    await dialer(clocked, node).dial(claim.id, claim.fence)
    live = await clocked.ledger.attempts.get(claim.id)
    assert live is not None
    assert live.state is ContactState.DIALING
    assert len(node.placed) == 1


async def test_whoever_slept_before_the_command_does_not_send_it(clocked: Clocked) -> None:
    """The lease may be over before FreeSWITCH has the command, and then nobody knows where it came from."""
    claim, node = await claimed(clocked), FakeNode()
    await dialer(clocked, node, lease=0.0).dial(claim.id, claim.fence)
    standing = await clocked.ledger.contact("c", "p0")
    assert node.placed == []
    assert standing is not None
    assert [past.result for past in standing.past] == [Result.FAILED]


async def test_a_command_that_cannot_be_written_was_not_sent(clocked: Clocked) -> None:
    claim, node = await claimed(clocked), FakeNode(ProtocolError("no"))
    await dialer(clocked, node).dial(claim.id, claim.fence)
    standing = await clocked.ledger.contact("c", "p0")
    assert standing is not None
    assert [past.result for past in standing.past] == [Result.FAILED]


async def test_nobody_is_called_of_whom_not_everything_is_known_that_is_said(clocked: Clocked) -> None:
    await clocked.start("c", [person(1, id="ana")])
    claim, node = await clocked.claimed(), FakeNode()
    saying = plans(words={"greeting": {"es": "Hola, {nombre}[medico:, con {medico}]."}})
    await Dialer(clocked.ledger, saying, {"node": node}).dial(claim.id, claim.fence)
    standing = await clocked.ledger.contact("c", "ana")
    assert node.placed == []
    assert standing is not None
    assert (standing.state, standing.attempts) == (ContactState.WAITING, 0)


async def test_nobody_is_called_without_redis(tmp_path: Path) -> None:
    node = FakeNode()
    with redis_process(tmp_path) as redis:
        async with open_ledger(redis.url, Durability.MEMORY) as ledger:
            await ledger.create("c", LIMITS)
            await ledger.add("c", people(1))
            await ledger.set_state("c", CampaignState.RUNNING)
            claim = await ledger.attempts.claim("c", MADRID, ALWAYS, "node", 30.0)
            assert isinstance(claim, Claim)
            redis.process.kill()
            redis.process.wait()
            await Dialer(ledger, plans(), {"node": node}).dial(claim.id, claim.fence)
    assert node.placed == []


async def test_a_lease_is_kept_until_the_attempt_is_over(clocked: Clocked) -> None:
    await clocked.start("c", people(1))
    claim = await clocked.dialed()
    keeping = asyncio.create_task(keep(clocked.ledger, claim.id, lease=0.003))
    await asyncio.sleep(0)
    assert not keeping.done()
    await clocked.ledger.attempts.finish(claim.id, Result.HUMAN, Outcome.REACHED)
    async with asyncio.timeout(5):
        await keeping
