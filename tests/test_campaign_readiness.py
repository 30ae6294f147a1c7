from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from assist.campaign.demands import Demands, demands_of
from assist.campaign.ledger import Ledger
from assist.campaign.ledger.registries import Registry
from assist.campaign.model import CampaignState, Consent, Outcome
from assist.campaign.plans import Plans
from assist.campaign.policy import Policies
from assist.campaign.readiness import Lack, NotReady, lacking
from tests.campaigns import ASSISTANTS, campaign, lenient
from tests.dialing import FakeCampaigns, own_ledger
from tests.ledgers import LIMITS, NINE, people, person

TODAY = date(2026, 11, 23)


@pytest.fixture
async def ledger(redis_url: str) -> AsyncIterator[Ledger]:
    async with own_ledger(redis_url) as lent:
        await lent.create("c", LIMITS)
        yield lent


async def lacks(ledger: Ledger, policies: Policies | None = None, **changes: Any) -> list[Lack]:
    policies = policies or lenient()
    one = campaign(**{"name": "c", **changes})
    plans = Plans(FakeCampaigns(one), policies)
    demands: Demands = demands_of(one, ASSISTANTS.get("clinica"), policies)
    return await lacking(plans.get("c"), demands, policies, ledger, NINE)


async def told(ledger: Ledger, policies: Policies | None = None, **changes: Any) -> str:
    (lack,) = await lacks(ledger, policies, **changes)
    return lack.what


async def test_a_campaign_that_lacks_nothing_may_start(ledger: Ledger) -> None:
    await ledger.add("c", people(2))
    assert await lacks(ledger) == []


async def test_nobody_to_call_is_told_with_the_way_to_import(ledger: Ledger) -> None:
    (lack,) = await lacks(ledger)
    assert lack == Lack("nobody is in the campaign", "add its list: assist campaign import c FILE")


async def test_a_register_that_was_never_read_or_is_too_old_is_told(ledger: Ledger) -> None:
    await ledger.add("c", people(1))
    policies = lenient(registry_days=30)
    assert "was never read" in await told(ledger, policies)
    await ledger.registries.note(Registry("ES", "robinson", date(2026, 10, 1), 1000))
    assert "is 53 days old, of 30 allowed" in await told(ledger, policies)
    await ledger.registries.note(Registry("ES", "robinson", TODAY, 1000))
    assert await lacks(ledger, policies) == []


async def test_those_without_consent_are_counted_and_the_first_are_named(ledger: Ledger) -> None:
    await ledger.add("c", [*people(5), replace(person(9), consent=Consent("web", NINE))])
    what = await told(ledger, lenient(consent=True))
    assert what == "5 contacts: there is no record that they agreed, which is needed in ES: p0, p1, p2, …"


async def test_who_is_done_needs_no_consent_any_more(ledger: Ledger) -> None:
    await ledger.add("c", people(2))
    await ledger.end_waiting("c", person(0).group, Outcome.REACHED)
    assert await told(ledger, lenient(consent=True)) == "everybody is done"


async def test_what_the_words_say_since_the_import_is_missed(ledger: Ledger) -> None:
    await ledger.add("c", people(1))
    words = {"greeting": {"es": "Hola, {nombre}."}}
    assert await told(ledger, words=words) == "1 contact: there is no nombre, which everybody must have: p0"


async def test_a_campaign_whose_dates_are_over_is_told(ledger: Ledger) -> None:
    await ledger.add("c", people(1))
    assert (await told(ledger, when={"ends": "2026-11-20"})).startswith("nobody who waits may ever be called again")


async def test_a_cancelled_campaign_is_told(ledger: Ledger) -> None:
    await ledger.add("c", people(1))
    await ledger.set_state("c", CampaignState.CANCELLED)
    assert await told(ledger) == "it was cancelled, which is for good"


async def test_everything_that_is_missing_is_told_at_once(ledger: Ledger) -> None:
    await ledger.add("c", people(1))
    found = await lacks(ledger, lenient(consent=True, registry_days=30))
    assert len(found) == 2
    assert len(str(NotReady("c", found)).splitlines()) == 2
