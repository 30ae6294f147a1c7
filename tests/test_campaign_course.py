import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from assist.campaign import course
from assist.campaign.course import Cancelled, Refused
from assist.campaign.files import Files, read_files
from assist.campaign.ledger import Ledger
from assist.campaign.model import CampaignState, Claim, Outcome, Result
from assist.campaign.plans import Plan
from assist.campaign.readiness import NotReady
from assist.errors import ConfigurationError, HungUp
from assist.settings import Esl, read_settings
from assist.simulate.ports import free_port
from assist.switch.control import control
from tests.campaign_files import LIST, environment_of, write_campaign
from tests.dialing import own_ledger
from tests.ledgers import ALWAYS, MADRID, NINE
from tests.rigs import Rig

KEPT = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Office:
    files: Files
    ledger: Ledger
    directory: Path

    @property
    def plan(self) -> Plan:
        return self.files.plans.get("uno")

    async def state(self) -> CampaignState | None:
        return await course.state_of(self.ledger, "uno")

    async def take_in(self, path: Path) -> None:
        async for _ in course.take_in(self.files, self.ledger, self.plan, path, 100, NINE):
            pass

    async def start(self) -> bool:
        return await course.start(self.files, self.ledger, self.plan, 100, NINE)


@pytest.fixture
async def office(redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Office]:
    write_campaign(tmp_path)
    for name, value in environment_of(tmp_path, redis_url).items():
        monkeypatch.setenv(name, value)
    async with own_ledger(redis_url) as ledger:
        yield Office(read_files(read_settings()), ledger, tmp_path)


async def imported(office: Office) -> None:
    await office.take_in(office.directory / "campaigns" / "uno.csv")


async def test_a_campaign_is_a_draft_once_its_list_is_in(office: Office) -> None:
    assert await office.state() is None
    await imported(office)
    assert await office.state() is CampaignState.DRAFT
    assert (await office.ledger.counts("uno")).contacts == len(LIST)


async def test_it_starts_once(office: Office) -> None:
    await imported(office)
    assert await office.start()
    assert not await office.start(), "it runs already"
    assert await office.state() is CampaignState.RUNNING


async def test_it_does_not_start_without_what_its_policy_demands(office: Office) -> None:
    await imported(office)
    write_campaign(office.directory, policy="registry_days: 30, consent: true")
    files = read_files(read_settings())
    with pytest.raises(NotReady) as refused:
        await course.start(files, office.ledger, files.plans.get("uno"), 100, NINE)
    assert len(refused.value.lacks) == 2
    assert await office.state() is CampaignState.DRAFT


async def test_a_paused_campaign_lets_its_calls_end_and_goes_on_later(office: Office) -> None:
    await imported(office)
    await office.start()
    claim = await office.ledger.attempts.claim("uno", MADRID, ALWAYS, "node", 30.0)
    assert isinstance(claim, Claim)
    assert await course.pause(office.ledger, "uno") == 0, "who was only claimed is not called any more"
    assert await course.pause(office.ledger, "uno") == 0, "it may be said twice"
    assert await course.resume(office.files, office.ledger, office.plan, 100, NINE)
    assert await office.state() is CampaignState.RUNNING


async def test_what_is_not_paused_does_not_go_on(office: Office) -> None:
    await imported(office)
    with pytest.raises(Refused, match="it is draft, not paused"):
        await course.resume(office.files, office.ledger, office.plan, 100, NINE)
    with pytest.raises(Refused, match="only a running campaign can be paused"):
        await course.pause(office.ledger, "uno")


async def test_a_cancelled_campaign_calls_nobody_who_waited_and_takes_nobody_in(office: Office) -> None:
    await imported(office)
    await office.start()
    assert await course.cancel(office.ledger, "uno") == Cancelled(waiting=len(LIST), live=0, hung_up=0)
    assert (await office.ledger.counts("uno")).outcomes == {Outcome.CANCELLED: len(LIST)}
    with pytest.raises(Refused, match="for good"):
        await imported(office)
    with pytest.raises(NotReady, match="cancelled"):
        await office.start()


