"""What can be said of every engine: whether it is installed, has its key, answers, and how soon."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import aclosing
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from assist.aio import Stream
from assist.assistant import Assistant, Assistants
from assist.assistant.choice import Choice
from assist.audio.formats import LINE_BYTES_PER_SECOND
from assist.engines.pool import Pool
from assist.engines.table import LAST_RESORT, TABLES
from assist.errors import ConfigurationError, ProviderError
from assist.llm import Brains, Dialog, Message, Speaker
from assist.provider import Kind, Opened
from assist.settings import Settings
from assist.stt import Pause, SpeechToText
from assist.tts import TextToSpeech

SENTENCE = "Buenos días, ¿a qué hora abren mañana por la mañana?"
LANGUAGE = "es"
PATIENCE = 15.0
"""Seconds for one engine to connect, and for one probe of it."""


class State(StrEnum):
    READY = "ready"
    UNUSABLE = "unusable"
    """A package, a key or an option is missing or wrong."""
    REFUSED = "refused"
    """The provider does not accept the key."""
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class Finding:
    """One engine, with one set of options."""

    kind: Kind
    engine: str
    options: dict[str, Any]
    used_by: tuple[str, ...]
    """Names of assistants; ``settings`` if it is the installation's choice, ``last resort``."""
    state: State = State.READY
    reason: str = ""
    """Why it is not ready, with the mend."""
    model: str = ""
    connect_ms: int | None = None
    """Until it answered that the key is good."""
    first_ms: int | None = None
    """Of a probe: until the first audio, text or transcript."""
    total_ms: int | None = None
    result: str = ""
    """Of a probe: what was heard or answered, or the seconds of speech."""


async def survey(settings: Settings, *, probe: bool, unchosen: bool = True) -> AsyncIterator[Finding]:
    """Yield what is found out about each engine there is, and each that is chosen, one after the other.

    Without *unchosen* only about those that the settings or an assistant chose.
    *probe* lets each voice say a sentence, each ear hear it, and each brain answer it: hosted engines charge for it.
    """
    assistants = list(Assistants(settings.files.assistants_dir).sound())
    async with Pool(settings) as pool:
        spoken = await _spoken(pool) if probe else b""
        for finding in list(_listed(settings, assistants)):
            if not (finding.used_by or unchosen):
                continue
            yield await _found(pool, finding, assistants[:1] if probe else None, spoken)


def _listed(settings: Settings, assistants: list[Assistant]) -> Iterator[Finding]:
    """Yield what is to be looked at: all engines as they are by default, and those with options as somebody chose."""
    for kind, table in TABLES.items():
        users: dict[str, tuple[Choice, list[str]]] = {name: (Choice(name), []) for name in table}
        for name in getattr(settings.engines, kind):
            users.setdefault(name, (Choice(name), []))[1].append("settings")
        if settings.engines.last_resort:
            users[LAST_RESORT[kind]][1].append("last resort")
        for assistant in assistants:
            for choice in getattr(assistant.engines, kind):
                key = f"{choice.name} {dict(choice.options)}" if choice.options else choice.name
                users.setdefault(key, (choice, []))[1].append(assistant.name)
        for choice, names in users.values():
            yield Finding(kind, choice.name, dict(choice.options), tuple(names))


async def _found(pool: Pool, finding: Finding, probed: list[Assistant] | None, spoken: bytes) -> Finding:
    clock = asyncio.get_running_loop().time
    try:
        opened = await pool.open(finding.kind, Choice(finding.engine, finding.options))
        begun = clock()
        async with asyncio.timeout(PATIENCE):
            await opened.warm()
        found = replace(finding, model=opened.model, connect_ms=round((clock() - begun) * 1000))
        if probed is None:
            return found
        async with asyncio.timeout(PATIENCE):
            return await _PROBES[finding.kind](found, opened, probed, spoken)
    except ConfigurationError as error:
        return replace(finding, state=State.UNUSABLE, reason=str(error))
    except ProviderError as error:
        return replace(finding, state=State.REFUSED if error.refused else State.UNREACHABLE, reason=str(error))
    except TimeoutError:
        return replace(finding, state=State.UNREACHABLE, reason=f"no answer in {PATIENCE:g} s")


async def _spoken(pool: Pool) -> bytes:
    """Return the sentence for the ears, in the embedded voice; empty where that is not installed."""
    try:
        voice = await pool.open(Kind.TTS, Choice(LAST_RESORT[Kind.TTS]))
        async with aclosing(voice.engine.synthesize(SENTENCE, LANGUAGE)) as audio:
            return b"".join([piece async for piece in audio])
    except (ConfigurationError, ProviderError):
        return b""


async def _probe_voice(found: Finding, opened: Opened[TextToSpeech], _: list[Assistant], __: bytes) -> Finding:
    watch = _Watch()
    size = 0
    async with aclosing(opened.engine.synthesize(SENTENCE, LANGUAGE)) as audio:
        async for piece in audio:
            watch.first()
            size += len(piece)
    return watch.told(found, f"{size / LINE_BYTES_PER_SECOND:.1f} s of speech")


async def _probe_ear(found: Finding, opened: Opened[SpeechToText], _: list[Assistant], spoken: bytes) -> Finding:
    if not spoken:
        return replace(found, result="not probed: there is no embedded voice to say anything")
    watch, text = _Watch(), ""
    async with aclosing(opened.engine.transcribe(_once(spoken), (LANGUAGE,))) as transcripts:
        async for transcript in transcripts:
            watch.first()
            text = transcript.text
    return watch.told(found, text)


async def _probe_brain(found: Finding, opened: Opened[Brains], assistants: list[Assistant], _: bytes) -> Finding:
    if not assistants:
        return replace(found, result="not probed: there is no assistant to be")
    watch, text = _Watch(), ""
    dialog = Dialog(LANGUAGE, [Message(Speaker.CALLER, SENTENCE, (SENTENCE,))])
    async with aclosing(opened.engine(assistants[0]).reply(dialog)) as reply:
        async for part in reply:
            if isinstance(part, str):
                watch.first()
                text += part
    return watch.told(found, text)


_PROBES: dict[Kind, Callable[[Finding, Opened[Any], list[Assistant], bytes], Awaitable[Finding]]] = {
    Kind.STT: _probe_ear,
    Kind.LLM: _probe_brain,
    Kind.TTS: _probe_voice,
}


class _Watch:
    """Times one probe."""

    def __init__(self) -> None:
        self._clock = asyncio.get_running_loop().time
        self._begun = self._clock()
        self._first: int | None = None

    def first(self) -> None:
        self._first = self._first or self._elapsed()

    def told(self, found: Finding, result: str) -> Finding:
        return replace(found, first_ms=self._first, total_ms=self._elapsed(), result=result)

    def _elapsed(self) -> int:
        return round((self._clock() - self._begun) * 1000)


async def _once(audio: bytes) -> Stream[bytes | Pause]:
    yield audio
