"""People of whom nothing is to stay, and who did what, by the API."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assist.api.keys import Scope
from tests.api_rig import Api, open_api

ANA = "+34612345678"
YEAR = timedelta(days=365)


@pytest.fixture
async def api(redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Api]:
    async with open_api(tmp_path, redis_url, monkeypatch) as lent:
        yield lent


async def deeds(api: Api, **query: str) -> list[tuple[str, str, str]]:
    """Return who did what to what."""
    found = (await api.client.get("/v1/audit", params=query)).json()["items"]
    return [(deed["actor"], deed["action"], deed["subject"]) for deed in found]


async def test_who_is_erased_gets_a_receipt(api: Api) -> None:
    await api.rooms.store.callers.add(ANA, "the-call", datetime.now(UTC), YEAR)
    answer = await api.client.post("/v1/erasures", json={"number": ANA, "do_not_call": True})
    assert answer.status_code == 200
    assert (answer.json()["calls"], answer.json()["do_not_call"]) == (1, True)
    assert await api.rooms.store.callers.calls(ANA) == []
    assert ANA[1:] not in answer.text
    told = await deeds(api)
    assert told == [
        ("key:local", "api.erasePerson", ""),
        ("key:local", "person.erase", answer.json()["id"]),
    ]


async def test_nobody_is_erased_who_talks_just_now(api: Api) -> None:
    await api.rooms.store.callers.add(ANA, "the-call", datetime.now(UTC), YEAR)
    await api.rooms.store.save_session("the-call", b"{}")
    answer = await api.client.post("/v1/erasures", json={"number": ANA})
    assert (answer.status_code, answer.headers["content-type"]) == (409, "application/problem+json")


async def test_what_is_no_number_is_not_repeated(api: Api) -> None:
    answer = await api.client.post("/v1/erasures", json={"number": "+99999999999"})
    assert answer.status_code == 404
    assert "9999" not in answer.text


async def test_only_an_admin_erases_and_reads_who_did_what(api: Api) -> None:
    key = await api.key(Scope.ADMIN)
    other = await api.key(Scope.READ, Scope.CALLS, Scope.CAMPAIGNS)
    async with api.as_(other) as client, api.as_(key) as admin:
        assert (await client.post("/v1/erasures", json={"number": ANA})).status_code == 403
        assert (await client.get("/v1/audit")).status_code == 403
        told = (await admin.get("/v1/audit")).json()["items"]
    identity = other.removeprefix("ak_").partition("_")[0]
    assert [(deed["actor"], deed["action"]) for deed in told] == [(f"key:{identity}", "api.erasePerson")]


async def test_changes_and_looks_at_what_is_personal_are_written_down_and_nothing_else(api: Api) -> None:
    await api.client.get("/v1/campaigns")
    await api.client.get("/v1/calls")
    await api.client.post("/v1/do-not-call", json={"number": ANA})
    await api.client.get("/v1/campaigns/uno/contacts")
    await api.client.get("/v1/calls/3f2a8c1e-9012-4345-8678-123456789012/transcript")
    assert await deeds(api) == [
        ("key:local", "api.addDoNotCall", ""),
        ("key:local", "api.listContacts", "uno"),
        ("key:local", "api.getTranscript", "3f2a8c1e-9012-4345-8678-123456789012"),
    ]


async def test_what_was_done_comes_in_pages(api: Api) -> None:
    for number in range(5):
        await api.rooms.store.audit.record("system", "retention", str(number))
    told, cursor = [], None
    while True:
        page = (await api.client.get("/v1/audit", params={"limit": 2} | ({"cursor": cursor} if cursor else {}))).json()
        told += [deed["subject"] for deed in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert told == ["0", "1", "2", "3", "4"]


async def test_what_was_done_since_a_moment(api: Api) -> None:
    await api.rooms.store.audit.record("system", "retention")
    assert await deeds(api, since=(datetime.now(UTC) + timedelta(hours=1)).isoformat()) == []
    assert len(await deeds(api, since="0001-01-01T00:00:00+14:00")) == 1
    assert (await api.client.get("/v1/audit", params={"cursor": "WyJ4Il0"})).status_code == 404
