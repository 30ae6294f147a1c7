"""Tests for who is told, in a real Redis."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from assist.errors import WebError
from assist.webhooks import endpoints
from assist.webhooks.endpoints import Changes, TooMany
from assist.webhooks.model import Disabled, Endpoint, EventType
from tests.webhooks import NINE, URL, House, happened, house

ENDED = EventType.CALL_ENDED


@pytest.fixture
async def home(redis_url: str) -> AsyncIterator[House]:
    async with house(redis_url) as home:
        yield home


async def test_an_endpoint_is_kept_as_it_was_made(home: House) -> None:
    made, secret = await home.endpoints.create(URL, [ENDED, ENDED], transcripts=True)
    assert made == Endpoint(made.id, URL, frozenset({ENDED}), transcripts=True, numbers=False, created=NINE)
    assert await home.endpoints.get(made.id) == made
    assert await home.endpoints.all() == [made]
    assert await home.endpoints.secrets(made.id) == [secret]


async def test_an_address_that_may_not_be_asked_is_refused(home: House) -> None:
    with pytest.raises(WebError, match="https"):
        await home.endpoints.create("http://hooks.example/", [ENDED])
    identity = await home.endpoint()
    with pytest.raises(WebError, match="https"):
        await home.endpoints.update(identity, Changes(url="ftp://hooks.example/"))


async def test_there_may_be_so_many(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoints, "MOST", 1)
    await home.endpoint()
    with pytest.raises(TooMany):
        await home.endpoint()


async def test_changes_leave_the_rest_as_it_was(home: House) -> None:
    identity = await home.endpoint(types=[ENDED])
    changed = await home.endpoints.update(identity, Changes(url=f"{URL}?of=us", numbers=True))
    assert changed == Endpoint(identity, f"{URL}?of=us", frozenset({ENDED}), False, True, NINE)
    assert await home.endpoints.get(identity) == changed


async def test_what_an_endpoint_wants_to_know_may_change(home: House) -> None:
    identity = await home.endpoint(types=[ENDED])
    changed = await home.endpoints.update(identity, Changes(types=[EventType.CALL_STARTED, EventType.CALL_STARTED]))
    assert changed and changed.types == {EventType.CALL_STARTED}


async def test_what_is_not_there_is_not_changed(home: House) -> None:
    assert await home.endpoints.update("ep_none", Changes(numbers=True)) is None
    assert await home.endpoints.get("ep_none") is None
    assert await home.endpoints.rotate("ep_none") is None
    assert not await home.endpoints.delete("ep_none")


async def test_an_endpoint_can_be_disabled_and_enabled(home: House) -> None:
    identity = await home.endpoint()
    disabled = await home.endpoints.update(identity, Changes(enabled=False))
    assert disabled is not None
    assert (disabled.disabled, disabled.wants(happened())) == (Disabled.OWNER, False)
    enabled = await home.endpoints.update(identity, Changes(enabled=True))
    assert enabled is not None
    assert (enabled.disabled, enabled.wants(happened())) == (None, True)


async def test_two_secrets_sign_while_one_takes_the_place_of_the_other(home: House) -> None:
    made, first = await home.endpoints.create(URL, [ENDED])
    second = await home.endpoints.rotate(made.id, timedelta(hours=1))
    assert await home.endpoints.secrets(made.id) == [second, first]
    await home.later(3600)
    assert await home.endpoints.secrets(made.id) == [second]


async def test_never_more_than_two_sign(home: House) -> None:
    made, _ = await home.endpoints.create(URL, [ENDED])
    second = await home.endpoints.rotate(made.id)
    third = await home.endpoints.rotate(made.id)
    assert await home.endpoints.secrets(made.id) == [third, second]


async def test_a_secret_that_leaked_can_be_replaced_at_once(home: House) -> None:
    made, _ = await home.endpoints.create(URL, [ENDED])
    second = await home.endpoints.rotate(made.id, timedelta(0))
    assert await home.endpoints.secrets(made.id) == [second]


async def test_an_endpoint_that_is_removed_leaves_nothing_to_claim(home: House) -> None:
    identity = await home.endpoint()
    await home.queue.put([(happened(), identity)])
    assert await home.endpoints.delete(identity)
    assert await home.endpoints.all() == []
    assert await home.endpoints.secrets(identity) == []
    assert await home.queue.claim({identity: 10}) == []


def test_an_endpoint_wants_what_it_asked_for_from_when_it_was_made() -> None:
    endpoint = Endpoint("ep", URL, frozenset({ENDED}), transcripts=False, numbers=False, created=NINE)
    assert endpoint.wants(happened(0, ENDED))
    assert not endpoint.wants(happened(-1, ENDED))
    assert not endpoint.wants(happened(1, EventType.CALL_STARTED))


@pytest.mark.parametrize("allowed", [True, False])
def test_what_was_said_is_only_for_those_who_may_be_told(allowed: bool) -> None:
    endpoint = Endpoint("ep", URL, frozenset(EventType), transcripts=allowed, numbers=False, created=NINE)
    assert endpoint.wants(happened(1, EventType.CALL_TRANSCRIPT)) is allowed
