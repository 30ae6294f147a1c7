"""Tests for what is sent, to a real server that verifies it; hours pass by hand."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import uuid4

import pytest
from aiohttp import web

from assist.aio import end
from assist.tracing.context import TraceContext
from assist.web.client import Web, open_web
from assist.webhooks.deliverer import AT_ONCE, Deliverer
from assist.webhooks.endpoints import Changes
from assist.webhooks.model import Delivery, DeliveryState, Disabled, EventType, delivery_id
from assist.webhooks.queue import LEASE
from tests.https_server import NAME, Names, Server
from tests.webhooks import NINE, House, Receiver, happened, house, is_signed, listening, verified


@pytest.fixture
async def home(redis_url: str) -> AsyncIterator[House]:
    async with house(redis_url) as home:
        yield home


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@dataclass(frozen=True, slots=True)
class Far:
    """The receiver's server, and the web that leads there."""

    server: Server
    web: Web


@pytest.fixture
async def far(receiver: Receiver) -> AsyncIterator[Far]:
    async with listening(receiver) as (server, our_web):
        yield Far(server, our_web)


@asynccontextmanager
async def delivering(home: House, our_web: Web) -> AsyncIterator[Deliverer]:
    deliverer = home.deliverer(our_web)
    running = asyncio.create_task(deliverer.run())
    try:
        yield deliverer
    finally:
        await end(running)


async def until(home: House, delivery: str, condition: Callable[[Delivery], bool]) -> Delivery:
    """Return the delivery once it is so."""
    async with asyncio.timeout(20):
        while True:
            found = await home.queue.get(delivery)
            if found and condition(found):
                return found


def is_over(delivery: Delivery) -> bool:
    return delivery.state is not DeliveryState.WAITING


async def failed(home: House, delivery: str, tries: int) -> Delivery:
    """Return the delivery once that try has failed, and it waits for the next."""
    leased = await home.now() + LEASE.total_seconds()
    return await until(home, delivery, lambda found: found.tries == tries and found.due not in (None, leased))


async def test_what_happened_arrives_signed_and_is_over(home: House, receiver: Receiver, far: Far) -> None:
    endpoint, secret = await home.endpoints.create(far.server.url("/calls"), [EventType.CALL_STARTED])
    await home.queue.put([(happened(), endpoint.id)])
    async with delivering(home, far.web):
        request, body = await receiver.next()
        delivery = await until(home, delivery_id(happened(), endpoint.id), is_over)
    assert verified(secret, request, body) == {
        "type": "call.started",
        "timestamp": "2026-11-23T09:00:01.000Z",
        "data": {"call": "call-1"},
    }
    assert (request.path, request.headers["Content-Type"]) == ("/calls", "application/json")
    assert request.headers["webhook-id"] == happened().id
    assert (delivery.state, delivery.status, delivery.reason) == (DeliveryState.DELIVERED, 204, "")


async def test_whoever_is_told_of_a_call_can_go_on_with_its_trace(home: House, receiver: Receiver, far: Far) -> None:
    endpoint, context = await home.endpoint(far.server.url("/calls")), TraceContext(traced=True)
    await home.queue.put([(happened(), endpoint)])
    running = asyncio.create_task(home.deliverer(far.web, context).run())
    request, _ = await receiver.next()
    await end(running)
    assert {"traceparent": request.headers["traceparent"]} == context.headers("call-1")


async def test_both_secrets_sign_while_one_takes_the_place_of_the_other(
    home: House, receiver: Receiver, far: Far
) -> None:
    endpoint, first = await home.endpoints.create(far.server.url(), [EventType.CALL_STARTED])
    second = await home.endpoints.rotate(endpoint.id)
    assert second
    await home.queue.put([(happened(), endpoint.id)])
    async with delivering(home, far.web):
        request, body = await receiver.next()
    assert is_signed(first, request, body)
    assert is_signed(second, request, body)
    assert not is_signed("whsec_" + "A" * 32, request, body)


async def test_what_fails_is_tried_again_under_the_same_id_until_it_is_given_up(
    home: House, receiver: Receiver, far: Far
) -> None:
    receiver.answers = [500]
    endpoint = await home.endpoint(far.server.url())
    delivery = delivery_id(happened(), endpoint)
    await home.queue.put([(happened(), endpoint)])
    waits = []
    async with delivering(home, far.web) as deliverer:
        for tries in range(1, 10):
            await receiver.next()
            found = await failed(home, delivery, tries)
            assert found.due is not None
            waits.append(found.due - await home.now())
            await home.at(found.due)
            deliverer.wake()
        await receiver.next()
        dead = await until(home, delivery, is_over)
    assert (dead.state, dead.tries, dead.status, dead.reason) == (DeliveryState.DEAD, 10, 500, "answered 500")
    assert set(receiver.ids) == {happened().id}
    assert all(24 * 2**number <= wait <= 36 * 2**number for number, wait in enumerate(waits))


async def test_an_endpoint_that_asks_for_time_gets_it(home: House, receiver: Receiver, far: Far) -> None:
    receiver.answers = [web.Response(status=429, headers={"Retry-After": "900"})]
    endpoint = await home.endpoint(far.server.url())
    await home.queue.put([(happened(), endpoint)])
    async with delivering(home, far.web):
        await receiver.next()
        found = await failed(home, delivery_id(happened(), endpoint), 1)
    assert found.due == NINE + 900


