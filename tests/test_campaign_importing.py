"""Lists into a ledger on a real Redis."""

import asyncio
import csv
import io
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from assist.campaign.demands import Demands
from assist.campaign.importing import Progress, Stage, import_list
from assist.campaign.model import CampaignState, Claim, Contact, Outcome, Result
from assist.campaign.numbers import Destinations
from assist.errors import ConfigurationError, StoreError
from tests.ledgers import ALWAYS, LIMITS, Clocked, clocked_ledger

DATA = Path(__file__).parent / "data" / "campaigns"
DEMANDS = Demands("ES", Destinations(frozenset({"ES"})), ("es", "en"))
STRICT = replace(DEMANDS, needed=frozenset({"name", "fecha"}), consent=frozenset({"ES"}))
HEAD = "teléfono;nombre\n"


@pytest.fixture
async def clocked(redis_url: str) -> AsyncIterator[Clocked]:
    async with clocked_ledger(redis_url) as lent:
        await lent.ledger.create("c", LIMITS)
        yield lent


async def imported(clocked: Clocked, path: Path, demands: Demands = DEMANDS, campaign: str = "c") -> Progress:
    told = [progress async for progress in import_list(path, campaign, demands, clocked.ledger)]
    assert told[-1].stage is Stage.DONE
    assert [one for one in told if one.stage is Stage.DONE] == told[-1:]
    return told[-1]


async def everybody(clocked: Clocked, campaign: str = "c") -> list[Contact]:
    found: list[Contact] = []
    cursor: int | None = 0
    while cursor is not None:
        page = await clocked.ledger.contacts(campaign, cursor)
        found += [standing.contact for standing in page.standings]
        cursor = page.cursor
    return found


def errors_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as text:
        return list(csv.DictReader(text, delimiter=";"))


def files_in(path: Path) -> list[str]:
    return sorted(file.name for file in path.iterdir())


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


async def test_a_list_as_excel_saves_it_in_spanish(clocked: Clocked, tmp_path: Path) -> None:
    path = tmp_path / "lista.csv"
    shutil.copy(DATA / "excel_es.csv", path)
    done = await imported(clocked, path, STRICT)
    assert (done.rows, done.new, done.known, done.refused, done.added) == (11, 3, 0, 8, 3)

    maria, _, jose = await everybody(clocked)
    assert (maria.id, maria.number, maria.language) == ("1", "+34612345678", "es")
    assert maria.variables == {"name": "María Núñez", "fecha": "lunes 23", "importe": "12,50"}
    assert maria.consent is not None and maria.consent.source == "web"
    assert jose.variables["name"] == 'José "Pepe" Muñoz; hijo'
    assert jose.variables["fecha"] == "miércoles 25 por la tarde"

    assert done.errors == tmp_path / "lista.errors.csv"
    told = [(row["error_row"], row["error_line"], row["error_field"]) for row in errors_of(done.errors)]
    assert told == [
        ("5", "6", "Teléfono móvil"),
        ("6", "7", ""),
        ("7", "8", "Nombre | Consentimiento"),
        ("9", "10", "Nombre | Idioma"),
        ("10", "11", ""),
        ("11", "12", ""),
        ("12", "13", "Teléfono móvil"),
        ("13", "14", ""),
    ]


async def test_an_error_file_has_the_row_the_mend_and_the_original(clocked: Clocked, tmp_path: Path) -> None:
    path = written(tmp_path / "l.csv", HEAD + "612345678;Ana\n12;Eva\n0034612345678;Ana bis\n")
    done = await imported(clocked, path)
    assert done.errors
    first, second = errors_of(done.errors)
    assert first["error_mistake"] and first["error_mend"]
    assert (first["teléfono"], first["nombre"]) == ("12", "Eva")
    assert (second["error_row"], second["error_mistake"]) == ("4", "this number is there already, in row 2")


async def test_an_error_file_can_be_mended_and_imported(clocked: Clocked, tmp_path: Path) -> None:
    path = written(tmp_path / "l.csv", HEAD + "612345678;Ana\n+34 12;=Eva\n")
    done = await imported(clocked, path)
    assert done.errors
    text = done.errors.read_text(encoding="utf-8-sig")
    assert "'+34 12" in text and "'=Eva" in text, "a spreadsheet would calculate it"
    mended = text.replace("'+34 12", "'+34 612 345 679").replace("'=Eva", "Eva")
    again = await imported(clocked, written(done.errors, mended))
    assert (again.new, again.refused, again.errors) == (1, 0, None)
    assert [contact.variables for contact in await everybody(clocked)] == [{"nombre": "Ana"}, {"nombre": "Eva"}]


