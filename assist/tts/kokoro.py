"""Embedded neural text to speech: Kokoro-82M. No key, no network, a core for as long as it computes.

A second of speech takes one core 0.4 s: enough for prompts that are rendered ahead, and for a few calls at once.
"""

import asyncio
import os
import re
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from enum import StrEnum
from pathlib import Path
from typing import Protocol

import numpy as np
from pydantic.dataclasses import dataclass

from assist.aio import Stream
from assist.assistant.hours import STRICT
from assist.audio.formats import LINE
from assist.audio.levelling import levelled
from assist.errors import ProviderError
from assist.provider import Opened
from assist.settings import Settings
from assist.tts import kokoro_english, kokoro_reading, kokoro_spanish
from assist.tts.kokoro_model import RATE, Samples, Synthesis, load_model
from assist.tts.kokoro_spanish import Accent
from assist.tts.wording import readable

NAME = "kokoro"

FIRST = 60
"""Characters of the first clause: so soon there is something to hear."""
LONGEST = 180
"""Characters of a later one, about 12 s. It is computed while what comes before is heard."""

EDGE = 4
"""Frames of 10 ms around what is audible: its words begin softly, and with half of it Whisper hears worse."""

PAUSES = {",": 0.12, ";": 0.2, ":": 0.2}
"""Seconds after a clause, by its last character."""
PAUSE_AFTER_SENTENCE = 0.3


class Voice(StrEnum):
    """Who speaks."""

    DORA = "dora"
    ALEX = "alex"


@dataclass(frozen=True, slots=True)
class Tongue:
    """A language."""

    words: Callable[[str], str]
    """Of what is written."""
    symbols: Callable[[str], str]
    """Of those words."""
    voices: Mapping[Voice, str]
    """Whom the model calls so."""


def tongues(accent: Accent) -> Mapping[str, Tongue]:
    """Return the languages it speaks. Who speaks both is a man, or a woman, in both."""
    return {
        "es": Tongue(
            kokoro_reading.words,
            lambda words: kokoro_spanish.symbols(words, accent),
            {Voice.DORA: "ef_dora", Voice.ALEX: "em_alex"},
        ),
        "en": Tongue(
            kokoro_english.words,
            kokoro_english.symbols,
            {Voice.DORA: "af_heart", Voice.ALEX: "am_michael"},
        ),
    }


class Model(Protocol):
    """What computes: slow, called from several threads."""

    def run(self, synthesis: Synthesis) -> Samples: ...


@dataclass(frozen=True, slots=True, config=STRICT)
class Options:
    """What an assistant may say of it."""

    voice: Voice = Voice.DORA
    """``dora``, a woman, or ``alex``, a man; in English they are others."""
    accent: Accent = Accent.SPAIN
    """Of the Spanish: ``es-ES`` or ``es-MX``."""
    threads: int | None = None
    """That compute one clause; by default one, or two where there are four cores and more."""
    directory: Path | None = None
    """Of the model's file, kokoro-v1.0.int8.onnx, if it is not to come from the installed packages."""


class Kokoro:
    """Reads sentences aloud, as many clauses at once as there are cores for; the others queue."""

    def __init__(
        self,
        options: Options | None = None,
        *,
        load: Callable[[Path | None, Sequence[str], int], Model] = load_model,
    ) -> None:
        self._options = options or Options()
        self._load = load
        cores = len(os.sched_getaffinity(0))
        self._threads = self._options.threads or (2 if cores >= 4 else 1)
        self._pool = ThreadPoolExecutor(max(cores // self._threads, 1), thread_name_prefix=NAME)
        self._model: Model | None = None
        self._tongues = tongues(self._options.accent)

    async def load(self) -> None:
        """Read, check and warm the model, which takes a second. Raises `ConfigurationError`."""
        voices = [tongue.voices[self._options.voice] for tongue in self._tongues.values()]
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._pool, kokoro_english.lexicon)
        self._model = await loop.run_in_executor(self._pool, self._load, self._options.directory, voices, self._threads)

    def close(self) -> None:
        """Start no further synthesis."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def synthesize(self, text: str, language: str, *, pace: float = 1.0) -> Stream[bytes]:
        """See `TextToSpeech`. The next clause is computed while the one before is heard."""
        if (tongue := self._tongues.get(language)) is None:
            raise ProviderError(NAME, f"no voice for language {language!r}", temporary=False)
        pause = b""
        for clause in clauses(tongue.words(readable(text))):
            voice = tongue.voices[self._options.voice]
            sound = await self._say(Synthesis.of(tongue.symbols(clause), voice, pace))
            if speech := levelled(_in_16_bit(sound), RATE, EDGE):
                yield pause + speech
                pause = _pause(clause)

    async def _say(self, synthesis: Synthesis) -> Samples:
        """Return the sound at the model's rate. Cancelled, it frees its core at once."""
        if self._model is None:
            raise ProviderError(NAME, "the model is not loaded", temporary=True)
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._pool, self._model.run, synthesis)
        except asyncio.CancelledError:
            synthesis.stop()
            raise
        except Exception as error:  # noqa: BLE001 -- onnxruntime's errors have nothing else in common
            raise ProviderError(NAME, f"the synthesis failed: {type(error).__name__}", temporary=True) from None


@asynccontextmanager
async def opened(options: Options, settings: Settings) -> AsyncIterator[Opened[Kokoro]]:
    """Lend it, loaded. Raises `ConfigurationError`."""
    kokoro = Kokoro(options)
    try:
        await kokoro.load()
        yield Opened(kokoro)
    finally:
        kokoro.close()


def clauses(text: str) -> Iterator[str]:
    """Cut *text* where a voice may breathe: the first clause is short, each later one as long as it may be."""
    longest = FIRST
    while len(text) > longest:
        cut = _cut(text, longest)
        yield text[:cut].strip()
        text, longest = text[cut:].strip(), LONGEST
    if text:
        yield text


def _cut(text: str, longest: int) -> int:
    """Return where the best clause of at most about *longest* characters ends."""
    head = text[: longest + 1]
    for mark in (r"[.?!…;:]\s", r",\s"):
        if ends := [found.end() for found in re.finditer(mark, head)]:
            return ends[-1]
    # A voice that breathes between any two words sounds worse than one that takes longer to begin.
    if later := re.search(r"[.?!…;:,]\s", text[:LONGEST]):
        return later.end()
    return len(text) if len(text) <= LONGEST else text[: LONGEST + 1].rfind(" ") + 1 or LONGEST


def _pause(clause: str) -> bytes:
    return bytes(round(PAUSES.get(clause[-1], PAUSE_AFTER_SENTENCE) * LINE.rate) * LINE.sample_bytes)


def _in_16_bit(sound: Samples) -> bytes:
    return (np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes()
