"""Tests for what is on its way, in a real Redis whose clock is set by hand."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from assist.webhooks.ladder import Dead, Delivered, Later, Tried
from assist.webhooks.model import Claim, DeliveryState, Disabled, EventType, delivery_id
from assist.webhooks.queue import LEASE, PATIENCE, TOGETHER, Read
from tests.webhooks import NINE, House, happened, house

OK = Tried(Delivered(), 204, "")
FAILED = Tried(Later(30.0), 500, "answered 500")
GIVEN_UP = Tried(Dead(gone=False), None, "no answer in time")
GONE = Tried(Dead(gone=True), 410, "answered 410")


@pytest.fixture
async def home(redis_url: str) -> AsyncIterator[House]:
    async with house(redis_url) as home:
        yield home


async def claimed(home: House, endpoint: str) -> Claim:
    (claim,) = await home.queue.claim({endpoint: 10})
    return claim


async def test_what_is_put_is_due_at_once(home: House) -> None:
    endpoint = await home.endpoint()
    await home.queue.put([(happened(), endpoint)])
    assert await home.queue.claim({endpoint: 10}) == [
        Claim(delivery_id(happened(), endpoint), endpoint, happened(), tries=1, fence=1)
    ]


async def test_the_same_event_is_delivered_once(home: House) -> None:
    endpoint = await home.endpoint()
    await home.queue.put([(happened(), endpoint), (happened(), endpoint)])
    await home.queue.settle(await claimed(home, endpoint), OK)
    await home.queue.put([(happened(), endpoint)])
    assert await home.queue.claim({endpoint: 10}) == []


async def test_what_one_has_claimed_the_others_leave_alone_until_the_lease_lapses(home: House) -> None:
    endpoint = await home.endpoint()
    await home.queue.put([(happened(), endpoint)])
    first = await claimed(home, endpoint)
    await home.later(LEASE.total_seconds() - 0.001)
    assert await home.queue.claim({endpoint: 10}) == []
    await home.later(0.001)
    assert await claimed(home, endpoint) == replace(first, tries=2, fence=2)


async def test_who_lost_a_claim_settles_nothing(home: House) -> None:
    endpoint = await home.endpoint()
    await home.queue.put([(happened(), endpoint)])
    late = await claimed(home, endpoint)
    await home.later(LEASE.total_seconds())
    await claimed(home, endpoint)
    await home.queue.settle(late, GIVEN_UP)
    delivery = await home.queue.get(late.id)
    assert delivery is not None
    assert delivery.state is DeliveryState.WAITING


async def test_what_failed_is_due_later(home: House) -> None:
    endpoint = await home.endpoint()
    await home.queue.put([(happened(), endpoint)])
    first = await claimed(home, endpoint)
    await home.queue.settle(first, FAILED)
    delivery = await home.queue.get(first.id)
    assert delivery is not None
    assert (delivery.state, delivery.tries, delivery.due) == (DeliveryState.WAITING, 1, NINE + 30)
    assert (delivery.status, delivery.reason, delivery.ended) == (500, "answered 500", None)
    await home.later(29.999)
    assert await home.queue.claim({endpoint: 10}) == []
    await home.later(0.001)
    assert (await claimed(home, endpoint)).tries == 2


@pytest.mark.parametrize(("tried", "state"), [(OK, DeliveryState.DELIVERED), (GIVEN_UP, DeliveryState.DEAD)])
async def test_what_is_over_is_in_the_log(home: House, tried: Tried, state: DeliveryState) -> None:
    endpoint = await home.endpoint()
    await home.queue.put([(happened(), endpoint)])
    claim = await claimed(home, endpoint)
    await home.later(2)
    await home.queue.settle(claim, tried)
    (delivery,) = (await home.queue.page(endpoint, state)).deliveries
    assert (delivery.id, delivery.state, delivery.ended, delivery.due) == (claim.id, state, NINE + 2, None)
    assert (delivery.status, delivery.reason, delivery.created) == (tried.status, tried.reason, NINE)
    assert (await home.queue.page(endpoint, DeliveryState.WAITING)).deliveries == ()


async def test_the_log_has_pages(home: House) -> None:
    endpoint = await home.endpoint()
    for number in range(5):
        await home.queue.put([(happened(number), endpoint)])
        await home.queue.settle(await claimed(home, endpoint), GIVEN_UP)
        await home.later(1)
    seen, cursor, sizes = [], None, []
    while True:
        page = await home.queue.page(endpoint, DeliveryState.DEAD, cursor, 2)
        seen += [delivery.event for delivery in page.deliveries]
        sizes.append(len(page.deliveries))
        cursor = page.cursor
        if cursor is None:
            break
    assert seen == [happened(number) for number in reversed(range(5))]
    assert sizes == [2, 2, 1]


async def test_a_page_after_what_is_gone_is_empty(home: House) -> None:
    assert (await home.queue.page(await home.endpoint(), DeliveryState.DEAD, "dlv_gone")).deliveries == ()


@pytest.mark.parametrize("tried", [OK, GIVEN_UP])
async def test_what_is_over_can_be_sent_again_under_the_same_id(home: House, tried: Tried) -> None:
    endpoint = await home.endpoint()
    await home.queue.put([(happened(), endpoint)])
    first = await claimed(home, endpoint)
    await home.queue.settle(first, tried)
    assert await home.queue.resend(first.id)
    again = await claimed(home, endpoint)
    assert (again.id, again.event, again.tries) == (first.id, first.event, 1)
    assert (await home.queue.page(endpoint, DeliveryState(tried.verdict.__class__.__name__.lower()))).deliveries == ()


async def test_what_is_on_its_way_is_not_sent_again(home: House) -> None:
    endpoint = await home.endpoint()
    await home.queue.put([(happened(), endpoint)])
    claim = await claimed(home, endpoint)
    assert not await home.queue.resend(claim.id)
    assert not await home.queue.resend("dlv_none")


async def test_whoever_hung_through_a_resend_settles_nothing(home: House) -> None:
    endpoint = await home.endpoint()
    await home.queue.put([(happened(), endpoint)])
    hung = await claimed(home, endpoint)
    await home.later(LEASE.total_seconds())
    await home.queue.settle(await claimed(home, endpoint), GIVEN_UP)
    await home.queue.resend(hung.id)
    await claimed(home, endpoint)
    await home.queue.settle(hung, OK)
    delivery = await home.queue.get(hung.id)
    assert delivery is not None
    assert delivery.state is DeliveryState.WAITING


async def test_of_each_endpoint_no_more_is_claimed_than_there_is_room_for(home: House) -> None:
    busy, other = await home.endpoint(), await home.endpoint()
    await home.queue.put([(happened(number), endpoint) for number in range(5) for endpoint in (busy, other)])
    claims = await home.queue.claim({busy: 2, other: 10})
    assert [claim.endpoint for claim in claims] == [busy] * 2 + [other] * 5
    assert await home.queue.claim({busy: 0, other: 10}) == []


async def test_an_endpoint_that_is_gone_is_disabled_and_what_waits_is_kept(home: House) -> None:
    endpoint = await home.endpoint()
    await home.queue.put([(happened(1), endpoint), (happened(2), endpoint)])
    (claim,) = await home.queue.claim({endpoint: 1})
    assert await home.queue.settle(claim, GONE)
    (disabled,) = await home.endpoints.all()
    assert disabled.disabled is Disabled.GONE
    assert await home.queue.claim({endpoint: 10}) == []
    assert len((await home.queue.page(endpoint, DeliveryState.WAITING)).deliveries) == 1


async def test_an_endpoint_that_fails_for_days_is_disabled_once(home: House) -> None:
    endpoint = await home.endpoint()
    await home.queue.put([(happened(number), endpoint) for number in range(3)])
    first, second, third = await home.queue.claim({endpoint: 3})
    assert not await home.queue.settle(first, FAILED)
    (failing,) = await home.endpoints.all()
    assert (failing.disabled, failing.failing_since) == (None, NINE)
    await home.later(PATIENCE.total_seconds())
    assert await home.queue.settle(second, FAILED)
    assert not await home.queue.settle(third, FAILED)
    (disabled,) = await home.endpoints.all()
    assert disabled.disabled is Disabled.FAILING


async def test_a_success_in_between_makes_up_for_failures(home: House) -> None:
    endpoint = await home.endpoint()
    await home.queue.put([(happened(number), endpoint) for number in range(3)])
    claims = await home.queue.claim({endpoint: 3})
    await home.queue.settle(claims[0], FAILED)
    await home.later(PATIENCE.total_seconds() - 1)
    await home.queue.settle(claims[1], OK)
    await home.later(2)
    assert not await home.queue.settle(claims[2], FAILED)


async def test_for_an_endpoint_that_never_was_nothing_is_kept(home: House) -> None:
    await home.queue.put([(happened(), "ep_none")])
    assert await home.queue.get(delivery_id(happened(), "ep_none")) is None


async def test_what_was_read_is_noted_together_with_what_is_put(home: House) -> None:
    endpoint = await home.endpoint()
    assert await home.queue.put([(happened(1), endpoint)], Read("s", "0", "5-0"))
    assert await home.queue.positions() == {"s": "5-0"}


async def test_who_read_what_somebody_else_has_read_puts_nothing(home: House) -> None:
    endpoint = await home.endpoint()
    await home.queue.put([], Read("s", "0", "5-0"))
    assert not await home.queue.put([(happened(1), endpoint)], Read("s", "0", "5-0"))
    assert await home.queue.claim({endpoint: 10}) == []


async def test_a_delivery_is_forgotten_some_day(home: House) -> None:
    endpoint = await home.endpoint()
    await home.queue.put([(happened(), endpoint)])
    name = home.keys("delivery", delivery_id(happened(), endpoint))
    assert 29 * 86_400 < await home.redis.ttl(name) <= 30 * 86_400
    await home.redis.delete(name)
    assert await home.queue.claim({endpoint: 10}) == []
    assert (await home.queue.page(endpoint, DeliveryState.WAITING)).deliveries == ()


async def test_too_many_that_wait_are_given_up_and_can_be_looked_up(home: House) -> None:
    endpoint = await home.endpoint()
    await home.redis.zadd(home.keys("waiting", endpoint), {f"dlv_{number}": 0 for number in range(100_000)})
    await home.queue.put([(happened(), endpoint)])
    (dead,) = (await home.queue.page(endpoint, DeliveryState.DEAD)).deliveries
    assert (dead.event, dead.reason) == (happened(), "too many wait")


async def test_the_log_of_what_arrived_is_bounded(home: House) -> None:
    endpoint = await home.endpoint()
    events = [happened(number, EventType.CALL_ENDED) for number in range(1002)]
    await home.queue.put([(event, endpoint) for event in events])
    settled = []
    while claims := await home.queue.claim({endpoint: 1100}):
        for claim in claims:
            await home.queue.settle(claim, OK)
            await home.later(0.001)
            settled.append(claim.id)
    assert await home.redis.zcard(home.keys("delivered", endpoint)) == 1000
    assert [bool(await home.queue.get(delivery)) for delivery in settled] == [False] * 2 + [True] * 1000


async def test_no_more_is_claimed_at_once_than_can_be_sent_together(home: House) -> None:
    one, other = await home.endpoint(), await home.endpoint()
    await home.queue.put([(happened(number), endpoint) for endpoint in (one, other) for number in range(TOGETHER)])
    claims = await home.queue.claim({one: TOGETHER - 5, other: TOGETHER})
    assert [claim.endpoint for claim in claims] == [one] * (TOGETHER - 5) + [other] * 5