async def test_the_errors_of_the_last_time_do_not_outlive_them(clocked: Clocked, tmp_path: Path) -> None:
    path = written(tmp_path / "l.csv", HEAD + "12;Ana\n")
    done = await imported(clocked, path)
    assert done.errors and done.errors.exists()
    await imported(clocked, written(path, HEAD + "612345678;Ana\n"))
    assert files_in(tmp_path) == ["l.csv"]


async def test_a_number_is_imported_once_in_five_spellings(clocked: Clocked, tmp_path: Path) -> None:
    spellings = ["612345678", "+34 612 34 56 78", "0034612345678", "612.345.678", "(+34) 612-345-678"]
    done = await imported(clocked, written(tmp_path / "l.csv", "teléfono\n" + "\n".join(spellings) + "\n"))
    assert (done.new, done.refused) == (1, 4)


async def test_the_same_list_again_changes_nothing(clocked: Clocked, tmp_path: Path) -> None:
    path = written(tmp_path / "l.csv", "".join([HEAD, *(f"6123{n:05};Ana\n" for n in range(2500))]))
    await imported(clocked, path)
    before = await everybody(clocked)
    again = await imported(clocked, path)
    assert (again.new, again.known, again.refused) == (0, 2500, 0)
    assert await everybody(clocked) == before


async def died(clocked: Clocked, path: Path, stage: Stage) -> None:
    async with aclosing(import_list(path, "c", DEMANDS, clocked.ledger)) as told:  # type: ignore[type-var]
        async for progress in told:
            if progress.stage is stage:
                return
    raise AssertionError("it never came to that")


async def test_of_an_import_that_died_on_its_way_nobody_is_called(clocked: Clocked, tmp_path: Path) -> None:
    path = written(tmp_path / "l.csv", "".join([HEAD, *(f"6123{n:05};Ana\n" for n in range(2500))]))
    await died(clocked, path, Stage.BRINGING)
    assert await clocked.ledger.arrivals.take_in() == 0
    assert await everybody(clocked) == []
    again = await imported(clocked, path)
    assert (again.new, again.known, again.added) == (2500, 0, 2500)


async def test_an_import_that_died_after_its_list_was_accepted_is_finished_by_others(
    clocked: Clocked, tmp_path: Path
) -> None:
    path = written(tmp_path / "l.csv", "".join([HEAD, *(f"6123{n:05};Ana\n" for n in range(2500))]))
    await died(clocked, path, Stage.ADDING)
    assert 0 < len(await everybody(clocked)) < 2500
    while await clocked.ledger.arrivals.take_in():
        pass
    numbers = [contact.number for contact in await everybody(clocked)]
    assert numbers == [f"+346123{n:05}" for n in range(2500)]
    assert (await imported(clocked, path)).known == 2500


async def test_what_a_list_says_anew_of_one_who_waits_counts(clocked: Clocked, tmp_path: Path) -> None:
    head = "id;teléfono;fecha;zona;consentimiento;fecha_consentimiento\n"
    first = f"{head}1;612345671;lunes;;web;2026-01-02\n2;612345672;lunes;;;\n3;612345673;lunes;;;\n"
    await imported(clocked, written(tmp_path / "a.csv", first))
    await clocked.ledger.set_state("c", CampaignState.RUNNING)
    second = "teléfono;fecha;zona\n612345671;martes;Atlantic/Canary\n612345672;lunes;\n"
    done = await imported(clocked, written(tmp_path / "b.csv", second))
    assert (done.new, done.updated, done.known, done.ended) == (0, 1, 1, 0)
    ana = (await everybody(clocked))[0]
    assert (ana.id, ana.variables, ana.group) == ("1", {"fecha": "martes"}, "Atlantic/Canary ES")
    assert ana.consent is not None, "what was agreed to is not taken back by a list that does not tell of it"
    claim = await clocked.ledger.attempts.claim("c", "Atlantic/Canary ES", ALWAYS, "node", 30.0)
    assert isinstance(claim, Claim) and claim.contact == ana


