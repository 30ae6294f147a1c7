"""`assist campaign` as people and scripts meet it: what it prints, and how it ends."""

import asyncio
import csv
import io
import json
import stat
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from assist.campaign.cli_view import until_over
from assist.campaign.ledger import Durability, open_ledger
from assist.campaign.ledger.views import Counts
from assist.campaign.model import CampaignState, Outcome
from assist.campaign.standing import Status
from assist.errors import StoreError
from tests.campaign_files import LIST, write_campaign
from tests.ledgers import MADRID
from tests.terminal import Terminal, open_terminal


@pytest.fixture
def assist(
    redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Terminal]:
    terminal = Terminal(tmp_path, f"{redis_url}?db=9", monkeypatch, capsys, ("campaign",))
    with open_terminal(terminal) as lent:
        yield lent


def state(assist: Terminal) -> str:
    found: str = assist("status", "uno", "--json").json["counts"]["state"]
    return found


# Before anybody is called


def test_what_is_right_is_checked_and_ends_0(assist: Terminal) -> None:
    ended = assist("check")
    assert (ended.code, ended.out) == (0, "1 checked, no mistakes\n")


def test_mistakes_are_told_with_their_lines_and_mends_and_end_1(assist: Terminal) -> None:
    write_campaign(assist.directory, more="voicemail: message\nretri: {}")
    ended = assist("check", "uno", "--json")
    assert ended.code == 1
    (mistake,) = ended.json
    assert (mistake["line"], mistake["field"], mistake["mend"]) == (13, "retri", "did you mean retry?")


def test_a_list_is_imported_once(assist: Terminal) -> None:
    first, second = assist("import", "uno", "--json"), assist("import", "uno", "--json")
    assert (first.code, first.json["new"], second.json["new"], second.json["known"]) == (0, 3, 0, 3)


def test_refused_rows_end_1_and_the_place_of_the_mends_is_told(assist: Terminal) -> None:
    assist.list.write_text("phone,nombre\n910000002,Ana\n12,Eva\n", encoding="utf-8")
    ended = assist("import", "uno")
    assert ended.code == 1
    assert "1 new" in ended.out
    assert "1 refused" in ended.out
    assert str(assist.list.with_name("uno.errors.csv")) in ended.out


def test_a_preview_shows_what_is_said_and_imports_nobody(assist: Terminal) -> None:
    ended = assist("import", "uno", "--preview", "2")
    assert "Hola, Ana 1." in ended.out
    assert assist("status").out.startswith("there is no campaign yet")


def test_a_dry_run_tells_how_it_would_go_and_writes_nothing(assist: Terminal) -> None:
    assist.list.write_text("phone,nombre\n910000002,Ana\n910000003,Eva\n12,Luz\n", encoding="utf-8")
    ended = assist("dry-run", "uno", "--pick-up", "1", "--talk", "60", "--usd-per-minute", "0.3", "--json")
    found = ended.json
    assert (ended.code, found["called"], [skip["named"] for skip in found["skipped"]]) == (0, 2, [["row 4"]])
    assert float(found["estimate"]["usd"]) == pytest.approx(0.6)
    assert found["estimate"]["ends"] > found["estimate"]["begins"]
    assert assist("status", "--json").json == []
    assert "assumed" in assist("dry-run", "uno").out


def test_a_dry_run_adds_the_price_of_the_trunk_and_tells_what_nobody_knows(assist: Terminal) -> None:
    told = assist("dry-run", "uno").out
    assert "trunk far: write usd_per_minute" in " ".join(told.split())
    trunks = assist.directory / "trunks.yaml"
    trunks.write_text(trunks.read_text(encoding="utf-8").replace("cps: 50", "cps: 50, usd_per_minute: 0.012"))
    found = assist("dry-run", "uno", "--pick-up", "1", "--talk", "60", "--json").json
    assert [(part["what"], float(part["usd"])) for part in found["costs"]] == [
        ("trunk far", 0.012),
        ("stt whisper", 0.0),
        ("llm flow", 0.0),
        ("tts pico", 0.0),
    ]
    assert float(found["estimate"]["usd"]) == pytest.approx(0.04, abs=0.005)


def test_a_dry_run_tells_what_a_start_would_be_refused_for_and_ends_1(assist: Terminal) -> None:
    write_campaign(assist.directory, policy="registry_days: 30")
    ended = assist("dry-run", "uno", "--json")
    assert ended.code == 1
    assert ["register of ES" in lack["what"] for lack in ended.json["lacks"]] == [True]


def test_a_campaign_that_nobody_knows_ends_2_with_the_nearest(assist: Terminal) -> None:
    ended = assist("start", "una")
    assert (ended.code, "did you mean uno?" in ended.err) == (2, True)
    assert assist("pause", "uno").code == 2, "nothing was imported"


# Its course


