"""The services of deploy/compose.yaml, run here from their own declarations: a call passes through all of them."""

import asyncio
import json
import secrets
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from assist.simulate.called import Ringing
from assist.simulate.caller import ScriptedCaller, Step
from assist.simulate.freeswitch import private_freeswitch
from assist.simulate.line import SimulatedLine
from assist.simulate.ports import free_ports
from tests.campaigns import ALWAYS
from tests.composed import OWN, ROOT, Composed
from tests.live.switch import MISSING, installation
from tests.recordings import recording
from tests.scrapes import scraped

pytestmark = [pytest.mark.slow, pytest.mark.models, pytest.mark.timeout(300), pytest.mark.asyncio(loop_scope="module")]

PERSON, PATIENT = "+34910000101", "+34910000109"
"""The second hangs up when he has heard enough."""
CAMPAIGN = "citas"
API, WORKERS, DIALER, PROMETHEUS = 8085, 9464, 9465, 9090
WITHIN = 60.0
"""Seconds for a call."""
JOBS = {"assist", "assist-dialer", "assist-api", "assist-webhooks"}


@dataclass(frozen=True, slots=True)
class Exchange:
    """What is in the place of the service "freeswitch"."""

    given: Mapping[str, str]
    """What ``.env`` says of it."""
    talks: bool
    """Whether who is called says something."""


@asynccontextmanager
async def simulated() -> AsyncIterator[Exchange]:
    password, (workers, esl) = secrets.token_hex(8), free_ports(2)

    async def person(ringing: Ringing) -> None:
        leg = await ringing.answer()
        steps = [Step(say="vm-sorry")]
        if ringing.number == PATIENT:
            steps.append(Step(hang_up=True, over=0.5))
        await ScriptedCaller(_human).run(leg, steps)
        await leg.ended()

    async with SimulatedLine([f"127.0.0.1:{workers}"], answering=person) as line, line.event_socket(password, esl):
        yield Exchange(_given(password, esl, workers), talks=True)


async def _human(name: str) -> bytes:
    return recording("es", name).audio


@asynccontextmanager
async def real() -> AsyncIterator[Exchange]:
    """Somebody at the far end of a FreeSWITCH picks up and listens."""
    found = installation()
    if found is None:
        pytest.skip(MISSING)
    async with private_freeswitch(found, {}) as switch:
        given = _given(switch.password, switch.ports.esl, switch.ports.worker)
        yield Exchange({**given, "ASSIST_CALLS_GATEWAY": "far"}, talks=False)


def _given(password: str, esl: int, workers: int) -> dict[str, str]:
    # What is quick to load: a demo with all that is embedded is held in the image, by test_shipping_image.
    quick = {"ASSIST_LLM": "echo", "ASSIST_LAST_RESORT": "false"}
    ports = {"ASSIST_ESL_PORT": str(esl), "ASSIST_LISTEN_PORT": str(workers)}
    return {"ASSIST_ESL_PASSWORD": password, **ports, **quick}


@dataclass(frozen=True, slots=True)
class Shipped:
    """All services, healthy, and a call that was placed by the API and hung up when it went as far as it goes."""

    composed: Composed
    exchange: Exchange
    api: aiohttp.ClientSession
    """With a key that may do all."""
    call: str
    told: list[tuple[str, Any]]
    """Kinds and data of what happened in it."""


@pytest_asyncio.fixture(
    scope="module",
    loop_scope="module",
    params=[pytest.param(simulated, id="simulated"), pytest.param(real, id="freeswitch", marks=pytest.mark.live)],
)
async def shipped(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shipped]:
    async with AsyncExitStack() as stack:
        exchange: Exchange = await stack.enter_async_context(request.param())
        config = tmp_path_factory.mktemp("owner") / "config"
        _write(config, exchange.given.get("ASSIST_CALLS_GATEWAY", "carrier"))
        composed = Composed(tmp_path_factory.mktemp("composed"), exchange.given, config)
        prometheus = ["prometheus"] if shutil.which("prometheus") else []
        await stack.enter_async_context(composed.running(["redis", *OWN, *prometheus]))
        made = json.loads(await composed.run("workers", "keys", "create", "test", "--scope", "admin", "--json"))
        headers = {"Authorization": f"Bearer {made['key']}"}
        base = f"http://127.0.0.1:{composed.port(API)}"
        api = await stack.enter_async_context(aiohttp.ClientSession(base, headers=headers))
        async with asyncio.timeout(WITHIN):
            call, told = await _called(api, "turn" if exchange.talks else "said")
        yield Shipped(composed, exchange, api, call, told)


def _write(config: Path, gateway: str) -> None:
    """Write the owner's files: those that are shipped, and a campaign that may call at any hour."""
    shutil.copytree(ROOT / "config", config)
    campaign = {
        "assistant": "clinica",
        "purpose": "service",
        "caller": "La Clínica",
        "timezone": "Europe/Madrid",
        "trunk": {"gateway": gateway},
        "pace": {"calls": 1},
        "contacts": {"country": "ES"},
        "words": {
            "greeting": {"es": "Hola, soy un asistente automático.", "en": "Hello, this is an automatic assistant."}
        },
        "when": {"holidays": "none"},
        "retry": {"attempts": 1},
    }
    free = {"hours": ALWAYS, "holidays": "none", "consent": False, "registry_days": None, "greeting": []}
    files = {
        f"campaigns/{CAMPAIGN}.yaml": campaign,
        "policies/es.yaml": {"purposes": dict.fromkeys(("marketing", "service", "collection"), free)},
        "trunks.yaml": {gateway: {"cps": 1, "calls": 2, "caller_ids": ["+34910000009"]}},
    }
    for name, content in files.items():
        (config / name).write_text(json.dumps(content), encoding="utf-8")


