"""Every answer from 400 on is a problem, whoever in the house gives it."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from assist.api import problem
from assist.api.keys import Scope
from assist.api.problem import TITLES, Problem
from tests.api_rig import Api, open_api
from tests.redis_process import redis_process

JSON = {"Content-Type": "application/json"}
NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
async def api(tmp_path: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Api]:
    async with open_api(tmp_path, redis_url, monkeypatch) as opened:
        yield opened


def problem_of(response: httpx.Response) -> Problem:
    """Return the problem that *response* is."""
    assert response.headers["content-type"] == problem.MEDIA_TYPE, response.text
    told = Problem.model_validate(response.json())
    kind = told.type.removeprefix("urn:assist:problem:")
    assert (told.status, told.title) == (response.status_code, TITLES[kind][1])
    assert told.status == TITLES[kind][0]
    assert told.instance == f"urn:uuid:{response.headers['request-id']}"
    return told


@pytest.mark.parametrize(
    ("status", "method", "path", "request_"),
    [
        (400, "POST", "/v1/calls", {"content": "{", "headers": JSON}),
        (404, "GET", "/v1/nothing", {}),
        (404, "GET", "/", {}),
        (404, "GET", f"/v1/calls/{NOBODY}", {}),
        (404, "GET", "/v1/calls?cursor=abc", {}),
        (404, "GET", "/v1/assistants/nadie", {}),
        (404, "GET", f"/v1/calls/{NOBODY}/recording", {}),
        (404, "POST", "/v1/calls", {"json": {"to": "+34612345678", "assistant": "nadie"}}),
        (405, "DELETE", "/v1/calls", {}),
        (406, "GET", "/v1/calls", {"headers": {"Accept": "text/html"}}),
        (409, "POST", "/v1/campaigns/uno/start", {}),
        (409, "POST", "/v1/campaigns/uno/pause", {}),
        (412, "PUT", "/v1/assistants/uno", {"headers": {"If-Match": '"old"'}}),
        (413, "POST", "/v1/calls", {"content": "x" * 1_000_001, "headers": JSON}),
        (
            413,
            "POST",
            "/v1/assistant-checks",
            {"content": "x" * 200_001, "headers": {"Content-Type": "application/yaml"}},
        ),
        (415, "POST", "/v1/calls", {"content": "x", "headers": {"Content-Type": "text/plain"}}),
        (415, "POST", "/v1/calls", {"content": "{}"}),
        (422, "POST", "/v1/calls", {"json": {"to": "+34612345678"}}),
        (422, "GET", "/v1/calls?limit=0", {}),
        (422, "GET", "/v1/calls/not-an-id", {}),
        (428, "PUT", "/v1/assistants/uno", {}),
        (503, "POST", "/v1/calls", {"json": {"to": "+34612345678", "assistant": "uno"}}),
    ],
)
async def test_each_error_is_a_problem(api: Api, status: int, method: str, path: str, request_: dict[str, Any]) -> None:
    if method == "PUT":
        text = (api.folder / "assistants/uno.yaml").read_bytes()
        headers = {"Content-Type": "application/yaml", **request_.get("headers", {})}
        request_ = {"content": text, "headers": headers}
    response = await api.client.request(method, path, **request_)
    assert response.status_code == status, response.text
    problem_of(response)


async def test_what_is_wrong_is_told_by_place_and_never_repeated(api: Api) -> None:
    wrong = {"to": "612 secret", "assistant": "uno", "extra": "private"}
    response = await api.client.post("/v1/calls", json=wrong)
    told = problem_of(response)
    assert {fault.pointer for fault in told.errors} == {"/to", "/extra"}
    assert "secret" not in response.text
    assert "private" not in response.text


async def test_a_method_that_is_not_there_is_told_with_those_that_are(api: Api) -> None:
    for path, methods in {
        "/v1/calls": "GET, POST",
        "/v1/assistants/uno": "GET, PUT",
        "/v1/do-not-call": "GET, POST",
        f"/v1/calls/{NOBODY}/say": "POST",
    }.items():
        assert (await api.client.request("PATCH", path)).headers["allow"] == methods


async def test_a_part_of_a_recording_that_is_not_there(api: Api) -> None:
    (api.folder / f"recordings/{NOBODY}.wav").write_bytes(b"RIFF" + bytes(100))
    response = await api.client.get(f"/v1/calls/{NOBODY}/recording", headers={"Range": "bytes=500-"})
    assert (problem_of(response).status, response.headers["content-range"]) == (416, "bytes */104")


async def test_a_redis_that_is_gone_is_a_matter_of_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with redis_process(tmp_path) as redis:
        async with open_api(tmp_path, redis.url, monkeypatch) as api:
            assert (await api.client.get("/v1/calls")).status_code == 200
            redis.process.kill()
            redis.process.wait()
            response = await api.client.get("/v1/calls")
            assert problem_of(response).status == 503
            assert response.headers["retry-after"] == "1"


async def test_our_own_mistakes_are_told_without_what_they_were(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a secret of ours")

    monkeypatch.setattr(api.rooms.store.history, "recent", broken)
    response = await api.client.get("/v1/calls")
    assert problem_of(response).status == 500
    assert "secret" not in response.text


async def test_who_has_no_key_and_whose_key_is_not_enough_are_told_apart(api: Api) -> None:
    reader = await api.key(Scope.READ)
    unknown = await api.client.get("/v1/calls")
    assert problem_of(unknown).status == 401
    assert unknown.headers["www-authenticate"].startswith("Bearer")
    async with api.as_(reader) as client:
        assert (await client.get("/v1/calls")).status_code == 200
        forbidden = await client.post("/v1/calls", json={"to": "+34612345678", "assistant": "uno"})
        assert problem_of(forbidden).status == 403
        assert problem_of(await client.get("/v1/keys")).status == 403


async def test_the_document_tells_every_error_as_a_problem(api: Api) -> None:
    document = (await api.client.get("/v1/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    operations = [(path, name, one) for path, names in document["paths"].items() for name, one in names.items()]
    for path, name, operation in operations:
        for status, response in operation["responses"].items():
            if status >= "400":
                assert list(response["content"]) == [problem.MEDIA_TYPE], (path, name, status)
        assert {"401", "403", "406", "422", "429", "500", "503"} <= operation["responses"].keys()
        assert operation["tags"] and operation["summary"] and operation["description"]
    names = [operation["operationId"] for _, _, operation in operations]
    assert len(set(names)) == len(names)
    linked = json.dumps(document).count('"operationId"') - len(names)
    assert linked > 20
