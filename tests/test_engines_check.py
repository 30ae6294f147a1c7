"""`assist check FILE…`"""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from assist.engines.check import check

DATA = Path(__file__).parent / "data" / "assistants" / "taller.yaml"


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    path = tmp_path / "mal.yaml"
    path.write_text(DATA.read_text(encoding="utf-8").replace("[menu]", "[manu]"), encoding="utf-8")
    return path


def test_files_without_mistakes_end_zero() -> None:
    result = CliRunner().invoke(check, [str(DATA)])
    assert (result.exit_code, result.output) == (0, "1 checked, no mistakes\n")


def test_a_mistake_is_told_with_file_line_and_mend(wrong: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    result = CliRunner().invoke(check, [str(DATA), str(wrong)])
    assert result.exit_code == 1
    row = next(line for line in result.output.splitlines() if "mal.yaml" in line)
    assert [cell.strip() for cell in row.strip("│").split("│")] == [
        f"{wrong}:16",
        "lost.0",
        "there is no question manu",
        "did you mean menu?",
    ]


def test_programs_get_a_list(wrong: Path) -> None:
    result = CliRunner().invoke(check, [str(wrong), "--json"])
    assert result.exit_code == 1
    assert json.loads(result.output) == [
        {
            "file": str(wrong),
            "line": 16,
            "field": "lost.0",
            "mistake": "there is no question manu",
            "mend": "did you mean menu?",
        }
    ]


def test_no_mistakes_are_an_empty_list_for_programs() -> None:
    result = CliRunner().invoke(check, [str(DATA), "--json"])
    assert (result.exit_code, json.loads(result.output)) == (0, [])


@pytest.mark.parametrize(
    ("engines", "line", "field", "mistake", "mend"),
    [
        ("  tts: picco", 2, "engines.tts", "there is no engine picco", "did you mean pico?"),
        (
            "  stt:\n    - whisper\n    - wisper",
            4,
            "engines.stt.1",
            "there is no engine wisper",
            "did you mean whisper?",
        ),
        (
            "  llm:\n    - openai:\n        modle: gpt-4.1",
            4,
            "engines.llm.0.openai.modle",
            "there is no such option",
            "did you mean model?",
        ),
        (
            "  llm:\n    openai: {model: [x]}",
            3,
            "engines.llm.openai.model",
            "this is not a text",
            "write a text, in quotes if in doubt",
        ),
    ],
)
def test_engines_and_their_options_are_looked_at(
    tmp_path: Path, engines: str, line: int, field: str, mistake: str, mend: str
) -> None:
    path = tmp_path / "mal.yaml"
    path.write_text(f"engines:\n{engines}\n{DATA.read_text(encoding='utf-8')}", encoding="utf-8")
    result = CliRunner().invoke(check, [str(path), "--json"])
    assert json.loads(result.output) == [
        {"file": str(path), "line": line, "field": field, "mistake": mistake, "mend": mend}
    ]


def test_engines_that_can_be_had_are_no_mistake(tmp_path: Path) -> None:
    path = tmp_path / "bien.yaml"
    engines = "engines: {stt: whisper, llm: [openai: {model: gpt-4.1-mini}, flow], tts: [pico]}"
    path.write_text(f"{engines}\n{DATA.read_text(encoding='utf-8')}", encoding="utf-8")
    result = CliRunner().invoke(check, [str(path)])
    assert (result.exit_code, result.output) == (0, "1 checked, no mistakes\n")
