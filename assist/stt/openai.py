"""OpenAI's speech to text, one upload per utterance, and any server with the same ``/audio/transcriptions``.

Models named ``gpt-…`` tell their words as they are found; others are asked as ``whisper-1`` is, and answer at once.
"""

import asyncio
import io
import wave
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress

from httpx2 import HTTPError
from openai import AsyncOpenAI, AsyncStream, OpenAIError, omit
from openai.types.audio import (
    TranscriptionStreamEvent,
    TranscriptionTextDeltaEvent,
    TranscriptionTextDoneEvent,
    TranscriptionVerbose,
)
from pydantic.dataclasses import dataclass

from assist.aio import Stream, race
from assist.assistant.hours import STRICT
from assist.audio.formats import LINE, LINE_BYTES_PER_SECOND
from assist.errors import ProviderError
from assist.provider import Opened
from assist.provider.openai import NAME, failure, greet, openai_client
from assist.settings import Settings
from assist.stt import Pause, Transcript

SHORTEST = LINE_BYTES_PER_SECOND // 10
"""Bytes below which the service refuses to listen."""
DOUBTFUL = -1.0
"""The mean logarithm of the probability of the words below which they may be made up."""
NO_SPEECH = 0.6
"""The probability that a segment is no speech from which on doubtful words are none."""

END = 0.25
"""Seconds that the end of an answer may take, once all was said."""

LANGUAGES = {"spanish": "es", "english": "en"}
"""What ``whisper-1`` calls them."""


@dataclass(frozen=True, slots=True, config=STRICT)
class Options:
    """What an assistant may say of it."""

    model: str = "gpt-transcribe"
    """The others that OpenAI has are announced to end on 2027-02-26."""
    keywords: tuple[str, ...] = ()
    """Names and words of the business that are easily misheard; for ``gpt-transcribe``."""
    base_url: str | None = None
    """None: that of the settings."""
    key: str | None = None
    """The name of the variable with the key for another `base_url`; it ends in ``_API_KEY``."""


class OpenAITranscription:
    """Writes down utterances that are uploaded at the caller's pauses."""

    def __init__(self, client: AsyncOpenAI, options: Options) -> None:
        self._client = client
        self._options = options

    async def transcribe(self, speech: Stream[bytes | Pause], languages: tuple[str, ...]) -> Stream[Transcript]:
        """See `SpeechToText`. A pause starts the upload; only what is said after it makes that void."""
        news: asyncio.Queue[Transcript] = asyncio.Queue()
        async with aclosing(speech):
            hearing = asyncio.create_task(self._hear(speech, languages, news))
            try:
                while not hearing.done():
                    if partial := await race(news.get(), _nothing_more(hearing)):
                        yield partial
                final = hearing.result()
            finally:
                hearing.cancel()
                await asyncio.gather(hearing, return_exceptions=True)
        yield final

    async def _hear(
        self, speech: Stream[bytes | Pause], languages: tuple[str, ...], news: asyncio.Queue[Transcript]
    ) -> Transcript:
        audio = bytearray()
        upload: asyncio.Task[Transcript] | None = None
        try:
            async with asyncio.TaskGroup() as uploads:
                async for piece in speech:
                    if isinstance(piece, bytes):
                        audio += piece
                        continue
                    if upload:
                        upload.cancel()
                    upload = None
                    if piece is Pause.BEGAN:
                        upload = uploads.create_task(self._write(bytes(audio), languages, news))
                upload = upload or uploads.create_task(self._write(bytes(audio), languages, news))
        except* ProviderError as failures:
            raise failures.exceptions[0] from None
        return upload.result()

    async def _write(self, audio: bytes, languages: tuple[str, ...], news: asyncio.Queue[Transcript]) -> Transcript:
        if len(audio) < SHORTEST:
            return Transcript("", language=languages[0])
        write = self._stream if self._options.model.startswith("gpt-") else self._whole
        try:
            return await write(_wav(audio), languages, news)
        except (OpenAIError, HTTPError, ValueError, TypeError, AttributeError) as error:
            # Without its cause: what a server answers may hold words of the caller, or the key.
            raise failure(error) from None

    async def _stream(self, speech: bytes, languages: tuple[str, ...], news: asyncio.Queue[Transcript]) -> Transcript:
        many = self._options.model.startswith("gpt-transcribe")
        spoken = _only(languages)
        events = await self._client.audio.transcriptions.create(
            file=("speech.wav", speech, "audio/wav"),
            model=self._options.model,
            response_format="json",
            include=omit if many else ["logprobs"],
            language=omit if many else spoken or omit,
            languages=list(languages) if many else omit,
            keywords=list(self._options.keywords) if many and self._options.keywords else omit,
            stream=True,
        )
        text = ""
        async with events:
            async for event in events:
                match event:
                    case TranscriptionTextDeltaEvent():
                        text += event.delta
                        news.put_nowait(Transcript(text, language=spoken, final=False))
                    case TranscriptionTextDoneEvent():
                        await _end(events)
                        return _streamed(event, spoken)
        raise ProviderError(NAME, "the transcript broke off", temporary=True)

    async def _whole(self, speech: bytes, languages: tuple[str, ...], news: asyncio.Queue[Transcript]) -> Transcript:
        told = await self._client.audio.transcriptions.create(
            file=("speech.wav", speech, "audio/wav"),
            model=self._options.model,
            response_format="verbose_json",
            language=_only(languages) or omit,
        )
        text = " ".join(_certain(told)) if told.segments else told.text.strip()
        return _transcript(text, LANGUAGES.get(told.language.casefold(), _only(languages)))


@asynccontextmanager
async def opened(options: Options, settings: Settings) -> AsyncIterator[Opened[OpenAITranscription]]:
    """Lend it, with one client for all calls. Raises `ConfigurationError`."""
    async with openai_client(settings.openai, options.base_url, options.key) as client:
        yield Opened(OpenAITranscription(client, options), options.model, lambda: greet(client, options.model))


async def _end(events: AsyncStream[TranscriptionStreamEvent]) -> None:
    """Read what little follows the last event: only then can the connection be used again."""
    with suppress(TimeoutError, HTTPError, OpenAIError, ValueError):
        async with asyncio.timeout(END):
            async for _ in events:
                pass


def _streamed(done: TranscriptionTextDoneEvent, spoken: str) -> Transcript:
    found = [language.code for language in done.languages or ()]
    sure = [token.logprob for token in done.logprobs or () if token.logprob is not None]
    made_up = bool(sure) and sum(sure) / len(sure) < DOUBTFUL
    return _transcript("" if made_up else done.text.strip(), found[0].partition("-")[0] if found else spoken)


def _certain(told: TranscriptionVerbose) -> list[str]:
    return [
        segment.text.strip()
        for segment in told.segments or ()
        if segment.no_speech_prob <= NO_SPEECH or segment.avg_logprob >= DOUBTFUL
    ]


def _transcript(text: str, language: str) -> Transcript:
    return Transcript(text, (text,) if text else (), language)


def _only(languages: tuple[str, ...]) -> str:
    """Return the language that is spoken for sure; empty if it may be one of several."""
    return languages[0] if len(languages) == 1 else ""


def _wav(audio: bytes) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(LINE.sample_bytes)
        sound.setframerate(LINE.rate)
        sound.writeframes(audio[: len(audio) // LINE.sample_bytes * LINE.sample_bytes])
    return file.getvalue()


async def _nothing_more(hearing: asyncio.Task[Transcript]) -> None:
    await asyncio.wait([hearing])
