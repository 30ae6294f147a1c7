"""A campaign over the carrier on loopback: real SIP and RTP, `assist serve` and `assist dialer`, embedded engines."""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from assist.assistant import Assistants
from assist.campaign.bounds import limits
from assist.campaign.ledger import Durability, Ledger, open_ledger
from assist.campaign.ledger.views import Standing
from assist.campaign.loading import Campaigns
from assist.campaign.model import CampaignState, Contact, Outcome, Result
from assist.campaign.policy import load_policies
from assist.campaign.trunks import Trunks
from assist.settings import environment
from assist.simulate.carrier.carrier import Places, carrier
from assist.simulate.carrier.invites import Invites, most, read
from assist.simulate.carrier.people import Manners
from assist.simulate.carrier.voices import Voices
from assist.simulate.freeswitch import Installation, PrivateFreeSwitch, private_freeswitch
from assist.stt.whisper import Whisper
from tests.campaigns import ALWAYS
from tests.live.conftest import lent
from tests.live.house import carriers_voices, house, transcribed
from tests.live.switch import ASSISTANTS
from tests.recordings import plain_words
from tests.redis_process import redis_process

# Real calls and a real ear, on a machine that others use too: what fails is looked at once more.
pytestmark = [pytest.mark.alone, pytest.mark.flaky(reruns=1)]

NAME = "citas"
MADRID = "Europe/Madrid ES-MD"
PLACES = Places.found()
WITHIN = 180.0
"""Seconds for all calls."""

ENDS: Mapping[str, Result] = {
    "00": Result.INVALID,
    "01": Result.HUMAN,
    "02": Result.VOICEMAIL,
    "03": Result.IVR,
    "04": Result.SCREENED,
    "05": Result.NO_ANSWER,
    "06": Result.UNAVAILABLE,
    "07": Result.REJECTED,
    "08": Result.BUSY,
    "09": Result.FAILED,
    "10": Result.INVALID,
    "16": Result.UNAVAILABLE,
    "19": Result.HUMAN,
    "20": Result.INVALID,
    "29": Result.CONGESTION,
}
"""By the end of the number."""

CAMPAIGN = {
    "assistant": "recepcion",
    "purpose": "service",
    "caller": "La Clínica",
    "timezone": "Europe/Madrid",
    "trunk": {"gateway": "carrier"},
    "contacts": {"country": "ES"},
    "words": {
        "greeting": {"es": "Hola, le llama un asistente automático por una cita."},
        "message": {"es": "Le llamamos por su cita de mañana. Gracias."},
    },
    "voicemail": "message",
    "when": {"holidays": "none"},
    "retry": {"attempts": 1},
    "pace": {"calls": 3, "kept": 0, "ring_s": 12},
}
TRUNK = {"cps": 2, "calls": 3, "caller_ids": ["+34910000099"]}
FREE = {"hours": ALWAYS, "holidays": "none", "consent": False, "registry_days": None, "greeting": []}


@pytest.fixture
def exchange(freeswitch: Installation) -> Iterator[PrivateFreeSwitch]:
    """One for each run: who gets no answer is asked again for half a minute after the test."""
    yield from lent(private_freeswitch(freeswitch, {}, PLACES.environment))


@pytest.fixture(scope="module")
def voices() -> Voices:
    return carriers_voices()


@dataclass(frozen=True, slots=True)
class Installed:
    """An installation that calls."""

    directory: Path
    ledger: Ledger
    manners: Manners
    invites: Path

    async def begin(self, contacts: list[Contact]) -> None:
        """Let the campaign call *contacts*."""
        policies = load_policies(self.directory / "policies")
        campaigns = Campaigns(
            self.directory / "campaigns", Assistants(ASSISTANTS), policies, Trunks(self.directory / "trunks.yaml")
        )
        await self.ledger.create(NAME, limits(campaigns.get(NAME), policies, 100, time.time()))
        await self.ledger.add(NAME, contacts)
        await self.ledger.set_state(NAME, CampaignState.RUNNING)

    async def finished(self) -> Mapping[str, Standing]:
        """Wait until everybody is done; where they are, by contact."""
        async with asyncio.timeout(WITHIN):
            while (await self.ledger.counts(NAME)).state is not CampaignState.FINISHED:  # noqa: ASYNC110 - by others
                await asyncio.sleep(0.2)
        return {standing.contact.id: standing for standing in (await self.ledger.contacts(NAME)).standings}


@pytest.fixture
async def installed(exchange: PrivateFreeSwitch, voices: Voices, tmp_path: Path) -> AsyncIterator[Installed]:
    (tmp_path / "campaigns").mkdir()
    (tmp_path / "policies").mkdir()
    (tmp_path / "campaigns" / f"{NAME}.yaml").write_text(json.dumps(CAMPAIGN), encoding="utf-8")
    (tmp_path / "trunks.yaml").write_text(json.dumps({"carrier": TRUNK}), encoding="utf-8")
    policy = {"purposes": dict.fromkeys(("marketing", "service", "collection"), FREE)}
    (tmp_path / "policies/default.yaml").write_text(json.dumps(policy), encoding="utf-8")
    own = {
        "ASSIST_CAMPAIGNS_DIR": str(tmp_path / "campaigns"),
        "ASSIST_POLICIES_DIR": str(tmp_path / "policies"),
        "ASSIST_TRUNKS": str(tmp_path / "trunks.yaml"),
        "ASSIST_DURABLE": "memory",
    }
    manners = Manners(voices, rings=0.5, replies=1, patience=12.0)
    with redis_process(tmp_path) as redis, Invites(tmp_path / "invites.jsonl", b"key") as invites:
        async with (
            carrier(exchange, PLACES, invites, manners),
            open_ledger(redis.url, Durability.MEMORY) as ledger,
            house(exchange, redis.url, tmp_path, ASSISTANTS, **own),
            dialer(exchange, redis.url, tmp_path, own),
        ):
            yield Installed(tmp_path, ledger, manners, invites.path)


@asynccontextmanager
async def dialer(
    switch: PrivateFreeSwitch, redis_url: str, directory: Path, own: Mapping[str, str]
) -> AsyncIterator[None]:
    told = environment(
        REDIS_URL=redis_url,
        ASSIST_ASSISTANTS_DIR=str(ASSISTANTS),
        ASSIST_ESL_PORT=str(switch.ports.esl),
        ASSIST_ESL_PASSWORD=switch.password,
        **own,
    )
    with (directory / "dialer.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(sys.executable, "-m", "assist", "dialer", env=told, stderr=log)
    try:
        yield
    finally:
        process.terminate()
        assert await process.wait() == 0


@pytest.mark.timeout(270)
async def test_each_contact_ends_as_who_was_called_behaves(installed: Installed, whisper: Whisper) -> None:
    await installed.begin([Contact(ending, f"+349100000{ending}", MADRID) for ending in ENDS])
    standings = await installed.finished()
    assert {contact: [past.result for past in standing.past] for contact, standing in standings.items()} == {
        ending: [result] for ending, result in ENDS.items()
    }
    assert standings["02"].outcome is Outcome.MESSAGE_LEFT
    invites = read(installed.invites)
    assert (len(invites), most(invites)) == (len(ENDS), 1)
    left = [await transcribed(message, whisper) for message in installed.manners.messages.values()]
    assert any({"cita", "manana"} <= set(plain_words(message)) for message in left)
