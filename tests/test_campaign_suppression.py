"""Do-not-call lists in a ledger on a real Redis."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from assist.campaign.importing import Progress, Stage
from assist.campaign.ledger.registries import Registry
from assist.campaign.model import Blocked, Outcome, Refusal
from assist.campaign.suppression import OPT_OUT, DoNotCall, outdated
from assist.errors import ConfigurationError
from tests.ledgers import Clocked, clocked_ledger, forget, person

TODAY = date.today()
ANA, EVA = "+34612345678", "+34612345679"


@pytest.fixture
async def clocked(redis_url: str) -> AsyncIterator[Clocked]:
    async with clocked_ledger(redis_url) as lent:
        yield lent


@pytest.fixture
def lists(clocked: Clocked) -> DoNotCall:
    return DoNotCall(clocked.ledger)


def written(path: Path, text: str) -> None:
    path.write_text(text, encoding="cp1252")


async def read(lists: DoNotCall, path: Path, text: str, registry: date | None = None) -> Progress:
    written(path, text)
    told = [progress async for progress in lists.read(path, "ES", "lista", registry=registry)]
    assert told[-1].stage is Stage.DONE
    return told[-1]


async def test_a_number_is_on_the_list_until_it_is_taken_off(lists: DoNotCall) -> None:
    assert not await lists.holds(ANA)
    assert await lists.add(ANA)
    assert not await lists.add(ANA)
    assert await lists.holds(ANA)
    assert not await lists.holds(EVA)
    assert await lists.remove(ANA)
    assert not await lists.remove(ANA)
    assert not await lists.holds(ANA)


async def test_a_campaigns_own_list_is_its_own(lists: DoNotCall) -> None:
    await lists.add(ANA, "a")
    assert await lists.holds(ANA, "a")
    assert not await lists.holds(ANA, "b")
    assert not await lists.holds(ANA)
    await lists.add(EVA)
    assert await lists.holds(EVA, "a")


async def test_whoever_asks_not_to_be_called_is_called_by_no_campaign_from_then_on(
    clocked: Clocked, lists: DoNotCall
) -> None:
    await clocked.start("a", [person(1)])
    await clocked.start("b", [person(1), person(2)])
    about_to_dial = await clocked.claimed("a")
    await lists.add(person(1).number, source=OPT_OUT)
    assert not await clocked.ledger.attempts.dialing(about_to_dial)
    assert (await clocked.claimed("b")).contact == person(2)
    assert await clocked.claim("b") == Refusal(Blocked.NOBODY_DUE)
    counts = await clocked.ledger.counts("b")
    assert counts.outcomes == {Outcome.SUPPRESSED: 1}


async def test_nothing_in_redis_tells_the_number(clocked: Clocked, lists: DoNotCall) -> None:
    await lists.add(ANA)
    stored = await clocked.redis.hgetall(clocked.keys("suppressed"))
    assert stored
    assert not any(ANA[3:].encode() in part for entry in stored.items() for part in entry)


async def test_the_sources_are_told_with_how_many(lists: DoNotCall, tmp_path: Path) -> None:
    await lists.add(ANA, source=OPT_OUT)
    await read(lists, tmp_path / "l.csv", f"{ANA}\n{EVA}\n612345670\n")
    assert await lists.sources() == {"lista": 2, OPT_OUT: 1}


@pytest.mark.parametrize(
    "text",
    [
        "612345678\n612345679\n",
        "Número;Motivo\n612 34 56 78;quejas, muchas\n+34612345679;baja\n",
        "nombre,móvil,fijo\nAña,612345678,\nEva,612345679,\n",
        "fijo\tmóvil\n612345678\t612345679\n",
        '{"phone": 612345678}\n{"teléfono": "0034612345679"}\n',
        "Ana;612345678\nEva;612345679\n",
    ],
)
async def test_any_file_with_numbers_will_do(lists: DoNotCall, tmp_path: Path, text: str) -> None:
    done = await read(lists, tmp_path / "l.csv", text)
    assert (done.new, done.known, done.refused) == (2, 0, 0)
    assert await lists.holds(ANA) and await lists.holds(EVA)


async def test_a_long_file_is_read_to_its_end(lists: DoNotCall, tmp_path: Path) -> None:
    """Though nothing in the middle of it is of use."""
    text = "teléfono\n612345678\n" + "x\n" * 2500 + "612345679\n"
    done = await read(lists, tmp_path / "l.csv", text)
    assert (done.new, done.refused) == (2, 2500)
    assert await lists.holds(EVA)


async def test_a_number_out_of_use_is_on_the_list_all_the_same(lists: DoNotCall, tmp_path: Path) -> None:
    done = await read(lists, tmp_path / "l.csv", "teléfono\n412345678\n")
    assert (done.new, done.refused) == (1, 0)


async def test_rows_without_a_number_go_to_the_error_file(lists: DoNotCall, tmp_path: Path) -> None:
    done = await read(lists, tmp_path / "l.csv", 'teléfono;nombre\n;Ana\n12;Eva\n612345678;Íñigo\n"x\n')
    assert (done.new, done.refused) == (1, 3)
    assert done.errors == tmp_path / "l.errors.csv"
    assert done.errors.read_text(encoding="utf-8-sig").count("\n") == 4


@pytest.mark.parametrize("text", ["", "nombre;edad\nAna;3\n"])
async def test_a_file_without_numbers_is_refused(lists: DoNotCall, tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigurationError, match="no column"):
        await read(lists, tmp_path / "l.csv", text)


async def test_an_official_register_is_noted_with_its_day(clocked: Clocked, lists: DoNotCall, tmp_path: Path) -> None:
    await read(lists, tmp_path / "l.csv", "612345678\n", registry=TODAY - timedelta(20))
    await read(lists, tmp_path / "l.csv", "612345678\n612345679\n", registry=TODAY)
    assert await clocked.ledger.registries.all() == [Registry("ES", "lista", TODAY, 2)]


async def test_a_register_that_was_not_read_whole_does_not_count(
    clocked: Clocked, lists: DoNotCall, tmp_path: Path
) -> None:
    await read(lists, tmp_path / "l.csv", "612345678\n12\n", registry=TODAY)
    assert await lists.holds(ANA)
    assert await clocked.ledger.registries.all() == []


async def test_a_register_is_neither_of_the_future_nor_of_one_campaign(lists: DoNotCall, tmp_path: Path) -> None:
    path = tmp_path / "l.csv"
    with pytest.raises(ConfigurationError):
        await read(lists, path, "612345678\n", registry=TODAY + timedelta(2))
    with pytest.raises(ConfigurationError):
        _ = [told async for told in lists.read(path, "ES", "lista", "c", registry=TODAY)]


def test_a_register_that_is_too_old_or_absent_is_told() -> None:
    found = [
        Registry("ES", "robinson", TODAY - timedelta(30), 5),
        Registry("AR", "a", TODAY, 5),
        Registry("AR", "b", TODAY - timedelta(31), 5),
    ]
    assert outdated(found, {"ES": 30, "AR": 30, "MX": 30}, TODAY) == {"AR": 31, "MX": None}
    assert outdated(found, {"ES": 29}, TODAY) == {"ES": 30}
    assert outdated(found, {}, TODAY) == {}


async def test_every_entry_comes_however_many_there_are(clocked: Clocked, lists: DoNotCall, tmp_path: Path) -> None:
    await read(lists, tmp_path / "l.csv", "\n".join(f"6123{number:05}" for number in range(3000)))
    entries = {entry.number async for entry in clocked.ledger.registries.entries()}
    assert len(entries) == 3000
    await forget(clocked.redis, clocked.keys)
    assert await lists.sources() == {}