async def test_what_was_never_imported_is_not_cancelled(office: Office) -> None:
    with pytest.raises(Refused, match="nothing to cancel"):
        await course.cancel(office.ledger, "dos")


async def dialed(office: Office, node: str) -> Claim:
    await imported(office)
    await office.start()
    claim = await office.ledger.attempts.claim("uno", MADRID, ALWAYS, node, 30.0)
    assert isinstance(claim, Claim)
    assert await office.ledger.attempts.dialing(claim)
    return claim


async def test_calls_are_not_ended_where_nobody_knows_the_way(office: Office) -> None:
    await dialed(office, "pod-9:8021")
    with pytest.raises(ConfigurationError, match="a call is at pod-9:8021"):
        await course.cancel(office.ledger, "uno", Esl(port=free_port(), password=SecretStr("a-long-one")))


@pytest.mark.slow
async def test_calls_in_progress_are_ended_if_that_is_wanted(office: Office, rig: Rig) -> None:
    port, password = rig.event_socket
    claim = await dialed(office, f"simulated:{port}")

    async def ring() -> str:
        async with control("127.0.0.1", port, password) as switch:
            try:
                await switch.originate("sofia/gateway/far/2003", "2003", uuid=claim.id, context="assist")
            except HungUp as over:
                await office.ledger.attempts.finish(claim.id, Result.NO_ANSWER, Outcome.CANCELLED)
                return over.cause
        return ""

    ringing = asyncio.create_task(ring())
    esl = Esl(host="127.0.0.1", port=port, password=SecretStr(password))
    found = await course.cancel(office.ledger, "uno", esl)
    assert found == Cancelled(waiting=len(LIST) - 1, live=1, hung_up=1)
    assert await ringing == "NORMAL_CLEARING"


async def test_a_start_that_is_due_takes_the_list_in_as_it_is_then(office: Office) -> None:
    for count in (3, 4):
        await course.start_as_due(office.files, office.ledger, "uno", 100, NINE, KEPT)
        assert (await office.ledger.counts("uno")).contacts == count
        add_row(office.directory / "campaigns" / "uno.csv")
    assert await office.state() is CampaignState.RUNNING


def add_row(path: Path) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write("910000005,Eva\n")


async def test_a_scheduled_start_calls_for_the_appointments_of_its_list_and_no_others(office: Office) -> None:
    write_campaign(office.directory, more="schedule: {cron: 0 10 * * *}", contacts=", once_per: [fecha]")
    files, path = read_files(read_settings()), office.directory / "campaigns" / "uno.csv"

    async def begin(*days: str) -> dict[str, Outcome | None]:
        rows = "".join(f"91000000{place},Ana,{day}\n" for place, day in enumerate(days, 2))
        path.write_text(f"phone,nombre,fecha\n{rows}", encoding="utf-8")
        await course.start_as_due(files, office.ledger, "uno", 100, NINE, KEPT)
        page = await office.ledger.contacts("uno")
        return {f"{one.contact.number[-1]} {one.contact.variables['fecha']}": one.outcome for one in page.standings}

    assert await begin("lunes", "lunes") == {"2 lunes": None, "3 lunes": None}
    assert await begin("lunes", "lunes") == {"2 lunes": None, "3 lunes": None}, "the export failed: nobody is new"
    assert await begin("martes", "lunes") == {"2 lunes": Outcome.EXPIRED, "3 lunes": None, "2 martes": None}
    assert await course.state_of(office.ledger, "uno") is CampaignState.RUNNING


async def test_a_running_campaign_takes_nobody_more_by_an_old_register(office: Office) -> None:
    write_campaign(office.directory, more="schedule: {cron: 0 10 * * *}")
    await imported(office)
    await office.start()
    write_campaign(office.directory, policy="registry_days: 30", more="schedule: {cron: 0 10 * * *}")
    with pytest.raises(NotReady):
        await course.start_as_due(read_files(read_settings()), office.ledger, "uno", 100, NINE, KEPT)
