"""Assistants, campaigns with their lists, numbers that nobody may call, usage, keys and recordings: asked over HTTP."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from assist.api.keys import Scope
from assist.campaign.model import CampaignState
from assist.store import CallRecord, UseRecord
from tests.api_rig import Api, open_api

YAML = {"Content-Type": "application/yaml"}
CSV = {"Content-Type": "text/csv"}
BEGAN = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


@pytest.fixture
async def api(tmp_path: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Api]:
    async with open_api(tmp_path, redis_url, monkeypatch) as opened:
        yield opened


async def got(api: Api, path: str, **query: str | int) -> Any:
    response = await api.client.get(path, params=query)
    assert response.status_code == 200, response.text
    return response.json()


# Assistants


async def test_an_assistant_is_changed_by_whoever_has_seen_it_last(api: Api) -> None:
    read = await api.client.get("/v1/assistants/uno")
    text = read.json()["text"].replace("automático", "nuevo y automático")
    changed = await api.client.put(
        "/v1/assistants/uno", content=text, headers=YAML | {"If-Match": read.headers["etag"]}
    )
    late = await api.client.put("/v1/assistants/uno", content=text, headers=YAML | {"If-Match": read.headers["etag"]})
    again = await api.client.get("/v1/assistants/uno")
    assert (changed.status_code, late.status_code) == (200, 412)
    assert again.json()["text"] == text
    assert again.headers["etag"] == changed.headers["etag"] != read.headers["etag"]
    known = await api.client.get("/v1/assistants/uno", headers={"If-None-Match": again.headers["etag"]})
    assert (known.status_code, known.content) == (304, b"")
    assert api.rooms.files.assistants.get("uno").phrases["es"].greeting.startswith("Soy un asistente nuevo")


async def test_a_new_assistant_is_made_once(api: Api) -> None:
    text = (api.folder / "assistants/uno.yaml").read_bytes()
    codes = [
        (await api.client.put("/v1/assistants/dos", content=text, headers=YAML | headers)).status_code
        for headers in ({}, {"If-Match": "*"}, {"If-None-Match": "*"}, {"If-None-Match": "*"}, {"If-Match": "*"})
    ]
    assert codes == [428, 412, 201, 412, 200]
    assert [one["name"] for one in (await got(api, "/v1/assistants"))["items"]] == ["dos", "uno"]


async def test_a_file_that_is_wrong_is_refused_with_each_mistake_and_changes_nothing(api: Api) -> None:
    before = (api.folder / "assistants/uno.yaml").read_bytes()
    wrong = "languages: es\ntimezone: Europe/Nowhere\nphrases: {es: {greetin: Hola.}}\n"
    refused = await api.client.put("/v1/assistants/uno", content=wrong, headers=YAML | {"If-Match": "*"})
    checked = await api.client.post("/v1/assistant-checks", content=wrong, headers=YAML)
    assert refused.status_code == 422
    assert {fault["pointer"].split()[1] for fault in refused.json()["errors"]} == {"2", "3"}
    assert not checked.json()["valid"]
    assert {flaw["line"] for flaw in checked.json()["mistakes"]} == {2, 3}
    assert (api.folder / "assistants/uno.yaml").read_bytes() == before
    assert not list((api.folder / "assistants").glob(".*"))


# Campaigns


async def imported(api: Api, content: str | bytes, campaign: str = "uno", **how: Any) -> dict[str, Any]:
    """Return the job of a list that was sent, once it has ended."""
    sent = await api.client.post(f"/v1/campaigns/{campaign}/imports", content=content, headers=CSV, params=how)
    assert sent.status_code == 202, sent.text
    async with asyncio.timeout(20):
        while (job := await got(api, sent.headers["location"]))["state"] == "running":  # noqa: ASYNC110 - as users do
            await asyncio.sleep(0.02)
    assert isinstance(job, dict)
    return job


def rows(count: int, first: int = 0) -> str:
    return "telefono,nombre\n" + "".join(
        f"+3491000{number:04},Ana {number}\n" for number in range(first, first + count)
    )


async def test_a_list_is_sent_and_its_contacts_are_read_in_pages(api: Api) -> None:
    job = await imported(api, rows(5))
    assert (job["state"], job["new"], job["refused"], job["error"]) == ("done", 5, 0, "")
    assert (await imported(api, rows(5)))["known"] == 5
    seen: list[str] = []
    page = await got(api, "/v1/campaigns/uno/contacts", limit=2)
    seen += [one["phone"] for one in page["items"]]
    while page["next_cursor"]:
        page = await got(api, "/v1/campaigns/uno/contacts", limit=2, cursor=page["next_cursor"])
        seen += [one["phone"] for one in page["items"]]
    assert seen == [f"+3491000{number:04}" for number in range(5)]
    contact = page["items"][-1]["id"]
    assert (await got(api, f"/v1/campaigns/uno/contacts/{contact}"))["phone"] == seen[-1]
    assert [one["id"] for one in (await got(api, "/v1/jobs"))["items"]][-1] == job["id"]
    assert not list((api.folder / "state/imports").glob("*.csv"))


async def test_a_list_takes_the_place_of_the_one_before(api: Api) -> None:
    await imported(api, rows(5))
    changed = rows(3).replace("Ana 2", "Eva")
    job = await imported(api, changed, instead=True)
    assert (job["known"], job["updated"], job["ended"]) == (2, 1, 2)
    contacts = (await got(api, "/v1/campaigns/uno/contacts"))["items"]
    assert [one["outcome"] for one in contacts] == [None, None, None, "expired", "expired"]
    assert {one["due"] for one in contacts} == {None}


async def test_rows_that_are_wrong_come_back_with_what_is_wrong(api: Api) -> None:
    job = await imported(api, rows(1) + "not a number,Eva\n")
    errors = await api.client.get(f"/v1/jobs/{job['id']}/errors")
    assert job["refused"] == 1
    assert errors.headers["content-type"].startswith("text/csv")
    assert "Eva" in errors.text


async def test_what_is_no_list_fails_with_the_mend(api: Api) -> None:
    job = await imported(api, "nothing like a list")
    assert job["state"] == "failed"
    assert job["error"]


async def test_a_campaign_is_started_paused_resumed_and_cancelled(api: Api) -> None:
    assert (await api.client.post("/v1/campaigns/uno/start")).status_code == 409
    await imported(api, rows(3))
    states = []
    for verb in ("start", "pause", "resume"):
        response = await api.client.post(f"/v1/campaigns/uno/{verb}", headers={"Idempotency-Key": verb})
        assert response.status_code == 200, response.text
        states.append(response.json()["state"])
    cancelled = (await api.client.post("/v1/campaigns/uno/cancel", json={})).json()
    assert states == ["running", "paused", "running"]
    assert (cancelled["state"], cancelled["outcomes"]) == ("cancelled", {"cancelled": 3})
    assert (await api.client.post("/v1/campaigns/uno/resume")).status_code == 409
    assert (await api.client.post("/v1/campaigns/uno/imports", content=rows(1), headers=CSV)).status_code == 409


async def test_the_results_are_a_table_or_lines_of_json(api: Api) -> None:
    await imported(api, rows(3))
    table = await api.client.get("/v1/campaigns/uno/results.csv")
    lines = await api.client.get("/v1/campaigns/uno/results.ndjson")
    page = await got(api, "/v1/campaigns/uno/contacts", limit=2)
    rest = await api.client.get("/v1/campaigns/uno/results.ndjson", params={"cursor": page["next_cursor"]})
    assert (len(table.text.splitlines()), len(lines.text.splitlines()), len(rest.text.splitlines())) == (4, 3, 1)
    assert table.headers["content-type"].startswith("text/csv")


async def test_what_happens_in_a_campaign_is_followed_until_it_is_over(api: Api) -> None:
    await imported(api, rows(1))
    assert await api.rooms.ledger.set_state("uno", CampaignState.RUNNING)
    await api.client.post("/v1/campaigns/uno/cancel", json={})
    told = await api.rooms.ledger.events("uno")
    after = {"Last-Event-ID": told[-1][0] if told else "1-0"}
    assert (await api.client.get("/v1/campaigns/uno/events", headers=after)).status_code == 204


# The list of numbers that nobody may call


async def test_a_number_that_nobody_may_call_is_not_called(api: Api) -> None:
    number = {"number": "+34612345678"}
    answers = [
        (await api.client.post(path, json=number)).json()
        for path in ("/v1/do-not-call/look-ups", "/v1/do-not-call", "/v1/do-not-call", "/v1/do-not-call/look-ups")
    ]
    refused = await api.client.post("/v1/calls", json={"to": "612345678", "assistant": "uno"})
    counted = await got(api, "/v1/do-not-call")
    removed = (await api.client.post("/v1/do-not-call/removals", json=number)).json()
    assert [(one["listed"], one["changed"]) for one in answers] == [
        (False, False),
        (True, True),
        (True, False),
        (True, False),
    ]
    assert (refused.status_code, refused.json()["type"]) == (403, "urn:assist:problem:do-not-call")
    assert "612345678" not in refused.text
    assert counted == {"sources": {"owner": 1}}
    assert removed == {"listed": False, "changed": True}


# Calls that are over


def call(number: int = 0, **changes: Any) -> CallRecord:
    began = BEGAN + timedelta(minutes=number)
    fields: dict[str, Any] = {
        "id": str(uuid4()),
        "assistant": "uno",
        "direction": "inbound",
        "started": began,
        "answered": began,
        "ended": began + timedelta(seconds=90),
        "cause": "NORMAL_CLEARING",
        "cost_usd": Decimal("0.02"),
        "used": (UseRecord("llm", "openai", "gpt", Decimal("0.02"), {"requests": 2}),),
    }
    return CallRecord(**(fields | changes))


async def test_calls_are_listed_in_pages_and_by_what_they_are(api: Api) -> None:
    calls = [call(number, direction="outbound" if number % 3 else "inbound") for number in range(10)]
    for one in calls:
        await api.rooms.store.history.record(one)
    seen, cursor = [], None
    while True:
        page = await got(api, "/v1/calls", limit=4, **({"cursor": cursor} if cursor else {}))
        seen += [one["id"] for one in page["items"]]
        if not (cursor := page["next_cursor"]):
            break
    inbound = await got(api, "/v1/calls", direction="inbound", assistant="uno")
    some = await got(api, "/v1/calls", since="2026-11-23T09:32:00Z", before="2026-11-23T10:34:00+01:00")
    assert seen == [one.id for one in reversed(calls)]
    assert [one["id"] for one in inbound["items"]] == [one.id for one in reversed(calls[::3])]
    assert [one["id"] for one in some["items"]] == [calls[3].id, calls[2].id]
    one = await got(api, f"/v1/calls/{calls[0].id}")
    assert (one["state"], one["duration_s"], one["cost_usd"]) == ("ended", 90.0, "0.02")


async def test_what_was_said_is_gone_after_its_time_and_the_call_is_not(api: Api) -> None:
    over = call()
    await api.rooms.store.history.record(over)
    assert (await api.client.get(f"/v1/calls/{over.id}/transcript")).status_code == 410
    assert (await api.client.get(f"/v1/calls/{over.id}/events")).status_code == 410


async def test_what_was_used_up_is_told_by_day(api: Api) -> None:
    for number in (0, 1, 60 * 24):
        await api.rooms.store.history.record(call(number))
    found = await got(api, "/v1/usage", first="2026-11-23", last="2026-11-24")
    assert [(one["day"], one["calls"], one["minutes"]) for one in found["items"]] == [
        ("2026-11-23", 2, 3.0),
        ("2026-11-24", 1, 1.5),
    ]
    assert (found["calls"], found["cost_usd"]) == (3, "0.06")
    assert (await api.client.get("/v1/usage", params={"first": "2026-11-24", "last": "2026-11-23"})).status_code == 409


async def test_a_part_of_a_recording_is_heard(api: Api) -> None:
    over = call()
    (api.folder / f"recordings/{over.id}.wav").write_bytes(bytes(range(200)))
    part = await api.client.get(f"/v1/calls/{over.id}/recording", headers={"Range": "bytes=10-19"})
    whole = await api.client.get(f"/v1/calls/{over.id}/recording")
    assert (part.status_code, part.content, part.headers["content-range"]) == (
        206,
        bytes(range(10, 20)),
        "bytes 10-19/200",
    )
    assert (whole.status_code, len(whole.content), whole.headers["accept-ranges"]) == (200, 200, "bytes")


# Keys and engines


async def test_a_key_is_made_shown_once_given_another_secret_and_revoked(api: Api) -> None:
    refused = await api.client.post("/v1/keys", json={"name": "crm", "scopes": ["read"]})
    admin = (await api.client.post("/v1/keys", json={"name": "admin", "scopes": ["admin"]})).json()
    assert (refused.status_code, admin["prefix"]) == (409, f"ak_{admin['id']}")
    async with api.as_(admin["key"]) as client:
        made = (await client.post("/v1/keys", json={"name": "crm", "scopes": ["read"], "expires_in_days": 7})).json()
        listed = (await client.get("/v1/keys")).json()["items"]
        rotated = (await client.post(f"/v1/keys/{made['id']}/rotate", json={"overlap_hours": 0})).json()
        own = await client.post(f"/v1/keys/{admin['id']}/rotate", json={"overlap_hours": 0})
        assert [one["name"] for one in listed] == ["admin", "crm"]
        assert not any("key" in one for one in listed)
        async with api.as_(made["key"]) as old, api.as_(rotated["key"]) as new:
            assert ((await old.get("/v1/calls")).status_code, (await new.get("/v1/calls")).status_code) == (401, 200)
            assert (await client.delete(f"/v1/keys/{made['id']}")).status_code == 204
            assert (await new.get("/v1/calls")).status_code == 401
        assert (await client.delete(f"/v1/keys/{admin['id']}")).status_code == 409
        assert own.status_code == 409


async def test_the_engines_that_are_chosen_are_told(api: Api) -> None:
    found = await got(api, "/v1/engines")
    assert {one["kind"] for one in found["items"]} == {"stt", "llm", "tts"}
    assert all(one["used_by"] for one in found["items"])


async def test_each_scope_opens_what_it_names(api: Api) -> None:
    keys = {scope: await api.key(scope) for scope in Scope}
    requests: dict[Scope, tuple[str, str, Any]] = {
        Scope.READ: ("GET", "/v1/calls", None),
        Scope.CALLS: ("POST", "/v1/calls", {"to": "+34612345679", "assistant": "nadie"}),
        Scope.CAMPAIGNS: ("POST", "/v1/do-not-call", {"number": "+34612345678"}),
        Scope.ADMIN: ("GET", "/v1/keys", None),
    }
    for holder, key in keys.items():
        async with api.as_(key) as client:
            for scope, (method, path, body) in requests.items():
                code = (await client.request(method, path, json=body)).status_code
                assert (code == 403) is (scope is not holder and holder is not Scope.ADMIN), (holder, scope, code)
