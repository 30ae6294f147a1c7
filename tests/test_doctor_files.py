"""The files that people write, with mistakes in them."""

import shutil
from pathlib import Path

import pytest

from assist.doctor import files
from assist.doctor.finding import State
from assist.settings import Settings, read_settings
from tests.service import write_assistant

CONFIG = Path(__file__).parent.parent / "config"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """All that ships, to be spoilt."""
    for name in ("assistants", "campaigns", "policies"):
        shutil.copytree(CONFIG / name, tmp_path / name)
        monkeypatch.setenv(f"ASSIST_{name.upper()}_DIR", str(tmp_path / name))
    return read_settings()


def test_what_ships_has_no_mistakes(settings: Settings) -> None:
    assert [finding.state for finding in (*files.assistants(settings), *files.campaigns(settings))] == [
        State.OK,
        State.OK,
    ]


def test_every_mistake_of_an_assistant_is_told_with_its_line_and_mend(settings: Settings) -> None:
    path = write_assistant(settings.files.assistants_dir, "roto")
    path.write_text(f"{path.read_text(encoding='utf-8')}greting: hola\nengines: {{tts: [hal]}}\n", encoding="utf-8")
    found = list(files.assistants(settings))
    assert {finding.subject for finding in found} == {"Assistant roto"}
    assert all(finding.state is State.WRONG and finding.mend for finding in found)
    assert any(f"{path}:4" in finding.found for finding in found)


def test_without_assistants_there_is_nobody_to_answer(settings: Settings) -> None:
    shutil.rmtree(settings.files.assistants_dir)
    (found,) = files.assistants(settings)
    assert found.state is State.WRONG


def test_a_campaign_with_a_mistake_is_told(settings: Settings) -> None:
    (settings.files.campaigns_dir / "rota.yaml").write_text("assistent: clinica\n", encoding="utf-8")
    found = list(files.campaigns(settings))
    assert {finding.subject for finding in found} == {"Campaign rota"}
    assert all(finding.state is State.WRONG for finding in found)


def test_a_policy_that_is_missing_is_told_and_its_mend(settings: Settings) -> None:
    (settings.files.policies_dir / "default.yaml").unlink()
    (found,) = files.campaigns(settings)
    assert (found.subject, found.state) == ("Policies", State.WRONG)
    assert found.mend
