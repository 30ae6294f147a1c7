"""Google Cloud Speech-to-Text, version 2: streaming, in G.711 as it comes from the line.

Google tells when it hears silence (an event, or a result that is final in mid-stream), which the line's own ear
knows earlier and better; nothing documented says that it judges by the words. So `Transcript.turn_over` is never set.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import field
from itertools import islice, product
from typing import Annotated, Final, TypeAlias, cast

from google.cloud.speech_v2 import (
    ExplicitDecodingConfig,
    ListRecognizersRequest,
    PhraseSet,
    RecognitionConfig,
    RecognitionFeatures,
    SpeechAdaptation,
    StreamingRecognitionConfig,
    StreamingRecognitionFeatures,
    StreamingRecognizeRequest,
    StreamingRecognizeResponse,
)
from google.cloud.speech_v2.services.speech.transports import SpeechGrpcAsyncIOTransport
from grpc import aio
from pydantic import Field
from pydantic.dataclasses import dataclass

from assist.aio import Stream
from assist.assistant.hours import STRICT
from assist.audio.formats import LINE, Encoding
from assist.audio.g711 import encode, silence
from assist.errors import ConfigurationError, ProviderError
from assist.provider import Opened
from assist.provider.google import CONNECT, NAME, errors_told, find_account, malformed, open_channel, ready
from assist.settings import Settings
from assist.stt import Pause, Transcript

HOST = "speech.googleapis.com"
CODES: Final = {"es": "es-ES", "en": "en-US"}
ENCODINGS: Final = {
    Encoding.PCM: ExplicitDecodingConfig.AudioEncoding.LINEAR16,
    Encoding.PCMU: ExplicitDecodingConfig.AudioEncoding.MULAW,
    Encoding.PCMA: ExplicitDecodingConfig.AudioEncoding.ALAW,
}
MOST = 12_800
"""Bytes in one message; the service takes 15 kB."""

Call: TypeAlias = aio.StreamStreamCall[StreamingRecognizeRequest, StreamingRecognizeResponse]


@dataclass(frozen=True, slots=True, config=STRICT)
class Options:
    """What an assistant may say of it."""

    model: str = "telephony"
    """As Google calls it; it must exist for the languages and the location."""
    location: str = "global"
    """Where speech is processed: ``eu``, ``us`` or a region, as ``europe-west4``."""
    endpoint: str | None = None
    """None: that of the location. ``http://127.0.0.1:PORT`` is a proxy on this machine."""
    languages: Mapping[str, str] = field(default_factory=lambda: dict(CODES))
    """Google's code for each language: ``{es: es-MX, en: en-US}``."""
    encoding: Encoding = Encoding.PCMU
    """In which the line's audio is sent: PCMU, PCMA as European lines have it, or PCM."""
    punctuation: bool = True
    alternatives: Annotated[int, Field(ge=1, le=30)] = 5
    """Readings of an utterance, for matching closed answers."""
    phrases: tuple[str, ...] = ()
    """What callers are likely to say: names, products, streets."""
    boost: Annotated[float, Field(gt=0, le=20)] = 10.0
    """How much likelier the phrases are than others that sound like them."""


class GoogleSpeech:
    """Writes down utterances as *recognizer*, a resource's name."""

    def __init__(self, channel: aio.Channel, recognizer: str, options: Options) -> None:
        self._channel = channel
        self._service = SpeechGrpcAsyncIOTransport(channel=channel)
        self._recognizer = recognizer
        self._options = options

    async def warm(self) -> None:
        """Connect, and ask for a list of one, which costs nothing and needs the same role. Raises `ProviderError`."""
        await ready(self._channel)
        ask = cast("aio.UnaryUnaryMultiCallable[ListRecognizersRequest, object]", self._service.list_recognizers)
        parent = self._recognizer.partition("/recognizers/")[0]
        with errors_told():
            if await ask(ListRecognizersRequest(parent=parent, page_size=1), timeout=CONNECT) is None:
                raise malformed()

    async def transcribe(self, speech: Stream[bytes | Pause], languages: tuple[str, ...]) -> Stream[Transcript]:
        """See `SpeechToText`. Pauses make no difference: what was said before them is being worked on already."""
        async with aclosing(speech):
            opening = self._opening(languages)
            await ready(self._channel)
            call = self._begun()
            over = asyncio.Event()
            sending = asyncio.create_task(_send(call, opening, speech, Wire(self._options.encoding), over))
            draft = Draft()
            try:
                async with aclosing(_answers(call, sending)) as answers:
                    async for answer in answers:
                        if transcript := draft.feed(answer):
                            yield transcript
                if not over.is_set():
                    raise ProviderError(NAME, "the service stopped listening in mid-speech", temporary=True)
                yield draft.final(self._options.alternatives)
            finally:
                call.cancel()
                sending.cancel()
                await asyncio.wait([sending])

    def _begun(self) -> Call:
        # Not by the SDK's client: it holds a request until there is a connection, and cannot be made to let go of it.
        begin = cast(
            "aio.StreamStreamMultiCallable[StreamingRecognizeRequest, StreamingRecognizeResponse]",
            self._service.streaming_recognize,
        )
        return begin()

    def _opening(self, languages: Sequence[str]) -> StreamingRecognizeRequest:
        """Return the first message: what is going to be said, and what to tell of it."""
        options = self._options
        if languages[0] not in options.languages:
            raise ProviderError(NAME, f"no code for language {languages[0]!r}", temporary=False)
        config = RecognitionConfig(
            explicit_decoding_config=ExplicitDecodingConfig(
                encoding=ENCODINGS[options.encoding], sample_rate_hertz=LINE.rate, audio_channel_count=1
            ),
            model=options.model,
            language_codes=[options.languages[language] for language in languages if language in options.languages],
            features=RecognitionFeatures(
                enable_automatic_punctuation=options.punctuation, max_alternatives=options.alternatives
            ),
        )
        if options.phrases:
            config.adaptation = _hints(options.phrases, options.boost)
        return StreamingRecognizeRequest(
            recognizer=self._recognizer,
            streaming_config=StreamingRecognitionConfig(
                config=config, streaming_features=StreamingRecognitionFeatures(interim_results=True)
            ),
        )


