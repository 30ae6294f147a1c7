"""`assist engines`, over engines that are there, that are not, and that refuse."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner

from assist.engines.cli import engines
from assist.engines.table import LAST_RESORT, TABLES, Packaged
from assist.errors import ConfigurationError, ProviderError
from assist.provider import Kind, Opened
from assist.settings import Settings
from tests.service import FAST, Beeps, ByLength, Counting, FastEngine, NoOptions, write_assistant


def failing(error: Exception) -> FastEngine:
    """Return an engine that opens, and fails when it is asked whether the key is good."""

    async def warm() -> None:
        raise error

    @asynccontextmanager
    async def opened(options: NoOptions, settings: Settings) -> AsyncIterator[Opened[Beeps]]:
        if isinstance(error, ConfigurationError):
            raise error
        yield Opened(Beeps(), "model-1", warm)

    return FastEngine(opened)


@pytest.fixture(autouse=True)
def table(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    sources = {
        Kind.STT: {"fast": FastEngine.of(ByLength())},
        Kind.LLM: {"fast": FastEngine.of(lambda assistant: Counting())},
        Kind.TTS: {
            "fast": FastEngine.of(Beeps()),
            "keyless": failing(ConfigurationError("VOICE_KEY: is missing: set it")),
            "unpaid": failing(ProviderError("unpaid", "status 403", temporary=False, refused=True)),
            "away": failing(ProviderError("away", "the connection failed", temporary=True)),
        },
    }
    for kind, engines_of in sources.items():
        for name in list(TABLES[kind]):
            monkeypatch.delitem(TABLES[kind], name)
        for name, engine in engines_of.items():
            monkeypatch.setitem(TABLES[kind], name, partial(lambda made: made, engine))
    monkeypatch.setitem(LAST_RESORT, Kind.TTS, "fast")  # the voice that the ears are probed with
    for name, value in FAST.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("ASSIST_ASSISTANTS_DIR", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "160")
    write_assistant(tmp_path, "uno")


def found(*words: str) -> dict[tuple[str, str], dict[str, object]]:
    result = CliRunner().invoke(engines, ["--json", *words])
    assert result.exit_code == 0, result.output
    return {(row["kind"], row["engine"]): row for row in json.loads(result.stdout)}


def test_every_engine_is_listed_with_its_state_and_who_chose_it() -> None:
    rows = found()
    states = {name: (row["state"], row["reason"]) for (_, name), row in rows.items()}
    assert states == {
        "fast": ("ready", ""),
        "keyless": ("unusable", "VOICE_KEY: is missing: set it"),
        "unpaid": ("refused", "unpaid: status 403"),
        "away": ("unreachable", "away: the connection failed"),
    }
    assert rows["stt", "fast"]["used_by"] == ["settings"]
    assert rows["tts", "away"]["used_by"] == []
    assert rows["stt", "fast"]["total_ms"] is None, "nothing is probed unless asked for"


def test_a_probe_lets_each_say_hear_or_answer_a_sentence() -> None:
    rows = found("--probe")
    assert rows["tts", "fast"]["result"] == "1.0 s of speech"
    assert rows["stt", "fast"]["result"] == "lo siento", "the second of speech is what it takes for that"
    assert str(rows["llm", "fast"]["result"]).startswith("1 Buenos días")
    assert all(rows[kind, "fast"]["first_ms"] is not None for kind in ("stt", "llm", "tts"))


def test_a_chosen_engine_that_is_not_ready_ends_one(tmp_path: Path) -> None:
    path = write_assistant(tmp_path, "dos")
    path.write_text(f"{path.read_text(encoding='utf-8')}engines: {{tts: [unpaid, fast]}}\n", encoding="utf-8")
    result = CliRunner().invoke(engines)
    assert result.exit_code == 1
    row = next(line for line in result.stdout.splitlines() if "unpaid" in line)
    assert "refused" in row
    assert "chosen by dos" in row


def test_an_engine_whose_options_an_assistant_chose_has_a_row_of_its_own(tmp_path: Path) -> None:
    path = write_assistant(tmp_path, "dos")
    path.write_text(f"{path.read_text(encoding='utf-8')}engines: {{tts: [fast: {{pitch: 3}}]}}\n", encoding="utf-8")
    result = CliRunner().invoke(engines, ["--json"])
    rows = [row for row in json.loads(result.stdout) if row["options"]]
    assert [(row["engine"], row["used_by"], row["state"]) for row in rows] == [("fast", ["dos"], "unusable")]
    assert "fast.pitch: there is no such option" in rows[0]["reason"]


def test_a_missing_package_is_told_with_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TABLES[Kind.TTS], "choir", Packaged("a_choir_that_is_not_there", "choir"))
    assert found()["tts", "choir"]["reason"] == (
        'the package a_choir_that_is_not_there is missing: pip install "assist[choir]"'
    )