def test_a_campaign_starts_rests_goes_on_and_ends(assist: Terminal) -> None:
    assist("import", "uno")
    assert state(assist) == "draft"
    for words, after in [("start", "running"), ("pause", "paused"), ("resume", "running")]:
        assert assist(words, "uno").code == 0
        assert state(assist) == after
    ended = assist("cancel", "uno", "--yes")
    assert "3 who waited are not called; 0 calls in progress go on to their end" in ended.out
    assert state(assist) == "cancelled"


def test_a_start_without_consent_is_refused_and_says_for_whom(assist: Terminal) -> None:
    assist("import", "uno")
    write_campaign(assist.directory, policy="consent: true, registry_days: 30")
    ended = assist("start", "uno", "--json")
    assert (ended.code, ended.json["running"]) == (1, False)
    whats = " ".join(lack["what"] for lack in ended.json["lacks"])
    assert "was never read" in whats
    assert "3 contacts: there is no record that they agreed" in whats
    assert state(assist) == "draft"
    assert "It cannot start" in assist("start", "uno").out


def test_a_campaign_is_not_cancelled_unasked(assist: Terminal) -> None:
    assist("import", "uno")
    ended = assist("cancel", "uno")
    assert (ended.code, "add --yes" in ended.err) == (2, True)
    assert state(assist) == "draft"


def test_what_cannot_be_done_says_what_can_and_ends_1(assist: Terminal) -> None:
    assist("import", "uno")
    ended = assist("resume", "uno")
    assert (ended.code, ended.err) == (1, "uno: it is draft, not paused; begin it with assist campaign start uno\n")


def test_what_is_due_starts_once_with_its_list(assist: Terminal) -> None:
    due = datetime.now(UTC) - timedelta(minutes=1)
    write_campaign(assist.directory, more=f"schedule: {{at: {due:%Y-%m-%d %H:%M}}}")
    first = assist("tick", "--json")
    assert (first.code, [tick["became"] for tick in first.json]) == (0, ["started"])
    assert assist("tick", "--json").json == []
    assert (state(assist), assist("status", "--json").json[0]["counts"]["states"]) == ("running", {"waiting": 3})


def test_a_test_call_needs_somebody_to_hold_it(assist: Terminal) -> None:
    assist.monkeypatch.setenv("ASSIST_ESL_PASSWORD", "a-long-one")
    ended = assist("test", "uno")
    assert (ended.code, "write test: {number: …} in its file" in ended.err) == (2, True)
    write_campaign(assist.directory, more='test: {number: "+34910000001", columns: {nombre: Ana}}')
    ended = assist("test", "uno")
    assert (ended.code, ended.err) == (1, "no worker lives to hold the call: start assist serve\n")


# How it goes, and what came of it


def test_its_status_tells_what_keeps_it_from_going_on(assist: Terminal) -> None:
    assist("import", "uno")
    assist("start", "uno")
    ended = assist("status", "uno")
    assert "0 of 3 done" in ended.out
    assert "no worker lives to hold the calls: start assist serve" in ended.out
    assert "uno" in assist("status").out


def test_the_status_of_a_broken_file_is_told_all_the_same(assist: Terminal) -> None:
    assist("import", "uno")
    assist.list.with_name("uno.yaml").write_text("assistant: nobody", encoding="utf-8")
    ended = assist("status", "uno")
    assert (ended.code, "nobody is called until its file is mended" in ended.out) == (0, True)
    assert assist("cancel", "uno", "--yes").code == 0


def test_following_ends_when_the_campaign_does(assist: Terminal) -> None:
    assist("import", "uno")
    assist("cancel", "uno", "--yes")
    lines = assist("status", "uno", "--follow", "--json").out.splitlines()
    assert [json.loads(line)["counts"]["state"] for line in lines] == ["cancelled"]


