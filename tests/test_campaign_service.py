"""A campaign from its file to its results: real dialer, worker and Redis; only the line is simulated."""

import asyncio
import json
from pathlib import Path

import pytest
from redis.asyncio import Redis

from assist.campaign.bounds import limits
from assist.campaign.files import read_files
from assist.campaign.ledger import Ledger
from assist.campaign.model import CampaignState, Contact, Outcome, Result, attempt_id
from assist.campaign.service import ledger_of, run_dialer
from assist.settings import Settings, read_settings
from assist.simulate.ports import free_port
from tests.campaigns import ALWAYS
from tests.ledgers import MADRID
from tests.service import House, environment_of, install, open_house, write_assistant

pytestmark = [pytest.mark.slow, pytest.mark.flaky(reruns=1)]

PASSWORD = "a-long-one"
CAMPAIGN = """
assistant: uno
purpose: service
caller: La Clínica
timezone: Europe/Madrid
trunk: {gateway: carrier}
contacts: {country: ES}
words: {greeting: {es: "Hola, {nombre}, le llama un asistente automático."}}
when: {holidays: none}
retry: {busy: never, rejected: never, congestion: never, failed: never, no_answer: never}
pace: {calls: 10, kept: 0, ring_s: 10}
"""
FREE = {"hours": ALWAYS, "holidays": "none", "consent": False, "registry_days": None, "greeting": []}


@pytest.fixture
def settings(tmp_path: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """An installation in the test's directory, with the campaign ``c``, which may call at any hour."""
    for folder in ("assistants", "campaigns", "policies"):
        (tmp_path / folder).mkdir()
    write_assistant(tmp_path / "assistants", "uno")
    (tmp_path / "campaigns/c.yaml").write_text(CAMPAIGN, encoding="utf-8")
    trunk = {"cps": 20, "calls": 10, "caller_ids": ["+34910000009"]}
    (tmp_path / "trunks.yaml").write_text(json.dumps({"carrier": trunk}), encoding="utf-8")
    policy = {"purposes": dict.fromkeys(("marketing", "service", "collection"), FREE)}
    (tmp_path / "policies/default.yaml").write_text(json.dumps(policy), encoding="utf-8")
    install()
    own = {
        "ASSIST_CAMPAIGNS_DIR": str(tmp_path / "campaigns"),
        "ASSIST_POLICIES_DIR": str(tmp_path / "policies"),
        "ASSIST_TRUNKS": str(tmp_path / "trunks.yaml"),
        "ASSIST_DURABLE": "memory",
        "ASSIST_ESL_PORT": str(free_port()),
        "ASSIST_ESL_PASSWORD": PASSWORD,
    }
    for name, value in environment_of(tmp_path, redis_url, free_port(), **own).items():
        monkeypatch.setenv(name, value)
    return read_settings()


async def finished(ledger: Ledger) -> None:
    async with asyncio.timeout(60):
        while (await ledger.counts("c")).state is not CampaignState.FINISHED:  # noqa: ASYNC110 - by others
            await asyncio.sleep(0.05)


async def greeted(home: House, call: str) -> str:
    """Return what is said first in that call."""
    async with asyncio.timeout(30):
        while True:
            for _, fields in await home.store.events(call):
                if fields["kind"] == "Said":
                    return str(json.loads(fields["data"])["text"])
            await asyncio.sleep(0.05)


async def test_everybody_of_a_campaign_is_called_and_what_became_of_it_is_known(
    settings: Settings, redis_url: str
) -> None:
    ends = {
        "+34910000100": Result.BUSY,
        "+34910000104": Result.INVALID,
        "+34910000106": Result.REJECTED,
        "+34910000105": Result.CONGESTION,
        "+34910000109": Result.HUMAN,
        "+34910000101": Result.HUMAN,
    }
    silent = attempt_id("c", "101", 1)
    people = [Contact(number[-3:], number, MADRID, {"nombre": "Ana"}) for number in ends]
    async with Redis.from_url(redis_url) as redis:
        await redis.flushdb()
    stop = asyncio.Event()
    async with (
        open_house(settings, redis_url) as home,
        home.line.event_socket(PASSWORD, settings.esl.port),
        ledger_of(settings, redis_url) as ledger,
        asyncio.TaskGroup() as dialing,
    ):
        plans = read_files(settings).plans
        await ledger.create("c", limits(plans.get("c").campaign, plans.policies, 50, 0))
        await ledger.add("c", people)
        await ledger.set_state("c", CampaignState.RUNNING)
        dialing.create_task(run_dialer(settings, stop))
        said = await greeted(home, silent)
        home.line.board.sessions[silent].hang_up("NORMAL_CLEARING")
        await finished(ledger)
        stop.set()
        counts = await ledger.counts("c")
        found = {
            standing.contact.number: [past.result for past in standing.past]
            for standing in (await ledger.contacts("c")).standings
        }
        record = await home.store.history.call(silent)
    assert found == {number: [result] for number, result in ends.items()}
    assert counts.outcomes == {Outcome.EXHAUSTED: 3, Outcome.INVALID: 1, Outcome.REACHED: 2}
    assert said == "Hola, Ana, le llama un asistente automático."
    assert record is not None
    assert record.direction == "outbound"