@asynccontextmanager
async def opened(options: Options, settings: Settings) -> AsyncIterator[Opened[GoogleSpeech]]:
    """Lend it, with one connection for all calls. Raises `ConfigurationError`."""
    account = await find_account(settings.google)
    if account.project is None:
        raise ConfigurationError("GOOGLE_CLOUD_PROJECT: is missing, and the key file names none: set it")
    regional = HOST if options.location == "global" else f"{options.location}-{HOST}"
    async with open_channel(options.endpoint or regional, HOST, account.credentials) as channel:
        recognizer = f"projects/{account.project}/locations/{options.location}/recognizers/_"
        engine = GoogleSpeech(channel, recognizer, options)
        yield Opened(engine, options.model, engine.warm)


class Wire:
    """Makes messages of `LINE` audio that comes in pieces, cut anywhere."""

    def __init__(self, encoding: Encoding) -> None:
        self._encoding = encoding
        self._begun = b""
        """The first byte of a sample whose second has not come yet."""
        self._empty = True

    def feed(self, pcm: bytes) -> Iterator[StreamingRecognizeRequest]:
        """Yield what to send of *pcm*."""
        audio = self._begun + pcm
        whole = len(audio) // LINE.sample_bytes * LINE.sample_bytes
        self._begun = audio[whole:]
        encoded = encode(audio[:whole], self._encoding)
        for start in range(0, len(encoded), MOST):
            self._empty = False
            yield StreamingRecognizeRequest(audio=encoded[start : start + MOST])

    def flush(self) -> Iterator[StreamingRecognizeRequest]:
        """Yield what to send at the end of all."""
        if self._empty:
            # What a stream without any audio would come to is nowhere written.
            yield StreamingRecognizeRequest(audio=silence(self._encoding, LINE.rate // 10))


class Draft:
    """What was understood so far."""

    def __init__(self) -> None:
        self._settled: list[tuple[str, ...]] = []
        """The readings of each part that will not change any more."""
        self._pending = ""
        self._language = ""

    def feed(self, answer: StreamingRecognizeResponse) -> Transcript | None:
        """Return what is understood now, if *answer* changes it."""
        if not answer.results:
            return None
        pending = []
        for result in answer.results:
            readings = tuple(filter(None, (reading.transcript.strip() for reading in result.alternatives)))
            self._language = result.language_code.partition("-")[0].lower() or self._language
            if readings and result.is_final:
                self._settled.append(readings)
            elif readings:
                pending.append(readings[0])
        self._pending = " ".join(pending)
        parts = [*(readings[0] for readings in self._settled), self._pending]
        return Transcript(" ".join(filter(None, parts)), language=self._language, final=False)

    def final(self, most: int) -> Transcript:
        """Return what was understood, with *most* readings at most, once nothing more will come."""
        parts = [*self._settled, *([(self._pending,)] if self._pending else [])]
        if not parts:
            return Transcript("", language=self._language)
        readings = tuple(" ".join(reading) for reading in islice(product(*parts), most))
        return Transcript(readings[0], readings, self._language)


async def _send(
    call: Call, opening: StreamingRecognizeRequest, speech: Stream[bytes | Pause], wire: Wire, over: asyncio.Event
) -> None:
    """Send what is said, and set *over* at its end. If the service ends the request, its answers tell why."""
    try:
        await call.write(opening)
        async for piece in speech:
            for message in wire.feed(piece) if isinstance(piece, bytes) else ():
                await call.write(message)
        for message in wire.flush():
            await call.write(message)
        over.set()
        await call.done_writing()
    except (aio.AioRpcError, asyncio.InvalidStateError):
        return
    except Exception:
        call.cancel()
        raise


async def _answers(call: Call, sending: asyncio.Task[None]) -> Stream[StreamingRecognizeResponse]:
    """Yield what the service tells. Raises `ProviderError`, and what made *sending* fail."""
    try:
        with errors_told(call):
            while (answer := await call.read()) is not aio.EOF:
                if not isinstance(answer, StreamingRecognizeResponse):
                    raise malformed()
                yield answer
    except asyncio.CancelledError:
        # A sender that fails cancels the call, too.
        if sending.done() and not sending.cancelled() and (error := sending.exception()):
            raise error from None
        raise


def _hints(phrases: Sequence[str], boost: float) -> SpeechAdaptation:
    inline = PhraseSet(phrases=[PhraseSet.Phrase(value=phrase) for phrase in phrases], boost=boost)
    return SpeechAdaptation(phrase_sets=[SpeechAdaptation.AdaptationPhraseSet(inline_phrase_set=inline)])
