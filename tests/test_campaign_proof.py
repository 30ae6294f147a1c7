"""The proof: what it judges by, whom it calls; and, without chaos, that a whole campaign keeps the promise."""

import asyncio
import json
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from assist.aio import race
from assist.assistant import Assistants
from assist.bench.campaign.chaos import Rhythm
from assist.bench.campaign.proof import Task, prove
from assist.bench.campaign.verdict import ON_THE_WAY, Allowed, Chaos, Verdict, judge
from assist.bench.campaign.world import ARGENTINA, NAME, PORTUGAL, SPAIN, make
from assist.campaign.calendar import Calendar
from assist.campaign.ledger.views import Past, Standing
from assist.campaign.loading import Campaigns
from assist.campaign.model import Contact, ContactState, Outcome, Result, attempt_id
from assist.campaign.policy import load_policies
from assist.campaign.trunks import Trunks
from assist.simulate.carrier.invites import Invite, most, read
from tests.campaigns import at

ANY = Allowed(0.0, float("inf"))
ANA = Contact("ana", "+34910000008", SPAIN)


def standing(contact: Contact = ANA, attempts: int = 1, *results: Result) -> Standing:
    past = tuple(Past(1.0, result, 0.0, Decimal(0)) for result in results or [Result.BUSY] * attempts)
    return Standing(contact, ContactState.DONE, attempts, past, Outcome.EXHAUSTED)


def invite(number: int = 1, *, call: str = "", when: float = 100.0) -> Invite:
    attempt = attempt_id(NAME, ANA.id, number)
    return Invite(when, call or f"call-{number}", attempt, "mark")


def verdict(*invites: Invite, standings: list[Standing] | None = None, allowed: Allowed = ANY) -> Verdict:
    found = [standing(attempts=2)] if standings is None else standings
    return judge(NAME, found, {ANA.id: allowed}, invites, Chaos(), line="simulated", seconds=1.0)


# Judging


def test_an_invite_for_each_attempt_is_as_it_should_be() -> None:
    found = verdict(invite(1), invite(2))
    assert found.violations == []
    assert (found.invites, found.attempts, found.most_invites) == (2, 2, 1)
    assert found.results == {"busy": 2}
    assert found.outcomes == {"exhausted": 1}


def test_an_attempt_that_crashed_before_the_call_is_no_violation() -> None:
    assert verdict(invite(2), standings=[standing(ANA, 2, Result.UNKNOWN, Result.BUSY)]).violations == []


def test_two_calls_of_one_attempt_are() -> None:
    found = verdict(invite(1), invite(1, call="another"))
    assert found.violations == ["an attempt was called 2 times"]


def test_a_call_that_the_ledger_does_not_know_of_is() -> None:
    assert verdict(invite(1), invite(3)).violations == ["1 calls that the ledger does not know of"]


@pytest.mark.parametrize(
    ("allowed", "violations"),
    [
        (Allowed(0, 100), []),
        (Allowed(0, 100 - 2 * ON_THE_WAY), ["1 calls outside the hours of those called"]),
        (Allowed(101, 200), ["1 calls outside the hours of those called"]),
        (Allowed(0, 200, unwanted=99.5), []),
        (Allowed(0, 200, unwanted=90), ["1 calls to those who wish none"]),
    ],
)
def test_a_call_at_a_wrong_time_is(allowed: Allowed, violations: list[str]) -> None:
    """But for what was on its way when the ledger last looked."""
    assert verdict(invite(), allowed=allowed).violations == violations


def test_whoever_is_not_done_or_not_there_is_lost() -> None:
    waiting = replace(standing(), state=ContactState.WAITING, outcome=None)
    assert verdict(invite(), standings=[waiting]).violations == ["1 contacts lost"]
    assert "1 contacts lost" in verdict(standings=[]).violations


def test_a_campaign_that_calls_nobody_proves_nothing() -> None:
    assert verdict().violations == ["nobody was called at all"]


# Whom it calls