async def test_following_waits_for_a_redis_that_is_away(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("assist.campaign.cli_view.LOOK", 0.0)
    counts = Counts(CampaignState.RUNNING, {}, {}, {}, 0, 0.0, Decimal(0), None, {})
    running, over = Status("c", counts), Status("c", replace(counts, state=CampaignState.FINISHED))
    seen: list[list[Status] | StoreError] = [[running], StoreError("Redis: away"), StoreError("Redis: away"), [over]]
    told: list[list[Status]] = []

    async def look() -> list[Status]:
        found = seen.pop(0)
        if isinstance(found, StoreError):
            raise found
        return found

    await until_over(look, told.append)
    assert told == [[running], [over]]
    assert capsys.readouterr().err.count("waiting for it") == 1


@pytest.mark.parametrize("written", [LIST[1], "+34 910 000 003"])
def test_why_finds_whom_it_is_asked_for_by_his_number(assist: Terminal, written: str) -> None:
    assist("import", "uno")
    found = assist("why", "uno", written, "--json").json
    assert [reason["what"] for reason in found["reasons"]] == ["the campaign is draft"]
    assert found["earliest"] is None
    by_id = assist("why", "uno", found["contact"])
    assert "is not called before somebody changes something" in by_id.out


@pytest.mark.parametrize("written", ["7", "910000002"])
def test_why_tells_of_the_latest_appointment_of_a_person(assist: Terminal, tmp_path: Path, written: str) -> None:
    write_campaign(tmp_path, contacts=", once_per: [fecha]")
    for day in ("lunes", "martes"):
        path = tmp_path / "campaigns" / "uno.csv"
        path.write_text(f"id,phone,nombre,fecha\n7,910000002,Ana,{day}\n", encoding="utf-8")
        assist("import", "uno")
    found = assist("why", "uno", written, "--json").json
    assert found["why"]["standing"]["contact"]["variables"]["fecha"] == "martes"


def test_whoever_is_not_there_is_not_repeated(assist: Terminal) -> None:
    assist("import", "uno")
    ended = assist("why", "uno", "910000099")
    assert (ended.code, "910000099" in ended.err + ended.out) == (2, False)


def test_results_are_a_table_or_a_line_of_json_for_each(assist: Terminal) -> None:
    assist("import", "uno")
    rows = list(csv.DictReader(io.StringIO(assist("results", "uno").out)))
    assert [row["phone"] for row in rows] == [f"+34{number}" for number in LIST]
    lines = assist("results", "uno", "--json").out.splitlines()
    assert [json.loads(line)["state"] for line in lines] == ["waiting"] * 3
    assert assist("results", "uno", "--json", "--outcome", "reached").out == ""


def test_those_whom_nobody_reached_wait_once_more(assist: Terminal) -> None:
    miss_everybody(assist)
    assert assist("start", "uno").code == 1, "everybody is done"
    assert assist("results", "uno", "--again", "--json").json == {"again": 3}
    assert assist("start", "uno").code == 0
    assert assist("results", "uno", "--again", "--json").json == {"again": 0}


def test_those_whom_nobody_reached_are_a_list_for_another_campaign_and_for_nobody_else(assist: Terminal) -> None:
    miss_everybody(assist)
    place = assist.directory / "again.csv"
    ended = assist("results", "uno", "--redial", str(place), "--json")
    assert ended.json == {"contacts": 3, "file": str(place)}
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assist.list.with_name("dos.yaml").write_text(assist.list.with_name("uno.yaml").read_text(), encoding="utf-8")
    assert assist("import", "dos", str(place), "--json").json["new"] == 3
    assert assist("results", "uno", "--again", "--redial", str(place)).code == 2


def miss_everybody(assist: Terminal) -> None:
    assist("import", "uno")

    async def end() -> None:
        async with open_ledger(assist.redis_url, Durability.MEMORY) as ledger:
            assert await ledger.end_waiting("uno", MADRID, Outcome.EXPIRED) == 3

    asyncio.run(end())


# Numbers that nobody may call


def test_numbers_go_on_the_list_and_off_it(assist: Terminal) -> None:
    assert assist("dnc", "add", LIST[0], "--country", "es", "--json").json == {"added": 1}
    assert assist("dnc", "add", "-", "--json", typed=f"+34{LIST[0]}\n+34{LIST[1]}\n").json == {"added": 1}
    assert assist("dnc", "list", f"+34{LIST[0]}", f"+34{LIST[1]}").code == 0
    assert assist("dnc", "remove", f"+34{LIST[0]}", "--json").json == {"removed": 1}
    ended = assist("dnc", "list", f"+34{LIST[0]}", f"+34{LIST[1]}", "--json")
    assert (ended.code, ended.json) == (1, {"on": [False, True]})


def test_what_is_no_number_is_not_repeated(assist: Terminal) -> None:
    ended = assist("dnc", "add", LIST[0])
    assert (ended.code, "--country" in ended.err, LIST[0] in ended.err) == (2, True, False)


def test_a_register_that_was_read_is_listed_with_its_day(assist: Terminal) -> None:
    path = assist.directory / "robinson.txt"
    path.write_text(f"{LIST[0]}\n{LIST[1]}\n", encoding="utf-8")
    words = ("dnc", "import", str(path), "--source", "robinson", "--registry", "2026-11-01")
    assert assist(*words).code == 2, "of which country?"
    assert assist(*words, "--country", "ES", "--json").json["new"] == 2
    found = assist("dnc", "list", "--json").json
    assert found["sources"] == {"robinson": 2}
    assert [(one["country"], one["day"], one["numbers"]) for one in found["registries"]] == [("ES", "2026-11-01", 2)]
    assert "robinson" in assist("dnc", "list").out


def test_who_is_on_the_list_would_be_skipped(assist: Terminal) -> None:
    assist("dnc", "add", f"+34{LIST[0]}")
    found = assist("dry-run", "uno", "--json").json
    assert (found["called"], found["skipped"][0]["why"]) == (2, "on everybody's do-not-call list, by owner")
