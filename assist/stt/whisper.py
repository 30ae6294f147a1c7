"""Embedded speech to text: Whisper base in a few threads of this process. No key, no network."""

import asyncio
import os
import re
from collections.abc import AsyncIterator, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Protocol

from pydantic.dataclasses import dataclass

from assist.aio import Stream
from assist.assistant.hours import STRICT
from assist.errors import ProviderError
from assist.provider import Opened
from assist.settings import Settings
from assist.stt import Pause, Transcript
from assist.stt.whisper_model import Reading, load_model

NAME = "whisper"


class Model(Protocol):
    """What decodes: slow, called from several threads."""

    def read(self, speech: bytes, languages: tuple[str, ...]) -> Reading: ...


class Whisper:
    """Writes down utterances, *decodes* of them at once (default: one for each core); the others queue.

    *directory* holds the model's files, if they are not to come from the installed packages.
    """

    def __init__(
        self,
        directory: Path | None = None,
        *,
        decodes: int | None = None,
        load: Callable[[Path | None, int], Model] = load_model,
    ) -> None:
        self._directory = directory
        self._decodes = decodes or len(os.sched_getaffinity(0))
        self._load = load
        self._pool = ThreadPoolExecutor(self._decodes, thread_name_prefix=NAME)
        self._model: Model | None = None

    async def load(self) -> None:
        """Read, check and warm the model, which takes seconds. Raises `ConfigurationError`."""
        loop = asyncio.get_running_loop()
        self._model = await loop.run_in_executor(self._pool, self._load, self._directory, self._decodes)

    def close(self) -> None:
        """Start no further decode."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def transcribe(self, speech: Stream[bytes | Pause], languages: tuple[str, ...]) -> Stream[Transcript]:
        """See `SpeechToText`. A pause starts the decode; only what is said after it makes that void."""
        audio = bytearray()
        decode: asyncio.Future[Transcript] | None = None
        try:
            async with aclosing(speech):
                async for piece in speech:
                    if isinstance(piece, bytes):
                        audio += piece
                        continue
                    if decode:
                        decode.cancel()
                    decode = self._start(bytes(audio), languages) if piece is Pause.BEGAN else None
            decode = decode or self._start(bytes(audio), languages)
            yield await decode
        finally:
            if decode:
                # One that still queues will not run; one that runs ends by itself, and nobody waits for it.
                decode.cancel()

    def _start(self, audio: bytes, languages: tuple[str, ...]) -> asyncio.Future[Transcript]:
        if self._model is None:
            raise ProviderError(NAME, "the model is not loaded", temporary=True)
        decode = asyncio.get_running_loop().run_in_executor(self._pool, _decode, self._model, audio, languages)
        # A decode that fails after it was dropped is nobody's concern.
        decode.add_done_callback(lambda done: done.cancelled() or done.exception())
        return decode


@dataclass(frozen=True, slots=True, config=STRICT)
class Options:
    """What an assistant may say of it."""

    directory: Path | None = None
    """Of the model's files, if they are not to come from the installed packages."""


@asynccontextmanager
async def opened(options: Options, settings: Settings) -> AsyncIterator[Opened[Whisper]]:
    """Lend it, loaded. Raises `ConfigurationError`."""
    whisper = Whisper(options.directory)
    try:
        await whisper.load()
        yield Opened(whisper)
    finally:
        whisper.close()


def _decode(model: Model, audio: bytes, languages: tuple[str, ...]) -> Transcript:
    try:
        reading = model.read(audio, languages)
    except ValueError as error:
        raise ProviderError(NAME, f"cannot decode in language {languages[0]!r}", temporary=False) from error
    except RuntimeError as error:
        raise ProviderError(NAME, "the decoder failed", temporary=True) from error
    if not reading.is_speech:
        return Transcript("", language=languages[0])
    return Transcript(reading.texts[0], distinct(reading.texts), reading.language)


def distinct(readings: Iterable[str]) -> tuple[str, ...]:
    """Return the *readings* that differ in more than punctuation and capitals."""
    first: dict[str, str] = {}
    for reading in readings:
        first.setdefault(" ".join(re.findall(r"\w+", reading.casefold())), reading)
    return tuple(first.values())
