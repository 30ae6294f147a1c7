"""Tests for what is sent."""

import json
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from assist.campaign.ledger.views import Views
from assist.webhooks.model import Endpoint, EventType
from assist.webhooks.payload import Payloads
from tests.ledgers import clocked_ledger, person
from tests.webhooks import NINE, URL, House, happened, house


@pytest.fixture
async def home(redis_url: str) -> AsyncIterator[House]:
    async with house(redis_url) as home:
        yield home


def endpoint(*, numbers: bool = False) -> Endpoint:
    return Endpoint("ep", URL, frozenset(EventType), transcripts=True, numbers=numbers, created=NINE)


def payloads(home: House) -> Payloads:
    return Payloads(home.store, Views(home.redis, home.ledger))


async def test_an_event_says_what_happened_and_when(home: House) -> None:
    body = await payloads(home).of(happened(1, call="call-1", assistant="recepción"), endpoint())
    assert body == (
        '{"type":"call.started","timestamp":"2026-11-23T09:00:01.000Z",'
        '"data":{"call":"call-1","assistant":"recepción"}}'
    )


async def test_a_transcript_has_what_both_said_in_order(home: House) -> None:
    call = str(uuid4())
    for kind, data in (
        ("Started", {"assistant": "clinica"}),
        ("Said", {"text": "Hola.", "interrupted": False}),
        ("Heard", {"text": "¿Horario?", "keyed": False}),
        ("Turn", {"heard": "¿Horario?"}),
    ):
        await home.store.add_event(call, {"kind": kind, "data": json.dumps(data)}, within=2)
    body = await payloads(home).of(happened(1, EventType.CALL_TRANSCRIPT, call=call), endpoint())
    assert body is not None
    words = json.loads(body)["data"]["words"]
    assert [(said["speaker"], said["text"]) for said in words] == [("assistant", "Hola."), ("caller", "¿Horario?")]
    assert all(said["at"].endswith("Z") for said in words)


async def test_of_what_was_said_and_is_not_kept_any_more_nothing_is_sent(home: House) -> None:
    event = happened(1, EventType.CALL_TRANSCRIPT, call=str(uuid4()))
    assert await payloads(home).of(event, endpoint()) is None


@pytest.mark.parametrize(("numbers", "told"), [(True, {"number": "+34600000001"}), (False, {})])
async def test_a_number_is_told_only_to_those_who_may_know_it(
    home: House, redis_url: str, numbers: bool, told: dict[str, str]
) -> None:
    async with clocked_ledger(redis_url) as clocked:
        await clocked.start("c", [person(1)])
        body = await Payloads(home.store, Views(clocked.redis, clocked.keys)).of(
            happened(1, EventType.CONTACT_DONE, campaign="c", contact="p1"), endpoint(numbers=numbers)
        )
    assert body is not None
    assert json.loads(body)["data"] == {"campaign": "c", "contact": "p1", **told}


async def test_a_contact_that_was_erased_has_no_number(home: House) -> None:
    event = happened(1, EventType.CONTACT_DONE, campaign="c", contact="gone")
    body = await payloads(home).of(event, endpoint(numbers=True))
    assert body is not None
    assert json.loads(body)["data"]["number"] is None
