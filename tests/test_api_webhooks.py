"""Who is told what happens, asked over HTTP; that it is told has tests of its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.api_rig import Api, open_api

URL = "https://crm.example.com/assist"


@pytest.fixture
async def api(tmp_path: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Api]:
    async with open_api(tmp_path, redis_url, monkeypatch) as opened:
        yield opened


async def added(api: Api, url: str = URL) -> httpx.Response:
    return await api.client.post("/v1/webhooks", json={"url": url, "types": ["call.started", "call.ended"]})


async def test_an_endpoint_is_added_changed_and_removed(api: Api) -> None:
    made = await added(api)
    assert made.status_code == 201, made.text
    endpoint, secret = made.json()["id"], made.json()["secret"]
    changed = await api.client.patch(f"/v1/webhooks/{endpoint}", json={"numbers": True, "enabled": False})
    listed = (await api.client.get("/v1/webhooks")).json()["items"]
    removed = await api.client.delete(f"/v1/webhooks/{endpoint}")
    gone = await api.client.get(f"/v1/webhooks/{endpoint}")
    assert secret.startswith("whsec_")
    assert "secret" not in listed[0]
    assert listed == [changed.json()]
    assert (listed[0]["numbers"], listed[0]["transcripts"], listed[0]["disabled"]) == (True, False, "owner")
    assert listed[0]["types"] == ["call.ended", "call.started"]
    assert (removed.status_code, gone.status_code) == (204, 404)


async def test_an_address_that_may_not_be_asked_is_refused_and_not_repeated(api: Api) -> None:
    refused = await added(api, "http://crm.example.com/secret")
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (409, "/url")
    assert "example" not in refused.text


async def test_a_new_secret_is_shown_once(api: Api) -> None:
    made = (await added(api)).json()
    rotated = (await api.client.post(f"/v1/webhooks/{made['id']}/rotate", json={})).json()
    assert rotated["secret"] != made["secret"]
    assert len(await api.rooms.webhooks.endpoints.secrets(made["id"])) == 2


async def test_a_test_is_delivered_like_anything_else(api: Api) -> None:
    endpoint = (await added(api)).json()["id"]
    delivery = (await api.client.post(f"/v1/webhooks/{endpoint}/tests")).json()
    waiting = (await api.client.get(f"/v1/webhooks/{endpoint}/deliveries", params={"state": "waiting"})).json()
    dead = (await api.client.get(f"/v1/webhooks/{endpoint}/deliveries")).json()
    resent = await api.client.post(f"/v1/deliveries/{delivery['id']}/resend")
    assert (delivery["type"], delivery["state"], delivery["tries"]) == ("webhook.test", "waiting", 0)
    assert [one["id"] for one in waiting["items"]] == [delivery["id"]]
    assert dead == {"items": [], "next_cursor": None}
    assert resent.status_code == 409
    assert (await api.client.get(f"/v1/deliveries/{delivery['id']}")).json() == delivery


async def test_it_tells_whether_it_lives_and_can_work_to_whoever_asks(
    tmp_path: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_api(tmp_path, redis_url, monkeypatch, local=False) as api:
        assert (await api.client.get("/health/live")).json() == {"status": "live"}
        ready = await api.client.get("/health/ready")
    assert (ready.status_code, ready.json()["checks"]["redis"]) == (200, True)
