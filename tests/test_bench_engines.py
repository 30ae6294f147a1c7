import asyncio
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from assist.bench.engines_cli import engine_times
from assist.bench.engines_overhead import overheads
from tests.service import FAST, install, write_assistant

pytestmark = pytest.mark.slow


def test_every_wrapper_is_measured_beside_the_bare_engine() -> None:
    found = asyncio.run(overheads(rounds=1))
    assert {(each.kind.value, each.wrapper) for each in found} == {
        *((kind, wrapper) for kind in ("stt", "llm", "tts") for wrapper in ("bare", "metered", "failover", "all")),
        ("tts", "cached"),
    }
    for each in found:
        assert each.microseconds > 0
        assert (each.times_as_long, each.times_as_much) == (1.0, 1.0) or each.wrapper != "bare"
        assert each.times_as_much > 1.0 or each.wrapper == "bare"


@pytest.mark.models
def test_every_chosen_engine_is_measured_and_one_that_fails_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pytest.importorskip("py_nanotts")
    install()
    path = write_assistant(tmp_path, "uno")
    path.write_text(f"{path.read_text(encoding='utf-8')}engines: {{tts: [openai: {{speed: 9}}]}}\n", encoding="utf-8")
    for name, value in {**FAST, "ASSIST_ASSISTANTS_DIR": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    printed = CliRunner().invoke(engine_times, ["--rounds", "1", "--json"])
    told = json.loads(printed.output)
    assert [(stage["kind"], stage["engine"]) for stage in told["stages"]] == [
        ("stt", "fast"),
        ("llm", "fast"),
        ("tts", "fast"),
    ]
    assert all(0 <= stage["p50"] <= stage["p95"] for stage in told["stages"])
    (failure,) = told["failures"]
    assert (failure["kind"], failure["engine"], failure["options"]) == ("tts", "openai", {"speed": 9})
    assert "speed" in failure["reason"]
    assert printed.exit_code == 1