async def test_whoever_was_reached_stays_as_he_was(clocked: Clocked, tmp_path: Path) -> None:
    path = written(tmp_path / "l.csv", "teléfono;zona;región;nombre\n612345678;Europe/Madrid;ES-MD;Ana\n")
    await imported(clocked, path)
    await clocked.ledger.set_state("c", CampaignState.RUNNING)
    claim = await clocked.dialed()
    await clocked.ledger.attempts.finish(claim.id, Result.HUMAN, Outcome.REACHED)
    text = "teléfono;zona;región;nombre\n612345678;Europe/Madrid;ES-MD;Eva\n"
    done = await imported(clocked, written(path, text))
    assert (done.updated, done.known) == (0, 1)
    assert [contact.variables for contact in await everybody(clocked)] == [{"nombre": "Ana"}]


async def test_a_person_is_called_once_for_each_appointment(clocked: Clocked, tmp_path: Path) -> None:
    demands = replace(DEMANDS, needed=frozenset({"fecha", "hora"}), once_per=("fecha", "hora"))
    head = "id;teléfono;fecha;hora\n"
    monday = written(tmp_path / "a.csv", f"{head}7;612345671;lunes;10\n7;612345671;lunes;12\n;612345672;lunes;10\n")
    assert (await imported(clocked, monday, demands)).new == 3
    assert (await imported(clocked, monday, demands)).known == 3, "the same list once more calls nobody"
    tuesday = f"{head}7;612345671;Martes;10\n;612345672;lunes;10\n9;612345671;martes;10\n;612345673;;10\n"
    done = await imported(clocked, written(tmp_path / "b.csv", tuesday), demands)
    assert (done.new, done.known, done.refused) == (1, 1, 2)
    ids = [contact.id for contact in await everybody(clocked)]
    assert len(set(ids)) == 4
    assert sum(identity.startswith("7.") for identity in ids) == 3


async def test_a_list_may_take_the_place_of_the_one_before(clocked: Clocked, tmp_path: Path) -> None:
    demands = replace(DEMANDS, once_per=("fecha",), needed=frozenset({"fecha"}))
    head = "teléfono;fecha\n"
    monday = written(tmp_path / "a.csv", f"{head}612345671;lunes\n612345672;martes\n")
    tuesday = written(tmp_path / "b.csv", f"{head}612345672;martes\n612345673;martes\n")
    await imported(clocked, monday, demands)
    told = [one async for one in import_list(tuesday, "c", demands, clocked.ledger, instead=True)]
    assert (told[-1].new, told[-1].known, told[-1].ended) == (1, 1, 1)
    page = await clocked.ledger.contacts("c")
    assert [(one.contact.variables["fecha"], one.outcome) for one in page.standings] == [
        ("lunes", Outcome.EXPIRED),
        ("martes", None),
        ("martes", None),
    ]


async def test_nothing_is_added_before_all_of_the_list_is_read(clocked: Clocked, tmp_path: Path) -> None:
    path = written(tmp_path / "l.csv", "".join([HEAD, *(f"6123{n:05};Ana\n" for n in range(2500))]))
    shares = []
    async for progress in import_list(path, "c", DEMANDS, clocked.ledger):
        if progress.stage is Stage.CHECKING:
            shares.append(progress.share)
            assert (await clocked.ledger.counts("c")).contacts == 0
    assert shares == sorted(shares) and len(shares) == 3 and shares[-1] == 1.0


async def test_somebody_of_the_campaign_is_known_by_his_number_and_by_his_id(clocked: Clocked, tmp_path: Path) -> None:
    await imported(clocked, written(tmp_path / "a.csv", "id;teléfono\n1;612345671\n2;612345672\n3;612345673\n"))
    text = "id;teléfono\n1;612345671\n;612345672\n9;612345673\n1;612345679\n1;612345671\n"
    done = await imported(clocked, written(tmp_path / "b.csv", text))
    assert (done.known, done.new) == (2, 0)
    assert done.errors
    assert [row["error_mistake"] for row in errors_of(done.errors)] == [
        "this number is there already, in the campaign",
        "another number has this id, in row 2",
        "this number is there already, in row 2",
    ]


async def test_an_id_made_of_a_number_does_not_tell_it(clocked: Clocked, tmp_path: Path) -> None:
    await imported(clocked, written(tmp_path / "l.csv", "teléfono\n612345678\n"))
    (contact,) = await everybody(clocked)
    assert contact.id == clocked.ledger.number_key("+34612345678").hex()


