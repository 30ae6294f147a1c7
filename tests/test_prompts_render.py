"""Sentences rendered ahead, and found by the calls."""

import json
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import pytest
from redis.asyncio import Redis

from assist.aio import Stream
from assist.assistant import Assistant, load
from assist.engines.pool import Pool
from assist.engines.table import TTS
from assist.errors import ConfigurationError, ProviderError
from assist.prompts.phrases import Prompt
from assist.prompts.render import Outcome, Renderer, State
from assist.settings import environment, read_settings
from assist.store import Store, open_store
from assist.tts.cache import SpeechCache, name_of
from tests.fakes import FakeVoice
from tests.service import FAST, FastEngine, write_assistant

pytestmark = pytest.mark.slow

HELLO = Prompt("es", "Buenos días.")
OPEN = Prompt("es", "Abrimos {hours}.")
ENGLISH = Prompt("en", "Good morning.")
ROOM = 1_000_000


class OnlySpanish(FakeVoice):
    """Speaks one language."""

    async def synthesize(self, text: str, language: str, *, pace: float = 1.0) -> Stream[bytes]:
        if language != "es":
            raise ProviderError("only spanish", "no voice for it", temporary=False)
        async with aclosing(super().synthesize(text, language, pace=pace)) as speech:
            async for piece in speech:
                yield piece


@pytest.fixture
async def store(redis_url: str) -> AsyncIterator[Store]:
    settings = read_settings()
    async with open_store(redis_url, settings.redis.retention) as opened:
        await opened.ping(within=5)
        yield opened
    async with Redis.from_url(redis_url) as client:
        await client.flushdb()


@pytest.fixture
def voice(monkeypatch: pytest.MonkeyPatch) -> FakeVoice:
    return engine(monkeypatch, "one", FakeVoice())


def engine(monkeypatch: pytest.MonkeyPatch, name: str, voice: FakeVoice) -> FakeVoice:
    monkeypatch.setitem(TTS, name, lambda: FastEngine.of(voice))
    return voice


def speaking(directory: Path, engines: str) -> Assistant:
    path = write_assistant(directory, "uno")
    path.write_text(f"{path.read_text(encoding='utf-8')}engines: {{tts: {engines}}}\n", encoding="utf-8")
    return load(path)


@asynccontextmanager
async def renderer(store: Store, *, dry: bool = False) -> AsyncIterator[Renderer]:
    async with Pool(settings := read_settings()) as pool:
        yield Renderer(settings, pool, store, dry=dry)


async def rendered(store: Store, assistant: Assistant, *prompts: Prompt, dry: bool = False) -> list[Outcome]:
    async with renderer(store, dry=dry) as rendering, aclosing(rendering.render(assistant, prompts)) as outcomes:
        return [outcome async for outcome in outcomes]


async def test_a_sentence_is_rendered_once(store: Store, voice: FakeVoice, tmp_path: Path) -> None:
    assistant = speaking(tmp_path, "one")
    assert await rendered(store, assistant, HELLO) == [Outcome("uno", "es", HELLO.text, State.RENDERED, "one")]
    assert await rendered(store, assistant, HELLO) == [Outcome("uno", "es", HELLO.text, State.KEPT, "one")]
    assert voice.diary == [HELLO.text]


async def test_a_call_finds_what_was_rendered(store: Store, voice: FakeVoice, tmp_path: Path) -> None:
    await rendered(store, speaking(tmp_path, "one"), HELLO)
    async with SpeechCache(store, ROOM) as cache:
        silent = cache.around(FakeVoice(fails=True), '["one", "", {}]')
        async with aclosing(silent.synthesize(HELLO.text, "es")) as speech:
            assert [piece async for piece in speech] == [b"\1\0" * 800 * 2]


async def test_sentences_with_placeholders_are_skipped(store: Store, voice: FakeVoice, tmp_path: Path) -> None:
    outcomes = await rendered(store, speaking(tmp_path, "one"), OPEN, HELLO)
    assert [outcome.state for outcome in outcomes] == [State.SKIPPED, State.RENDERED]
    assert voice.diary == [HELLO.text]


async def test_a_dry_run_tells_what_is_missing_and_renders_nothing(
    store: Store, voice: FakeVoice, tmp_path: Path
) -> None:
    assistant = speaking(tmp_path, "one")
    await rendered(store, assistant, HELLO)
    outcomes = await rendered(store, assistant, HELLO, Prompt("es", "Adiós."), dry=True)
    assert [outcome.state for outcome in outcomes] == [State.KEPT, State.MISSING]
    assert voice.diary == [HELLO.text]


