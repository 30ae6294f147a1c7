"""Google Cloud Text-to-Speech, at the line's 8 kHz: streaming where the voice can, else sentence by sentence."""

import asyncio
import io
import wave
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import Annotated, Final, TypeAlias, cast

from google.cloud.texttospeech_v1 import (
    AudioConfig,
    AudioEncoding,
    ListVoicesRequest,
    ListVoicesResponse,
    StreamingAudioConfig,
    StreamingSynthesisInput,
    StreamingSynthesizeConfig,
    StreamingSynthesizeRequest,
    StreamingSynthesizeResponse,
    SynthesisInput,
    SynthesizeSpeechRequest,
    SynthesizeSpeechResponse,
    VoiceSelectionParams,
)
from google.cloud.texttospeech_v1.services.text_to_speech.transports import TextToSpeechGrpcAsyncIOTransport
from grpc import aio
from pydantic import Field, StringConstraints
from pydantic.dataclasses import dataclass

from assist.aio import Stream
from assist.assistant.hours import STRICT
from assist.audio.formats import LINE
from assist.errors import ProviderError
from assist.provider import Opened
from assist.provider.google import CONNECT, NAME, endings, errors_told, find_account, malformed, open_channel, ready
from assist.settings import Settings
from assist.tts.sound import Sound
from assist.tts.wording import readable

HOST = "texttospeech.googleapis.com"
VOICES: Final = {"es": "es-ES-Chirp3-HD-Aoede", "en": "en-US-Chirp3-HD-Aoede"}
STREAMING = "-Chirp3-HD-"
"""In the names of the voices that can be heard before they have ended."""
SLOWEST, FASTEST = 0.25, 2.0
"""Paces that the service takes."""
PROFILE = "telephony-class-application"
"""The service's name for sound that is meant for a telephone; for voices that do not stream."""

VoiceName: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}-[A-Za-z0-9]{2,4}-.+$")]
Synthesis: TypeAlias = aio.StreamStreamCall[StreamingSynthesizeRequest, StreamingSynthesizeResponse]


@dataclass(frozen=True, slots=True, config=STRICT)
class Options:
    """What an assistant may say of it."""

    voices: dict[str, VoiceName] = Field(default_factory=dict)
    """By language, as ``es: es-US-Neural2-A``. Those named ``…-Chirp3-HD-…`` are heard before they have ended."""
    endpoint: str | None = None
    """None: Google's. ``eu-texttospeech.googleapis.com`` is in Europe; ``http://127.0.0.1:PORT`` a proxy here."""


class GoogleVoice:
    """Reads sentences aloud in *voices*, which are Google's names by language."""

    def __init__(self, channel: aio.Channel, voices: Mapping[str, str]) -> None:
        self._channel = channel
        self._service = TextToSpeechGrpcAsyncIOTransport(channel=channel)
        self._voices = voices

    async def warm(self) -> None:
        """Connect, and see that the voices are there. Raises `ProviderError`."""
        await ready(self._channel)
        wanted = set(self._voices.values())
        known = await asyncio.gather(*map(self._known, {_code(voice) for voice in wanted}))
        if missing := sorted(wanted.difference(*known)):
            raise ProviderError(NAME, f"no voice {' or '.join(missing)}", temporary=False)

    async def _known(self, code: str) -> list[str]:
        """Return the voices of a language."""
        ask = cast("aio.UnaryUnaryMultiCallable[ListVoicesRequest, object]", self._service.list_voices)
        with errors_told():
            answer = await ask(ListVoicesRequest(language_code=code), timeout=CONNECT)
        if not isinstance(answer, ListVoicesResponse):
            raise malformed()
        return [voice.name for voice in answer.voices]

    async def synthesize(self, text: str, language: str, *, pace: float = 1.0) -> Stream[bytes]:
        """See `TextToSpeech`. Closing it ends the request."""
        if language not in self._voices:
            raise ProviderError(NAME, f"no voice for language {language!r}", temporary=False)
        if not (words := readable(text)):
            return
        await ready(self._channel)
        voice, rate = self._voices[language], min(max(pace, SLOWEST), FASTEST)
        speak = self._streamed if STREAMING in voice else self._whole
        sound = Sound(NAME, LINE)
        async with aclosing(speak(words, voice, rate)) as pieces:
            async for piece in pieces:
                if said := sound.feed(piece):
                    yield said
        if said := sound.flush():
            yield said

    async def _streamed(self, text: str, voice: str, rate: float) -> Stream[bytes]:
        config = StreamingSynthesizeConfig(
            voice=_selected(voice),
            streaming_audio_config=StreamingAudioConfig(
                audio_encoding=AudioEncoding.PCM, sample_rate_hertz=LINE.rate, speaking_rate=rate
            ),
        )
        call = self._asked(
            StreamingSynthesizeRequest(streaming_config=config),
            StreamingSynthesizeRequest(input=StreamingSynthesisInput(text=text)),
        )
        noted = endings(call)
        try:
            with errors_told(noted):
                while (answer := await call.read()) is not aio.EOF:
                    if not isinstance(answer, StreamingSynthesizeResponse):
                        raise malformed()
                    yield answer.audio_content
        finally:
            call.cancel()

    def _asked(self, *messages: StreamingSynthesizeRequest) -> Synthesis:
        # Not by the SDK's client: it holds a request until there is a connection, and cannot be made to let go of it.
        begin = cast(
            "aio.StreamStreamMultiCallable[StreamingSynthesizeRequest, StreamingSynthesizeResponse]",
            self._service.streaming_synthesize,
        )
        return begin(iter(messages))

    async def _whole(self, text: str, voice: str, rate: float) -> Stream[bytes]:
        request = SynthesizeSpeechRequest(
            input=SynthesisInput(text=text),
            voice=_selected(voice),
            audio_config=AudioConfig(
                audio_encoding=AudioEncoding.LINEAR16,
                sample_rate_hertz=LINE.rate,
                speaking_rate=rate,
                effects_profile_id=[PROFILE],
            ),
        )
        ask = cast("aio.UnaryUnaryMultiCallable[SynthesizeSpeechRequest, object]", self._service.synthesize_speech)
        with errors_told():
            answer = await ask(request)
        if not isinstance(answer, SynthesizeSpeechResponse):
            raise malformed()
        yield _unwrapped(answer.audio_content)


@asynccontextmanager
async def opened(options: Options, settings: Settings) -> AsyncIterator[Opened[GoogleVoice]]:
    """Lend it, with one connection for all calls. Raises `ConfigurationError`."""
    account = await find_account(settings.google)
    voices = {**VOICES, **options.voices}
    async with open_channel(options.endpoint or HOST, HOST, account.credentials) as channel:
        engine = GoogleVoice(channel, voices)
        yield Opened(engine, next(iter((options.voices or voices).values())), engine.warm)


def _code(voice: str) -> str:
    """Return the language and region that a voice's name begins with."""
    return "-".join(voice.split("-")[:2])


def _selected(voice: str) -> VoiceSelectionParams:
    return VoiceSelectionParams(language_code=_code(voice), name=voice)


def _unwrapped(content: bytes) -> bytes:
    """Return the samples in a WAV file, which must be `LINE`."""
    try:
        with wave.open(io.BytesIO(content)) as file:
            form = (file.getframerate(), file.getsampwidth(), file.getnchannels())
            samples = bytes(file.readframes(file.getnframes()))
    except (wave.Error, EOFError):
        raise malformed() from None
    if form != (LINE.rate, LINE.sample_bytes, 1):
        raise malformed()
    return samples