@pytest.mark.parametrize(
    "now", [at("2026-11-23 12:00"), at("2026-11-23 23:58:30"), at("2026-03-29 00:30"), at("2026-11-22 22:59:59")]
)
def test_one_country_is_open_one_closes_soon_and_one_is_closed(tmp_path: Path, now: float) -> None:
    world = make(tmp_path, 100, now)
    policies = load_policies(tmp_path / "policies")
    assistants, trunks = Assistants(tmp_path / "assistants"), Trunks(tmp_path / "trunks.yaml")
    campaign = Campaigns(tmp_path / "campaigns", assistants, policies, trunks).get(NAME)
    calendar = Calendar(campaign, policies)
    assert 50 <= world.closes - now <= 120
    assert calendar.opens(SPAIN, now) == now
    assert calendar.opens(PORTUGAL, now) == now
    assert calendar.opens(PORTUGAL, world.closes - 0.001) == world.closes - 0.001
    assert calendar.opens(PORTUGAL, world.closes) is None
    assert calendar.opens(ARGENTINA, now) is None


def test_the_list_has_each_number_once_and_every_kind_of_end(tmp_path: Path) -> None:
    world = make(tmp_path, 500, at("2026-11-23 12:00"))
    numbers = [contact.number for contact in world.contacts]
    assert len(set(numbers)) == len({contact.id for contact in world.contacts}) == 500
    assert Counter(contact.group for contact in world.contacts) == {SPAIN: 280, PORTUGAL: 200, ARGENTINA: 20}
    assert {number[-2:] for number in numbers} == {"00", "01", "02", "03", "05", "07", "08", "09", "19", "29"}
    assert not {contact.id for contact in world.refused} & {contact.id for contact in world.refusing}


def test_some_are_to_be_called_just_when_it_closes(tmp_path: Path) -> None:
    world = make(tmp_path, 500, at("2026-11-23 12:00"))
    late = [world.due(contact) - world.closes for contact in world.contacts if world.due(contact)]
    assert min(late) >= -10
    assert max(late) < 10
    assert len(late) == 100
    assert sum(due < 0 for due in late) == pytest.approx(50, abs=5)


# All of it


@pytest.mark.slow
async def test_a_campaign_over_the_simulated_line_keeps_the_promise(tmp_path: Path) -> None:
    found = await prove(Task(contacts=40, line="simulated", within=90), tmp_path)
    assert found.violations == []
    assert found.invites == found.attempts > 40
    assert found.unknown == 0
    assert {"busy", "congestion", "human", "invalid", "rejected"} <= set(found.results)
    assert found.outcomes["expired"] == 2
    assert found.outcomes["suppressed"] >= 1
    assert json.loads((tmp_path / "invites.jsonl").read_text(encoding="utf-8").splitlines()[0])["attempt"]


# With chaos


CHAOS = Task(
    contacts=60,
    chaos=True,
    line="simulated",
    # Half a minute, and longer where others use the machine too.
    within=110,
    closing=False,
    rhythm=Rhythm((0.5, 1.5), patience=30.0, random=15.0),
)


def dialer(*words: str) -> tuple[str, ...]:
    return (str(Path(__file__).parent / "quick_dialer.py"), *words)


@pytest.mark.slow
async def test_nobody_is_called_twice_whoever_is_killed(tmp_path: Path) -> None:
    found = await prove(replace(CHAOS, dialer=dialer()), tmp_path)
    assert found.violations == []
    assert found.most_invites == 1
    assert found.unknown == 0, "FreeSWITCH remembers"
    assert found.killed.redis == 1
    assert {"claim dialer", "dial dialer", "send dialer"} <= set(found.killed.at_step)


@pytest.mark.slow
async def test_a_dialer_that_writes_after_the_call_that_it_calls_is_found_out(tmp_path: Path) -> None:
    async def found_out() -> None:
        invites = tmp_path / "invites.jsonl"
        while not (invites.exists() and most(read(invites)) > 1):  # noqa: ASYNC110 - by other processes
            await asyncio.sleep(0.1)

    async def unnoticed() -> None:
        await prove(replace(CHAOS, dialer=dialer("hasty")), tmp_path)
        pytest.fail("nobody was called twice")

    await race(found_out(), unnoticed())
