from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import timedelta

import pytest

from assist.campaign.causes import End
from assist.campaign.declaration import Trial
from assist.campaign.ledger import Ledger
from assist.campaign.model import CampaignState, ContactState, Outcome, Result
from assist.campaign.order import Order
from assist.campaign.plans import Plans, is_trial, trial_of
from assist.campaign.pump import Pump
from assist.campaign.reaper import Reconciliation
from assist.campaign.trial import NotCalled, Rehearsed, Tried
from assist.store import Store, open_store
from tests.dialing import FakeNode, own_ledger, plans
from tests.ledgers import NINE

OWNER = Trial("+34910000001", {"nombre": "Marta"}, "es")


@pytest.fixture
async def ledger(redis_url: str) -> AsyncIterator[Ledger]:
    async with own_ledger(redis_url) as lent:
        yield lent


@pytest.fixture
async def store(redis_url: str) -> AsyncIterator[Store]:
    async with open_store(redis_url, timedelta(days=1)) as lent:
        yield lent


async def tried(
    ledger: Ledger, store: Store, node: FakeNode, files: Plans | None = None, now: float = NINE
) -> list[Tried]:
    files = files or plans(when={"ends": "2020-01-01", "holidays": "none"})
    rehearsed = Rehearsed(ledger, files, {"node": node}, store)
    async with aclosing(rehearsed.call(files.get("c"), OWNER, now)) as states:
        return [state async for state in states]


async def test_the_owner_is_called_as_everybody_else_though_no_hours_allow_it(ledger: Ledger, store: Store) -> None:
    node = FakeNode(End("USER_BUSY", 486))
    found = await tried(ledger, store, node)
    assert found[-1].past is not None
    assert found[-1].past.result is Result.BUSY
    (order,) = node.placed
    assert order.endpoint == "sofia/gateway/carrier/+34910000001"
    assert order.variables["origination_caller_id_number"] == "+34910000009"


async def test_each_state_is_told_once_until_the_call_is_over(ledger: Ledger, store: Store) -> None:
    files, node, found = plans(), FakeNode(None), []
    node.picks_up.clear()
    async with aclosing(Rehearsed(ledger, files, {"node": node}, store).call(files.get("c"), OWNER, NINE)) as states:
        async for state in states:
            found.append(state)
            if state.state is ContactState.DIALING:
                node.picks_up.set()
            if state.state is ContactState.ANSWERED:
                (order,) = node.placed
                await ledger.attempts.finish(order.call, Result.HUMAN, Outcome.REACHED, seconds=12)
    assert [state.state for state in found] == [ContactState.DIALING, ContactState.ANSWERED, ContactState.DONE]
    assert found[-1].past is not None
    assert found[-1].past.seconds == 12


async def test_it_is_counted_apart_and_nobody_pumps_it(ledger: Ledger, store: Store) -> None:
    files, node, pumped = plans(), FakeNode(), []

    async def look(order: Order) -> None:
        pumped.append(await Pump(ledger, files, store, Reconciliation(ledger, {"node": node})).running())

    node.on_call = look
    await tried(ledger, store, node, files)
    assert pumped == [[]]
    assert await ledger.campaigns() == [trial_of("c")]
    assert is_trial(trial_of("c"))
    assert not is_trial("c")
    assert (await ledger.counts(trial_of("c"))).state is CampaignState.PAUSED


async def test_it_may_be_repeated_at_once(ledger: Ledger, store: Store) -> None:
    node = FakeNode()
    files = plans(pace={"caps": {"day": 1}})
    for second in range(2):
        assert (await tried(ledger, store, node, files, NINE + second))[-1].past
    assert len({order.call for order in node.placed}) == 2


async def test_a_number_that_nobody_may_call_is_told(ledger: Ledger, store: Store) -> None:
    await ledger.suppress(ledger.number_key(OWNER.number))
    node = FakeNode()
    with pytest.raises(NotCalled, match="do-not-call"):
        await tried(ledger, store, node)
    assert node.placed == []


async def test_whoever_stops_looking_ends_the_call(ledger: Ledger, store: Store) -> None:
    files, node = plans(), FakeNode(None)
    async with aclosing(Rehearsed(ledger, files, {"node": node}, store).call(files.get("c"), OWNER, NINE)) as states:
        await anext(states)
    assert node.hung_up == [order.call for order in node.placed]
