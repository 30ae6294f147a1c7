"""Speaks sentences into the cache, where calls find them."""

from collections.abc import Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from enum import StrEnum

from assist.aio import Stream
from assist.assistant import Assistant
from assist.assistant.choice import Choice
from assist.engines.pool import Pool
from assist.engines.table import LAST_RESORT
from assist.errors import ConfigurationError, ProviderError
from assist.prompts.phrases import Prompt
from assist.provider import Kind
from assist.settings import Settings
from assist.store import OUT_OF_CALL, Store
from assist.tts import TextToSpeech
from assist.tts.cache import identity_of, name_of


class State(StrEnum):
    """What became of a sentence."""

    RENDERED = "rendered"
    MISSING = "missing"
    """It would be rendered, if this were no dry run."""
    KEPT = "already there"
    SKIPPED = "skipped"
    """It has placeholders, or its voice is as quick as the cache and calls do not look for it there."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A sentence of an assistant, and what became of it."""

    assistant: str
    language: str
    text: str
    state: State
    engine: str = ""
    reason: str = ""
    """Why it failed."""


@dataclass(frozen=True, slots=True)
class Voice:
    """An engine of an assistant."""

    name: str
    identity: str
    engine: TextToSpeech


class Renderer:
    """Renders the sentences of assistants with their own voices; a *dry* one only tells what there is to do."""

    def __init__(self, settings: Settings, pool: Pool, store: Store, *, dry: bool = False) -> None:
        self._settings = settings
        self._pool = pool
        self._store = store
        self._dry = dry

    async def render(self, assistant: Assistant, prompts: Iterable[Prompt]) -> Stream[Outcome]:
        """Yield what becomes of each of *prompts*. Raises `ConfigurationError` or `StoreError`."""
        voices = await self._voices(assistant)
        for prompt in prompts:
            state, engine, reason = State.SKIPPED, "", ""
            if prompt.fixed:
                state, engine, reason = await self._with_one_of(voices, prompt)
            yield Outcome(assistant.name, prompt.language, prompt.text, state, engine, reason)

    async def _voices(self, assistant: Assistant) -> list[Voice]:
        voices = []
        for choice in assistant.engines.tts or map(Choice, self._settings.engines.tts):
            try:
                opened = await self._pool.open(Kind.TTS, choice)
            except ConfigurationError as error:
                raise ConfigurationError(f"assistant {assistant.name}: engines: tts: {error}") from error
            voices.append(Voice(choice.name, identity_of(choice, opened.model), opened.engine))
        return voices

    async def _with_one_of(self, voices: Sequence[Voice], prompt: Prompt) -> tuple[State, str, str]:
        """Render with the first voice that speaks the language, as a call does."""
        state, reason, engine = State.FAILED, "there is no engine", ""
        for voice in voices:
            engine = voice.name
            try:
                return await self._with(voice, prompt), engine, ""
            except ProviderError as error:
                reason = error.reason
                if error.temporary or error.refused:
                    break
        return state, engine, reason

    async def _with(self, voice: Voice, prompt: Prompt) -> State:
        if voice.name == LAST_RESORT[Kind.TTS]:
            return State.SKIPPED
        name = name_of(voice.identity, prompt.text, prompt.language)
        if await self._store.has_speech(name, ahead=True):
            return State.KEPT
        if self._dry:
            return State.MISSING
        speech = await self._store.load_speech(name, within=OUT_OF_CALL)
        state = State.KEPT if speech else State.RENDERED
        speech = speech or await _spoken(voice, prompt)
        if not await self._store.save_speech(name, speech, room=self._settings.redis.speech_room, ahead=True):
            raise ProviderError(voice.name, "no room is left: raise ASSIST_SPEECH_CACHE_MB", temporary=True)
        return state


async def _spoken(voice: Voice, prompt: Prompt) -> bytes:
    async with aclosing(voice.engine.synthesize(prompt.text, prompt.language)) as pieces:
        speech = b"".join([piece async for piece in pieces])
    if not speech:
        raise ProviderError(voice.name, "it made no sound", temporary=True)
    return speech
