"""From a file to an assistant; files that change while calls go on."""

import logging
import os
from decimal import Decimal
from pathlib import Path

import pytest

from assist.assistant import Assistants, load
from assist.errors import ConfigurationError

RIGHT = (Path(__file__).parent / "data" / "assistants" / "taller.yaml").read_text(encoding="utf-8")


def write(path: Path, text: str, second: int) -> None:
    """Save *text* as of *second*: two versions may be written within one tick of the file system's clock."""
    path.write_text(text, encoding="utf-8")
    os.utime(path, (second, second))


def test_an_assistant_has_the_name_of_its_file_and_a_version_of_its_content(tmp_path: Path) -> None:
    path = tmp_path / "taller.yaml"
    write(path, RIGHT, 1)
    first = load(path)
    write(path, RIGHT + "\n", 2)
    assert (first.name, first.language, first.languages) == ("taller", "es", ("es", "en"))
    assert load(path).version != first.version


def test_what_a_file_leaves_out_has_a_default(tmp_path: Path) -> None:
    path = tmp_path / "corto.yaml"
    path.write_text(
        "languages: es\ntimezone: America/Bogota\nphrases:\n  es:\n    greeting: Soy un asistente virtual.\n"
        "    fillers: Ya va.\n",
        encoding="utf-8",
    )
    assistant = load(path)
    assert assistant.phrases["es"].fillers == ("Ya va.",)
    assert assistant.phrases["es"].still_there
    assert assistant.timing.end_of_turn_ms == 600
    assert assistant.hours is None
    assert assistant.max_cost_usd is None


def test_a_call_may_have_a_ceiling(tmp_path: Path) -> None:
    path = tmp_path / "taller.yaml"
    write(path, RIGHT + "max_cost_usd: 0.35\n", 1)
    assert load(path).max_cost_usd == Decimal("0.35")


def test_a_wrong_file_is_refused_with_all_its_mistakes(tmp_path: Path) -> None:
    path = tmp_path / "taller.yaml"
    write(path, RIGHT.replace("Europe/Madrid", "Nowhere").replace("kind: date", "kind: 7"), 1)
    with pytest.raises(ConfigurationError, match=r"(?s)taller\.yaml:2: timezone: .*\n.*taller\.yaml:61: forms\."):
        load(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"nadie\.yaml:1: it cannot be read: No such file"):
        load(tmp_path / "nadie.yaml")


def test_a_changed_file_counts_from_the_next_call_on(tmp_path: Path) -> None:
    path = tmp_path / "taller.yaml"
    write(path, RIGHT, 1)
    assistants = Assistants(tmp_path)
    first = assistants.get("taller")
    assert assistants.get("taller") is first
    write(path, RIGHT.replace("un año", "dos años"), 2)
    second = assistants.get("taller")
    assert second.intents["warranty"].answers["es"] == ("Damos dos años de garantía.",)
    assert first.intents["warranty"].answers["es"] == ("Damos un año de garantía.",)


def test_a_broken_file_leaves_the_assistant_as_it_was_and_is_logged_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "taller.yaml"
    write(path, RIGHT, 1)
    assistants = Assistants(tmp_path)
    first = assistants.get("taller")
    write(path, RIGHT.replace("kind: date", "kind: dat"), 2)
    with caplog.at_level(logging.ERROR):
        assert assistants.get("taller") is first
        assert assistants.get("taller") is first
    assert len(caplog.records) == 1
    assert "did you mean date?" in caplog.text
    write(path, RIGHT + "\n", 3)
    assert assistants.get("taller").version != first.version


def test_a_removed_file_leaves_no_assistant(tmp_path: Path) -> None:
    path = tmp_path / "taller.yaml"
    write(path, RIGHT, 1)
    assistants = Assistants(tmp_path)
    assistants.get("taller")
    path.unlink()
    with pytest.raises(ConfigurationError, match="there is no such assistant"):
        assistants.get("taller")


@pytest.mark.parametrize("name", ["../taller", "/etc/passwd", "", "taler", "taller.yaml", "taller\x00"])
def test_only_names_of_files_there_are_assistants(tmp_path: Path, name: str) -> None:
    (tmp_path / "room").mkdir()
    write(tmp_path / "taller.yaml", RIGHT, 1)
    write(tmp_path / "room" / "taller2.yaml", RIGHT, 1)
    with pytest.raises(ConfigurationError, match="there is no such assistant"):
        Assistants(tmp_path / "room" if name == "../taller" else tmp_path).get(name)


def test_the_names_are_those_of_the_files(tmp_path: Path) -> None:
    write(tmp_path / "b.yaml", RIGHT, 1)
    write(tmp_path / "a.yaml", RIGHT, 1)
    (tmp_path / "notes.txt").touch()
    assert Assistants(tmp_path).names() == ["a", "b"]