async def test_a_call_is_placed_by_the_api_and_followed_to_its_end(shipped: Shipped) -> None:
    async with asyncio.timeout(WITHIN):
        over = await _over(shipped)
    kinds = [kind for kind, _ in shipped.told]
    assert kinds[0] == "started"
    assert kinds[-1] == "ended"
    assert ("turn" in kinds) == shipped.exchange.talks
    assert (over["assistant"], over["direction"], over["cause"]) == ("clinica", "outbound", "NORMAL_CLEARING")
    assert over["answered"]


async def _called(api: aiohttp.ClientSession, last: str) -> tuple[str, list[tuple[str, Any]]]:
    """Place a call, hang up after the first event of the kind *last*, and return its id and all that was told of it."""
    async with api.post("/v1/calls", json={"to": PERSON, "assistant": "clinica"}) as placed:
        assert placed.status == 202, await placed.text()
        call = (await placed.json())["id"]
    told: list[tuple[str, Any]] = []
    kind = ""
    async with api.get(f"/v1/calls/{call}/events") as events:
        async for line in events.content:
            name, _, value = line.decode().strip().partition(": ")
            if name == "event":
                kind = value
            elif name == "data":
                told.append((kind, json.loads(value)))
                if kind == last:
                    last = ""
                    async with api.post(f"/v1/calls/{call}/hang-up") as hung_up:
                        assert hung_up.status == 200, await hung_up.text()
    return call, told


async def _over(shipped: Shipped) -> dict[str, Any]:
    """Return what the history says of the call."""
    while True:
        async with shipped.api.get(f"/v1/calls/{shipped.call}") as found:
            said: dict[str, Any] = await found.json()
        if said["ended"]:
            return said
        await asyncio.sleep(0.05)


@pytest.mark.skipif(
    shutil.which("prometheus") is None, reason="no prometheus: apt-get install --no-install-recommends prometheus"
)
async def test_prometheus_reaches_all_services_and_counts_the_calls(shipped: Shipped) -> None:
    async with asyncio.timeout(WITHIN), aiohttp.ClientSession() as session:
        async with shipped.api.get("/v1/calls") as history:
            calls = len((await history.json())["items"])
        url = f"http://127.0.0.1:{shipped.composed.port(PROMETHEUS)}/api/v1/query"
        while await _asked(session, url, "sum(assist_calls_total{result='held',direction='outbound'})") != [calls]:  # noqa: ASYNC110
            await asyncio.sleep(0.2)
        async with session.get(url, params={"query": "up"}) as found:
            up = {one["metric"]["job"]: one["value"][1] for one in (await found.json())["data"]["result"]}
        turns = await _asked(session, url, "sum(assist_turns_total)")
    assert up == dict.fromkeys(JOBS, "1")
    assert bool(turns and turns[0]) == shipped.exchange.talks


async def _asked(session: aiohttp.ClientSession, url: str, query: str) -> list[float]:
    async with session.get(url, params={"query": query}) as found:
        return [float(one["value"][1]) for one in (await found.json())["data"]["result"]]


async def test_a_campaign_is_sent_to_the_api_dialed_by_the_dialer_and_held_by_a_worker(shipped: Shipped) -> None:
    path = f"/v1/campaigns/{CAMPAIGN}"
    rows = f"telefono,nombre\n{PATIENT},Ana\n"
    async with asyncio.timeout(WITHIN):
        job = await _asked_of(shipped, "POST", f"{path}/imports", data=rows, headers={"Content-Type": "text/csv"})
        while (done := await _asked_of(shipped, "GET", f"/v1/jobs/{job['id']}"))["state"] == "running":  # noqa: ASYNC110
            await asyncio.sleep(0.1)
        assert (done["state"], done["new"], done["error"]) == ("done", 1, "")
        await _asked_of(shipped, "POST", f"{path}/start")
        while (await _asked_of(shipped, "GET", path))["state"] != "finished":  # noqa: ASYNC110
            await asyncio.sleep(0.2)
        (contact,) = (await _asked_of(shipped, "GET", f"{path}/contacts"))["items"]
        told = [await scraped(shipped.composed.port(port)) for port in (WORKERS, DIALER)]
    assert (contact["state"], contact["attempts"]) == ("done", 1)
    if shipped.exchange.talks:
        assert contact["result"] == "human"
    # Whoever had the call last tells of it.
    assert sum(numbers("assist_campaign_attempts_total") for numbers in told) == 1


async def _asked_of(shipped: Shipped, method: str, path: str, **more: Any) -> dict[str, Any]:
    async with shipped.api.request(method, path, **more) as response:
        assert response.ok, await response.text()
        said: dict[str, Any] = await response.json()
        return said


async def test_nothing_that_was_told_is_a_word_a_number_or_a_secret(shipped: Shipped) -> None:
    logs = "".join(shipped.composed.log(name) for name in OWN)
    assert logs
    for number in (PERSON, PATIENT):
        assert number.removeprefix("+34") not in logs
    assert shipped.exchange.given["ASSIST_ESL_PASSWORD"] not in logs
