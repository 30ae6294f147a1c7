from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from assist.campaign.calendar import Calendar
from assist.campaign.demands import demands_of
from assist.campaign.estimate import Work
from assist.campaign.model import Caps, Contact, Outcome, Result
from assist.campaign.rehearsal import Cast, Casting, Skip, cast_of
from tests.campaigns import ASSISTANTS, campaign, lenient
from tests.ledgers import DAY, LIMITS, MADRID, NINE, Clocked, clocked_ledger, people, person

HOME = {"country": "ES", "home": MADRID}


@pytest.fixture
async def clocked(redis_url: str) -> AsyncIterator[Clocked]:
    async with clocked_ledger(redis_url) as lent:
        yield lent


async def cast(clocked: Clocked, path: Path | None = None, caps: Caps = Caps(), **changes: Any) -> Cast:  # noqa: B008
    policies, one = lenient(), campaign(**{"name": "c", "contacts": HOME, **changes})
    demands = demands_of(one, ASSISTANTS.get("clinica"), policies)
    casting = Casting(Calendar(one, policies), demands, caps, clocked.ledger, await clocked.now())
    begun = "c" in await clocked.ledger.campaigns()
    told: list[int] = []
    found = await cast_of(casting, path, told.append, begun=begun)
    assert told == sorted(told)
    return found


def whys(found: Cast) -> dict[str, tuple[str, ...]]:
    return {skip.why: skip.named for skip in found.skipped}


def names(directory: Path) -> list[str]:
    return [file.name for file in directory.iterdir()]


async def test_everybody_who_waits_would_be_called(clocked: Clocked) -> None:
    await clocked.start("c", people(700))
    found = await cast(clocked)
    assert (found.looked_at, found.called, found.later, found.skipped) == (700, 700, 0, [])
    assert found.works() == [Work(MADRID, NINE, 700)]


async def test_who_asked_not_to_be_called_would_be_skipped(clocked: Clocked) -> None:
    await clocked.start("c", people(4))
    key = clocked.ledger.number_key
    await clocked.ledger.suppress(key(person(1).number), source="opt-out")
    await clocked.ledger.suppress(key(person(2).number), "c")
    assert whys(await cast(clocked)) == {
        "on everybody's do-not-call list, by opt-out": ("p1",),
        "on this campaign's do-not-call list, by owner": ("p2",),
    }


async def test_who_is_done_or_talks_would_be_skipped(clocked: Clocked) -> None:
    await clocked.start("c", people(3))
    await clocked.ledger.attempts.finish((await clocked.dialed()).id, Result.HUMAN, Outcome.REACHED)
    await clocked.dialed()
    found = await cast(clocked)
    assert set(whys(found)) == {"done already: reached", "a call to them is in progress"}
    assert found.called == 1


async def test_whom_another_campaign_reached_waits(clocked: Clocked) -> None:
    await clocked.start("c", people(2))
    await clocked.start("other", people(1))
    await clocked.ledger.attempts.finish((await clocked.dialed("other")).id, Result.HUMAN, Outcome.REACHED)
    found = await cast(clocked, contacts={**HOME, "not_if_reached": {"days": 2}})
    assert (found.called, found.later) == (2, 1)


async def test_a_number_that_was_called_often_enough_waits(clocked: Clocked) -> None:
    await clocked.start("c", people(1))
    await clocked.ledger.attempts.finish((await clocked.dialed()).id, Result.BUSY, NINE + 60)
    await clocked.later(120)
    assert (await cast(clocked, caps=Caps(rolling=2))).later == 0
    found = await cast(clocked, caps=Caps(rolling=1))
    assert found.later == 1
    assert found.works()[0].due == pytest.approx(NINE + DAY, abs=900)
    assert found.works()[0].attempt == 2
    assert set(whys(await cast(clocked, caps=Caps(life=1)))) == {"called as often as it may ever be"}


async def test_a_list_is_looked_at_as_if_it_were_imported_and_is_not(clocked: Clocked, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text(
        "phone,nombre\n910000002,Ana\n910 000 002,Eva\n12,Luz\n910000003,\n910000004,Sol\n", encoding="utf-8"
    )
    found = await cast(clocked, path, words={"greeting": {"es": "Hola, {nombre}."}})
    assert (found.looked_at, found.called) == (5, 2)
    assert [skip.named for skip in found.skipped] == [("row 3",), ("row 4",), ("row 5",)]
    assert all("910" not in skip.why for skip in found.skipped)
    assert await clocked.ledger.campaigns() == []
    assert names(tmp_path) == ["list.csv"], "no error file either"


async def test_who_is_on_the_list_and_in_the_campaign_is_counted_once(clocked: Clocked, tmp_path: Path) -> None:
    await clocked.ledger.create("c", LIMITS)
    key = clocked.ledger.number_key("+34910000002").hex()
    await clocked.ledger.add("c", [Contact(key, "+34910000002", MADRID)])
    path = tmp_path / "list.csv"
    path.write_text("phone\n910000002\n910000003\n", encoding="utf-8")
    assert (await cast(clocked, path)).called == 2


async def test_only_the_first_of_many_are_named(clocked: Clocked) -> None:
    await clocked.start("c", people(5))
    found = await cast(clocked, when={"ends": "2026-11-20"})
    assert found.skipped == [
        Skip(f"no hours to call are left in {MADRID}", "look at when: in its file", 5, ("p0", "p1", "p2"))
    ]