async def test_what_a_call_said_before_is_kept_for_good_without_being_said_again(
    store: Store, voice: FakeVoice, tmp_path: Path, redis_url: str
) -> None:
    assistant = speaking(tmp_path, "one")
    await rendered(store, assistant, HELLO)
    async with Redis.from_url(redis_url) as client:
        name = name_of('["one", "", {}]', HELLO.text, "es")
        await client.zadd("{speech}:used", {name: 1e13})  # as if a call had said it
    assert not await store.has_speech(name, ahead=True)
    assert [outcome.state for outcome in await rendered(store, assistant, HELLO)] == [State.KEPT]
    assert await store.has_speech(name, ahead=True)
    assert voice.diary == [HELLO.text]


async def test_a_voice_as_quick_as_the_cache_needs_no_rendering(
    store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pico = engine(monkeypatch, "pico", FakeVoice())
    outcomes = await rendered(store, speaking(tmp_path, "pico"), HELLO)
    assert [outcome.state for outcome in outcomes] == [State.SKIPPED]
    assert pico.diary == []


async def test_a_language_that_the_first_voice_does_not_speak_is_left_to_the_next(
    store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    engine(monkeypatch, "one", OnlySpanish())
    engine(monkeypatch, "two", FakeVoice())
    outcomes = await rendered(store, speaking(tmp_path, "[one, two]"), HELLO, ENGLISH)
    assert [(outcome.state, outcome.engine) for outcome in outcomes] == [
        (State.RENDERED, "one"),
        (State.RENDERED, "two"),
    ]


async def test_a_voice_that_is_down_is_told_and_no_other_speaks_in_its_place(
    store: Store, voice: FakeVoice, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    other = engine(monkeypatch, "two", FakeVoice())
    voice.fails = True
    outcomes = await rendered(store, speaking(tmp_path, "[one, two]"), HELLO)
    assert outcomes == [Outcome("uno", "es", HELLO.text, State.FAILED, "one", "down")]
    assert other.diary == []


async def test_what_finds_no_room_is_told(
    store: Store, voice: FakeVoice, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ASSIST_SPEECH_CACHE_MB", "0")
    outcomes = await rendered(store, speaking(tmp_path, "one"), HELLO)
    assert outcomes[0].state is State.FAILED
    assert "ASSIST_SPEECH_CACHE_MB" in outcomes[0].reason


async def test_an_engine_that_cannot_be_had_is_told_at_once(store: Store, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"assistant uno: engines: tts: there is no engine hal"):
        await rendered(store, speaking(tmp_path, "hal"), HELLO)


# The command


def run(directory: Path, redis_url: str, *words: str) -> subprocess.CompletedProcess[str]:
    variables = {**FAST, "REDIS_URL": redis_url, "ASSIST_ASSISTANTS_DIR": str(directory), "COLUMNS": "160"}
    return subprocess.run(
        [sys.executable, "-m", "tests.fast_assist", "prompts", "render", *words],
        env=environment(**variables),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
    )


async def test_the_command_renders_all_assistants_and_says_what_it_did(
    store: Store, tmp_path: Path, redis_url: str
) -> None:
    for name in ("uno", "dos"):
        write_assistant(tmp_path, name, greeting=f"Soy el asistente automático {name}.")
    dry = run(tmp_path, redis_url, "--dry-run", "--json")
    assert dry.returncode == 0, dry.stderr
    assert {outcome["state"] for outcome in json.loads(dry.stdout)} == {"missing", "skipped"}
    ended = run(tmp_path, redis_url, "uno")
    assert ended.returncode == 0, ended.stderr
    assert "uno" in ended.stdout
    assert "dos" not in ended.stdout
    states = {(outcome["text"], outcome["state"]) for outcome in json.loads(run(tmp_path, redis_url, "--json").stdout)}
    assert states >= {
        ("Soy el asistente automático uno.", "already there"),
        ("Soy el asistente automático dos.", "rendered"),
    }
    assert "failed" not in {state for _, state in states}


async def test_the_command_ends_1_if_one_failed(
    store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, redis_url: str
) -> None:
    monkeypatch.setenv("ASSIST_SPEECH_CACHE_MB", "0")
    write_assistant(tmp_path, "uno")
    ended = run(tmp_path, redis_url)
    assert ended.returncode == 1
    assert "Why it failed" in ended.stdout


async def test_an_assistant_that_does_not_exist_ends_2(store: Store, tmp_path: Path, redis_url: str) -> None:
    write_assistant(tmp_path, "uno")
    ended = run(tmp_path, redis_url, "unno")
    assert ended.returncode == 2
    assert "did you mean uno?" in ended.stderr
