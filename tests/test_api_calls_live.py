"""Calls placed by the API, on the simulated line: real worker, Redis and Event Socket."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from assist.aio import Stream
from assist.api.application import application
from assist.api.keys import Scope
from assist.api.rooms import open_rooms
from assist.api.serving import serve_api
from assist.settings import read_settings
from assist.simulate.ports import free_port
from tests.api_rig import Api, client_of, open_api
from tests.fakes import FakeBrain
from tests.rigs import until
from tests.service import GREETING, House, environment_of, install, open_house

pytestmark = [pytest.mark.slow, pytest.mark.flaky(reruns=1)]

PASSWORD = "a-long-one"
HUMAN, BUSY = "+34910000101", "+34910000100"


@asynccontextmanager
async def opened(
    folder: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch, **more: str
) -> AsyncIterator[tuple[Api, House]]:
    """Lend the API of an installation whose worker and whose line are up; at the reception it is busy."""
    install(lambda assistant: FakeBrain(["Está ocupado."]))
    own = dict(environment_of(folder, redis_url, free_port()))
    own |= {"ASSIST_ESL_PORT": str(free_port()), "ASSIST_ESL_PASSWORD": PASSWORD, "ASSIST_CALLS_COUNTRY": "ES", **more}
    async with open_api(folder, redis_url, monkeypatch, more=own) as api:
        settings = read_settings()
        path = folder / "assistants/uno.yaml"
        path.write_text(
            path.read_text() + "destinations: {recepcion: sofia/gateway/far/34910000100}\n", encoding="utf-8"
        )
        async with open_house(settings, redis_url) as home, home.line.event_socket(PASSWORD, settings.esl.port):
            await until(lambda: bool(api.rooms.nodes))
            yield api, home


async def place(client: httpx.AsyncClient, to: str, **headers: str) -> httpx.Response:
    return await client.post("/v1/calls", json={"to": to, "assistant": "uno", "reference": "order 7"}, headers=headers)


async def events(api: Api, call: str, *, after: str = "0") -> Stream[tuple[str, str, dict[str, Any]]]:
    """Yield id, kind and data of what happens, by the hub that the stream of the API is made of."""
    async with aclosing(api.rooms.calls.watch(call, after)) as told:
        async for one in told:
            if one:
                yield one[0], one[1]["kind"], json.loads(one[1]["data"])


async def told(api: Api, call: str, kind: str, text: str | None = None) -> dict[str, Any]:
    """Return the first such event."""
    async with asyncio.timeout(30), aclosing(events(api, call)) as happening:
        async for _, what, data in happening:
            if what == kind and (text is None or data.get("text") == text):
                return data
    raise AssertionError


async def ended(client: httpx.AsyncClient, call: str) -> dict[str, Any]:
    """Return the call once it is in the history."""
    async with asyncio.timeout(30):
        while True:
            found: dict[str, Any] = (await client.get(f"/v1/calls/{call}")).json()
            if found["state"] == "ended" and found["ended"]:
                return found
            await asyncio.sleep(0.05)


async def test_a_call_rings_is_followed_told_to_say_something_and_hung_up(
    tmp_path: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path, redis_url, monkeypatch) as (api, _):
        placed = await place(api.client, HUMAN)
        assert placed.status_code == 202, placed.text
        assert placed.json()["state"] == "calling"
        call = placed.json()["id"]
        assert placed.headers["location"] == f"/v1/calls/{call}"
        await told(api, call, "Said", GREETING)
        found = (await api.client.get(f"/v1/calls/{call}")).json()
        assert (found["state"], found["assistant"], found["reference"]) == ("in_progress", "uno", "order 7")
        live = (await api.client.get("/v1/live-calls")).json()["items"]
        assert [one["id"] for one in live] == [call]
        ordered = await api.client.post(f"/v1/calls/{call}/say", json={"text": "Un momento."})
        assert ordered.status_code == 202
        await told(api, call, "Said", "Un momento.")
        refused = await api.client.post(f"/v1/calls/{call}/transfer", json={"destination": "jefe"})
        assert (refused.status_code, "recepcion" in refused.text) == (404, True)
        assert (await api.client.post(f"/v1/calls/{call}/hang-up")).status_code == 200
        over = await ended(api.client, call)
        transcript = (await api.client.get(f"/v1/calls/{call}/transcript")).json()
        listed = (await api.client.get("/v1/calls", params={"direction": "outbound"})).json()["items"]
        late = await api.client.post(f"/v1/calls/{call}/say", json={"text": "Nadie lo oye."})
    assert (over["cause"], over["direction"], over["reference"]) == ("NORMAL_CLEARING", "outbound", "order 7")
    assert [line["text"] for line in transcript["items"] if line["speaker"] == "assistant"][:2] == [
        GREETING,
        "Un momento.",
    ]
    assert [one["id"] for one in listed] == [call]
    assert late.status_code == 409


async def test_a_transfer_that_is_ordered_is_tried_and_its_outcome_told(
    tmp_path: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path, redis_url, monkeypatch) as (api, _):
        call = (await place(api.client, HUMAN)).json()["id"]
        await told(api, call, "Said", GREETING)
        assert (
            await api.client.post(f"/v1/calls/{call}/transfer", json={"destination": "recepcion"})
        ).status_code == 202
        transferred = await told(api, call, "Transferred")
        assert transferred == {"destination": "recepcion", "outcome": "busy"}
        await told(api, call, "Said", "Está ocupado.")
        await api.client.post(f"/v1/calls/{call}/hang-up")
        await ended(api.client, call)


async def test_one_that_nobody_answers_is_over_with_its_cause(
    tmp_path: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path, redis_url, monkeypatch) as (api, _):
        call = (await place(api.client, BUSY)).json()["id"]
        async with asyncio.timeout(20):
            response = await api.client.get(f"/v1/calls/{call}/events")
        assert response.headers["content-type"].startswith("text/event-stream")
        assert 'event: ended\ndata: {"cause":"USER_BUSY"' in response.text
        over = await ended(api.client, call)
        again = await api.client.get(f"/v1/calls/{call}/events", headers={"Last-Event-ID": _last(response.text)})
    assert (over["cause"], over["answered"], over["duration_s"]) == ("USER_BUSY", None, 0)
    assert again.status_code == 204


def _last(text: str) -> str:
    return [line.removeprefix("id: ") for line in text.splitlines() if line.startswith("id: ")][-1]


async def test_the_same_key_rings_once_also_if_the_process_dies_between(
    tmp_path: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path, redis_url, monkeypatch) as (api, home):
        key = await api.key(Scope.ADMIN)
        async with api.as_(key) as client:
            first = await place(client, HUMAN, **{"Idempotency-Key": "k1"})
            replayed = await place(client, HUMAN, **{"Idempotency-Key": "k1"})
            other = await client.post(
                "/v1/calls", json={"to": BUSY, "assistant": "uno"}, headers={"Idempotency-Key": "k1"}
            )
            call = first.json()["id"]
            await until(lambda: call in home.line.board.sessions)
            # Whatever was remembered of the answer is lost with the process; what was written of the call is not.
            await api.rooms.shelf.drop(name_of(key, "k1"))
            async with open_rooms(read_settings()) as other_process:
                await until(lambda: bool(other_process.nodes))
                async with client_of(application(other_process, local=True), key) as after:
                    again = await place(after, HUMAN, **{"Idempotency-Key": "k1"})
            ringing = list(home.line.board.sessions)
            await client.post(f"/v1/calls/{call}/hang-up")
            await until(lambda: not home.line.board.sessions)
    assert (first.status_code, replayed.status_code, other.status_code, again.status_code) == (202, 202, 422, 202)
    assert replayed.headers["idempotency-replayed"] == "true"
    assert first.json()["id"] == replayed.json()["id"] == again.json()["id"]
    assert len(ringing) == 1


def name_of(key: str, idempotency_key: str) -> str:
    """Return under which name the answer to a request is kept."""
    return hashlib.sha256(f"{key.split('_')[1]}\n{idempotency_key}".encode()).hexdigest()


async def test_whoever_follows_a_call_may_come_again_from_where_he_was(
    tmp_path: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop, port = asyncio.Event(), free_port()
    async with opened(tmp_path, redis_url, monkeypatch) as (api, _), asyncio.TaskGroup() as tasks:
        tasks.create_task(serve_api(read_settings(), ("127.0.0.1", port), stop))
        call = (await place(api.client, HUMAN)).json()["id"]
        await told(api, call, "Said", GREETING)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            before = await followed(client, call, until_="said")
            await api.client.post(f"/v1/calls/{call}/say", json={"text": "Un momento."})
            await told(api, call, "Said", "Un momento.")
            await api.client.post(f"/v1/calls/{call}/hang-up")
            after = await followed(client, call, after=before[-1][0])
        stop.set()
    assert (before[0][1], before[-1][1]) == ("started", "said")
    assert after[-1][1] == "ended"
    assert "said" in [kind for _, kind in after]
    assert not {identity for identity, _ in before} & {identity for identity, _ in after}


async def followed(client: httpx.AsyncClient, call: str, *, until_: str = "", after: str = "") -> list[tuple[str, str]]:
    """Return id and kind of what is told, up to the first of a kind, or to the end."""
    found: list[tuple[str, str]] = []
    kind = ""
    headers = {"Last-Event-ID": after} if after else {}
    async with client.stream("GET", f"/v1/calls/{call}/events", headers=headers) as response:
        async for line in response.aiter_lines():
            if line.startswith("event: "):
                kind = line.removeprefix("event: ")
            if line.startswith("id: "):
                found.append((line.removeprefix("id: "), kind))
                if kind == until_:
                    break
    return found