async def test_a_redirection_is_a_failure(home: House, receiver: Receiver, far: Far) -> None:
    receiver.answers = [web.Response(status=307, headers={"Location": "/elsewhere"})]
    endpoint = await home.endpoint(far.server.url())
    await home.queue.put([(happened(), endpoint)])
    async with delivering(home, far.web):
        found = await failed(home, delivery_id(happened(), endpoint), 1)
    assert found.reason == "answered 307"
    assert len(receiver.ids) == 1


async def test_an_endpoint_that_is_gone_is_disabled_and_the_others_are_told(
    home: House, receiver: Receiver, far: Far
) -> None:
    receiver.answers = [410, 204]
    gone = await home.endpoint(far.server.url("/gone"), [EventType.CALL_STARTED])
    _, secret = await home.endpoints.create(far.server.url("/other"), [EventType.WEBHOOK_DISABLED])
    await home.queue.put([(happened(1), gone)])
    async with delivering(home, far.web):
        await receiver.next()
        request, body = await receiver.next()
    told = verified(secret, request, body)
    assert (request.path, told["type"], told["data"]) == ("/other", "webhook.disabled", {"endpoint": gone})
    found = await home.endpoints.get(gone)
    assert found is not None
    assert found.disabled is Disabled.GONE


async def test_an_endpoint_that_is_enabled_again_is_told_what_waits(home: House, receiver: Receiver, far: Far) -> None:
    endpoint = await home.endpoint(far.server.url())
    await home.queue.put([(happened(), endpoint)])
    await home.endpoints.update(endpoint, Changes(enabled=False))
    async with delivering(home, far.web) as deliverer:
        await home.endpoints.update(endpoint, Changes(enabled=True))
        deliverer.wake()
        await receiver.next()


async def test_a_slow_endpoint_does_not_hold_up_the_others(home: House, far: Far, receiver: Receiver) -> None:
    receiver.slow = "/slow"
    one, other = await home.endpoint(far.server.url("/slow")), await home.endpoint(far.server.url("/quick"))
    events = [happened(number) for number in range(3 * AT_ONCE)]
    await home.queue.put([(event, endpoint) for endpoint in (one, other) for event in events])
    async with delivering(home, far.web):
        for event in events:
            await until(home, delivery_id(event, other), is_over)
    assert receiver.paths.count("/slow") == AT_ONCE


async def test_what_was_said_is_told_only_as_long_as_it_is_kept(home: House, receiver: Receiver, far: Far) -> None:
    endpoint, secret = await home.endpoints.create(far.server.url(), [EventType.CALL_TRANSCRIPT], transcripts=True)
    kept, gone = (happened(number, EventType.CALL_TRANSCRIPT, call=str(uuid4())) for number in (1, 2))
    said = {"kind": "Said", "data": json.dumps({"text": "Hola.", "interrupted": False})}
    await home.store.add_event(str(kept.data["call"]), said, within=2)
    await home.queue.put([(kept, endpoint.id), (gone, endpoint.id)])
    async with delivering(home, far.web):
        request, body = await receiver.next()
        dead = await until(home, delivery_id(gone, endpoint.id), is_over)
        delivered = await until(home, delivery_id(kept, endpoint.id), is_over)
    assert [said["text"] for said in verified(secret, request, body)["data"]["words"]] == ["Hola."]
    assert (dead.state, dead.tries) == (DeliveryState.DEAD, 1)
    assert delivered.event == kept
    assert len(receiver.ids) == 1


async def test_what_somebody_was_sending_who_died_is_sent_again(home: House, receiver: Receiver, far: Far) -> None:
    receiver.slow = "/"
    endpoint = await home.endpoint(far.server.url())
    await home.queue.put([(happened(), endpoint)])
    async with delivering(home, far.web):
        await receiver.next()
    receiver.slow = None
    async with delivering(home, far.web) as deliverer:
        await home.later(LEASE.total_seconds())
        deliverer.wake()
        await receiver.next()
        delivery = await until(home, delivery_id(happened(), endpoint), is_over)
    assert (delivery.state, delivery.tries) == (DeliveryState.DELIVERED, 2)
    assert receiver.ids == [happened().id] * 2


async def test_two_deliverers_do_not_send_twice(home: House, receiver: Receiver, far: Far) -> None:
    endpoint = await home.endpoint(far.server.url())
    events = [happened(number) for number in range(60)]
    await home.queue.put([(event, endpoint) for event in events])
    async with delivering(home, far.web), delivering(home, far.web):
        for event in events:
            await until(home, delivery_id(event, endpoint), is_over)
    assert sorted(receiver.ids) == sorted(event.id for event in events)


async def test_a_name_that_leads_nearby_is_never_asked(home: House, receiver: Receiver, far: Far) -> None:
    names = Names({NAME: [["10.0.0.1"]]})
    async with open_web(loopback=True, resolver=names, trusted=far.server.trusted) as our_web:
        endpoint = await home.endpoint(far.server.url())
        await home.queue.put([(happened(), endpoint)])
        async with delivering(home, our_web):
            found = await failed(home, delivery_id(happened(), endpoint), 1)
    assert found.reason == "is no public address"
    assert receiver.ids == []


async def test_a_huge_answer_of_success_is_success(home: House, receiver: Receiver, far: Far) -> None:
    receiver.answers = [web.Response(body=b"a" * 3_000_000)]
    endpoint = await home.endpoint(far.server.url())
    await home.queue.put([(happened(), endpoint)])
    async with delivering(home, far.web):
        found = await until(home, delivery_id(happened(), endpoint), is_over)
    assert found.state is DeliveryState.DELIVERED
