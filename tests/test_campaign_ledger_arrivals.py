"""Lists on their way into a ledger on a real Redis."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from assist.campaign.ledger.arrivals import new_arrival
from assist.campaign.model import CampaignState, Contact, ContactState, Outcome, Result
from assist.errors import StoreError
from tests.ledgers import LIMITS, MADRID, NINE, Clocked, clocked_ledger, people, person

CANARY = "Atlantic/Canary ES-GC"


@pytest.fixture
async def clocked(redis_url: str) -> AsyncIterator[Clocked]:
    async with clocked_ledger(redis_url) as lent:
        await lent.ledger.create("c", LIMITS)
        yield lent


def own(contacts: list[Contact]) -> list[tuple[Contact, str]]:
    return [(contact, contact.group) for contact in contacts]


async def all_in(clocked: Clocked) -> int:
    return sum([count async for count in _taken(clocked)])


async def _taken(clocked: Clocked) -> AsyncIterator[int]:
    while count := await clocked.ledger.arrivals.take_in():
        yield count


async def test_what_is_not_accepted_is_not_there_and_goes_by_itself(clocked: Clocked) -> None:
    arrival = new_arrival("c")
    await clocked.ledger.arrivals.bring(arrival, own(people(3)))
    assert await all_in(clocked) == 0
    assert (await clocked.ledger.counts("c")).contacts == 0
    assert await clocked.redis.ttl(clocked.keys("arriving", "c", arrival.id)) > 0


async def test_what_is_accepted_waits_for_nothing_but_to_be_taken_in(clocked: Clocked) -> None:
    arrival = new_arrival("c")
    await clocked.ledger.arrivals.bring(arrival, own(people(1200)))
    await clocked.ledger.arrivals.accept(arrival)
    assert await clocked.redis.ttl(clocked.keys("arriving", "c", arrival.id)) == -1
    assert await all_in(clocked) == 1200
    counts = await clocked.ledger.counts("c")
    assert (counts.contacts, counts.groups[MADRID].contacts) == (1200, 1200)
    assert [one.contact for one in (await clocked.ledger.contacts("c", size=1200)).standings] == people(1200)
    left = [key async for key in clocked.redis.scan_iter(f"{clocked.keys('arriv')}*")]
    assert left == []


async def test_two_alike_batches_are_each_taken_in_once(clocked: Clocked) -> None:
    for _ in range(2):
        arrival = new_arrival("c")
        await clocked.ledger.arrivals.bring(arrival, own(people(2)))
        await clocked.ledger.arrivals.bring(arrival, own(people(2)))
        await clocked.ledger.arrivals.accept(arrival)
    assert await all_in(clocked) == 8
    assert (await clocked.ledger.counts("c")).states == {ContactState.WAITING: 2}


async def test_who_waits_elsewhere_by_now_is_left_as_he_is(clocked: Clocked) -> None:
    await clocked.ledger.add("c", [person(0), person(1)])
    moved = replace(person(0), group=CANARY)
    for change in (moved, replace(moved, variables={"late": "yes"})):
        arrival = new_arrival("c")
        # The second was read when nobody had moved yet.
        await clocked.ledger.arrivals.bring(arrival, [(change, MADRID)])
        await clocked.ledger.arrivals.accept(arrival)
    await all_in(clocked)
    standing = await clocked.ledger.contact("c", "p0")
    assert standing and standing.contact == moved and standing.due == 0.0
    groups = (await clocked.ledger.counts("c")).groups
    assert {group: queue.contacts for group, queue in groups.items()} == {MADRID: 1, CANARY: 1}


async def test_an_id_that_is_somebody_elses_by_now_stays_his(clocked: Clocked) -> None:
    await clocked.ledger.add("c", [person(0)])
    arrival = new_arrival("c")
    await clocked.ledger.arrivals.bring(arrival, own([replace(person(0), number="+34600099999")]))
    await clocked.ledger.arrivals.accept(arrival)
    await all_in(clocked)
    standing = await clocked.ledger.contact("c", "p0")
    assert standing and standing.contact == person(0)


@pytest.mark.parametrize(
    ("result", "then", "outcome"),
    [(Result.BUSY, NINE + 60, Outcome.EXPIRED), (Result.HUMAN, Outcome.REACHED, Outcome.REACHED)],
)
async def test_who_waits_is_ended_and_who_is_being_called_once_that_is_over(
    clocked: Clocked, result: Result, then: float | Outcome, outcome: Outcome
) -> None:
    await clocked.start("c", people(3))
    claim = await clocked.dialed()
    arrival = new_arrival("c")
    gone = [(f"p{number}", MADRID) for number in range(2)]
    await clocked.ledger.arrivals.end(arrival, [*gone, ("nobody", MADRID)], Outcome.EXPIRED)
    await clocked.ledger.arrivals.accept(arrival)
    await all_in(clocked)

    async def outcomes() -> dict[str, Outcome | None]:
        return {one.contact.id: one.outcome for one in (await clocked.ledger.contacts("c")).standings}

    assert await outcomes() == {"p0": None, "p1": Outcome.EXPIRED, "p2": None}
    await clocked.ledger.attempts.finish(claim.id, result, then)
    assert await outcomes() == {"p0": outcome, "p1": Outcome.EXPIRED, "p2": None}
    assert (await clocked.ledger.counts("c")).states == {ContactState.WAITING: 1, ContactState.DONE: 2}


async def test_a_campaign_is_not_finished_while_a_list_is_on_its_way_in(clocked: Clocked) -> None:
    await clocked.start("c", [])
    arrival = new_arrival("c")
    await clocked.ledger.arrivals.bring(arrival, own(people(1)))
    await clocked.ledger.arrivals.accept(arrival)
    assert not await clocked.ledger.set_state("c", CampaignState.FINISHED)


async def test_a_cancelled_campaign_takes_nobody_in(clocked: Clocked) -> None:
    late, early = new_arrival("c"), new_arrival("c")
    for arrival in (late, early):
        await clocked.ledger.arrivals.bring(arrival, own(people(3)))
    await clocked.ledger.arrivals.accept(early)
    await clocked.ledger.set_state("c", CampaignState.CANCELLED)
    with pytest.raises(StoreError):
        await clocked.ledger.arrivals.accept(late)
    await all_in(clocked)
    assert (await clocked.ledger.counts("c")).contacts == 0


async def test_a_list_that_is_gone_cannot_be_accepted(clocked: Clocked) -> None:
    with pytest.raises(StoreError, match="gone"):
        await clocked.ledger.arrivals.accept(new_arrival("c"))


async def test_several_who_take_in_at_once_do_not_take_each_others(clocked: Clocked) -> None:
    contacts = [replace(contact, group=CANARY) if place < 30 else contact for place, contact in enumerate(people(600))]
    arrival = new_arrival("c")
    await clocked.ledger.arrivals.bring(arrival, own(contacts))
    await clocked.ledger.arrivals.accept(arrival)
    assert sum(await asyncio.gather(*(all_in(clocked) for _ in range(8)))) == 600
    counts = await clocked.ledger.counts("c")
    assert {group: queue.contacts for group, queue in counts.groups.items()} == {MADRID: 570, CANARY: 30}
    known = {one.contact.id: one.contact for one in (await clocked.ledger.contacts("c", size=600)).standings}
    assert known == {contact.id: contact for contact in contacts}
