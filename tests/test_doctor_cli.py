"""`assist doctor` as people and programs meet it; engines are the tests' own."""

import json
from io import StringIO
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.console import Console

from assist.aio import Stream
from assist.doctor.cli import doctor, table
from assist.doctor.examination import Check
from assist.doctor.finding import Finding, State, ok, warning, wrong
from assist.settings import Settings
from assist.simulate.ports import free_port
from tests.redis_process import redis_process
from tests.service import FAST, install, write_assistant

PASSWORD = "not-published-anywhere"


@pytest.fixture(autouse=True)
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install()
    write_assistant(tmp_path, "uno")
    variables = {
        **FAST,
        "ASSIST_ASSISTANTS_DIR": str(tmp_path),
        "ASSIST_CAMPAIGNS_DIR": str(tmp_path / "none"),
        "ASSIST_ESL_PASSWORD": PASSWORD,
        "ASSIST_ESL_PORT": str(free_port()),
        "ASSIST_LISTEN_PORT": str(free_port()),
        "COLUMNS": "80",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


def test_everything_is_looked_at_and_what_is_wrong_ends_one(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", redis_url)
    result = CliRunner().invoke(doctor, ["--json"])
    rows = {row["subject"]: row for row in json.loads(result.stdout)}
    assert result.exit_code == 1
    assert rows["FreeSWITCH"]["state"] == "wrong", "nobody is there"
    assert rows["Redis"]["state"] == rows["TTS fast"]["state"] == rows["Assistants"]["state"] == "ok"
    assert "LLM openai" not in rows, "nobody chose it"
    looked = {"Settings", "Media directory", "Workers", "Clock: NTP", "Open files", "Python", "Packages", "Disk"}
    assert looked <= set(rows)
    assert all(row["mend"] for row in rows.values() if row["state"] != "ok")
    assert PASSWORD not in result.output


def test_every_wrong_setting_is_told_and_nothing_of_what_was_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSIST_ESL_PASSWORD", "ClueCon")
    monkeypatch.setenv("ASSIST_WORKERS_COUNT", "secret")
    result = CliRunner().invoke(doctor, ["--json"])
    rows = {row["subject"]: row for row in json.loads(result.stdout)}
    assert result.exit_code == 1
    assert rows["Setting ASSIST_ESL_PASSWORD"]["mend"] == "choose another"
    assert rows["Setting ASSIST_WORKERS_COUNT"]["state"] == "wrong"
    assert rows["All else"]["state"] == "warning"
    assert "ClueCon" not in result.output
    assert "secret" not in result.output


def test_an_engine_that_is_not_there_is_wrong(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ASSIST_TTS", "hal")
    with redis_process(tmp_path) as redis:
        monkeypatch.setenv("REDIS_URL", redis.url)
        result = CliRunner().invoke(doctor, ["--json"])
    rows = {row["subject"]: row for row in json.loads(result.stdout)}
    assert rows["TTS hal"]["state"] == "wrong"


def test_the_table_fits_a_terminal_of_eighty_columns() -> None:
    found = [
        ok("Settings", "no mistakes"),
        warning("FreeSWITCH 10.255.255.255:8021: gateway registered-carrier", "not registered yet: TRYING", "wait"),
        wrong("Media directory", "/var/lib/assist/" + "long/" * 20, "mount a tmpfs there " * 5),
    ]
    written = StringIO()
    Console(width=80, file=written).print(table(found))
    text = written.getvalue()
    assert max(map(len, text.splitlines())) <= 80
    assert "→ mount a tmpfs there" in text


def test_warnings_alone_end_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    async def unset(_: Settings) -> Stream[Finding]:
        yield warning("Clock", "is not synchronised", "install chrony")

    monkeypatch.setattr("assist.doctor.cli.CHECKS", (Check("Clock", unset),))
    result = CliRunner().invoke(doctor)
    assert result.exit_code == 0, result.output
    assert f"0 {State.WRONG}, 1 {State.WARNING}, 1 {State.OK}" in result.stdout