async def test_objects_are_imported_each_by_its_own_names(clocked: Clocked, tmp_path: Path) -> None:
    lines = ['{"phone": 612345678, "name": "Ana"}', '{"teléfono": "+34612345679"}', '{"name": "Eva"}', "{"]
    done = await imported(clocked, written(tmp_path / "l.ndjson", "\n".join(lines)))
    assert [contact.number for contact in await everybody(clocked)] == ["+34612345678", "+34612345679"]
    assert done.errors
    assert [(row["error_row"], row["object"]) for row in errors_of(done.errors)] == [
        ("3", '{"name": "Eva"}'),
        ("4", "{"),
    ]


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("", "empty"),
        ("\n\n", "empty"),
        ("nombre;edad\nAna;3\n", "no column holds telephone numbers"),
        ("teléfono;móvil\n1;2\n", "several columns"),
        ('teléfono;"nombre\n612345678;Ana\n', "quotation mark"),
    ],
)
async def test_what_is_no_list_is_told_and_nothing_is_written(
    clocked: Clocked, tmp_path: Path, text: str, mistake: str
) -> None:
    with pytest.raises(ConfigurationError, match=mistake):
        await imported(clocked, written(tmp_path / "l.csv", text))
    assert files_in(tmp_path) == ["l.csv"]


async def test_a_missing_variable_is_told_before_any_row(clocked: Clocked, tmp_path: Path) -> None:
    demands = replace(DEMANDS, needed=frozenset({"cita"}))
    with pytest.raises(ConfigurationError, match=r"l\.csv:1: the campaign needs \{cita\}"):
        await imported(clocked, written(tmp_path / "l.csv", HEAD), demands)


async def test_nobody_is_added_to_a_campaign_that_is_not_there_or_over(clocked: Clocked, tmp_path: Path) -> None:
    path = written(tmp_path / "l.csv", HEAD + "612345678;Ana\n")
    with pytest.raises(StoreError):
        await imported(clocked, path, campaign="absent")
    await clocked.ledger.set_state("c", CampaignState.CANCELLED)
    with pytest.raises(StoreError):
        await imported(clocked, path)


NUMBERS = st.sampled_from(["612345678", "+34612345678", "612345679", "0034612345680", "12", "3,4E+10", "", "803123456"])
WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=6) | st.sampled_from(["=a|b", '"', ";", "\n", "Ana"])


@pytest.mark.slow
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(table=st.lists(st.tuples(NUMBERS, WORDS, WORDS), max_size=12))
def test_every_row_is_imported_or_in_the_error_file_once(
    redis_url: str, tmp_path: Path, table: list[tuple[str, str, str]]
) -> None:
    """Each has a mark of its own, which is looked for in both."""
    text = io.StringIO()
    rows = [("teléfono", "a", "b", "mark"), *((*row, f"m{number}") for number, row in enumerate(table))]
    csv.writer(text, delimiter=";").writerows(rows)
    path = written(tmp_path / "l.csv", text.getvalue())

    async def found() -> list[str]:
        async with clocked_ledger(redis_url) as clocked:
            await clocked.ledger.create("c", LIMITS)
            done = await imported(clocked, path)
            marks = [contact.variables["mark"] for contact in await everybody(clocked)]
            return marks + [row["mark"] for row in errors_of(done.errors)] if done.errors else marks

    assert sorted(asyncio.run(found())) == sorted(row[3] for row in rows[1:])


@pytest.mark.slow
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.binary(max_size=80) | st.text('";,\n\r{}612345678\0\ufeff=+', max_size=80).map(str.encode))
@example(b'6;"\n612345678;"\n')
@example("\ud800".encode("utf-16-le", "surrogatepass"))
@example(json.dumps({"phone": "612345678", "\ud800": "\ud800"}).encode())
@example(b'"612345678\n')
def test_no_bytes_stop_an_import_halfway(redis_url: str, tmp_path: Path, rest: bytes) -> None:
    path = tmp_path / "l.csv"
    path.write_bytes(rest if rest.startswith(b"{") else b"phone;name\n" + rest)

    async def check() -> None:
        async with clocked_ledger(redis_url) as clocked:
            await clocked.ledger.create("c", LIMITS)
            try:
                done = await imported(clocked, path)
            except ConfigurationError:
                assert not await everybody(clocked), "what is no list at all is refused as a whole"
                return
            refused = errors_of(done.errors) if done.errors else []
            assert (len(await everybody(clocked)), len(refused)) == (done.new, done.refused)
            assert len({row["error_row"] for row in refused}) == len(refused)

    asyncio.run(check())
