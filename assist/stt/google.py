"""Google Cloud Speech-to-Text, version 2: streaming, in G.711 as it comes from the line.

Google tells when it hears silence (an event, or a result that is final in mid-stream), which the line's own ear
knows earlier and better; nothing documented says that it judges by the words. So `Transcript.turn_over` is never set.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import Annotated, Final, cast

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
from assist.errors import ConfigurationError, ProviderError
from assist.provider import Opened
from assist.provider.google import CONNECT, NAME, errors_told, find_account, malformed, open_channel, ready
from assist.settings import Settings
from assist.stt import Pause, Transcript
from assist.stt.google_draft import Draft
from assist.stt.google_upload import Call, Upload

HOST = "speech.googleapis.com"
REGIONS: Final = {"es": "es-ES", "en": "en-US"}
ENCODINGS: Final = {
    Encoding.PCM: ExplicitDecodingConfig.AudioEncoding.LINEAR16,
    Encoding.PCMU: ExplicitDecodingConfig.AudioEncoding.MULAW,
    Encoding.PCMA: ExplicitDecodingConfig.AudioEncoding.ALAW,
}


@dataclass(frozen=True, slots=True, config=STRICT)
class Options:
    """What an assistant may say of it."""

    model: str = "telephony"
    """As Google calls it; it must exist for the languages and the location."""
    location: str = "global"
    """Where speech is processed: ``eu``, ``us`` or a region, as ``europe-west4``."""
    endpoint: str | None = None
    """None: that of the location. ``http://127.0.0.1:PORT`` is a proxy on this machine."""
    regions: dict[str, str] = Field(default_factory=dict)
    """Google's code for a language, as ``es: es-MX``."""
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
        """See `SpeechToText`. What is said between two pauses is one request; see `Upload`."""
        async with aclosing(speech):
            upload = Upload(self._begin, self._opening(languages), self._options.encoding)
            sending = asyncio.create_task(upload.send(speech))
            draft = Draft()
            try:
                async with aclosing(_answers(upload, sending)) as answers:
                    async for answer in answers:
                        if answer is None:
                            draft.settle()
                        elif transcript := draft.feed(answer):
                            yield transcript
                yield draft.final(self._options.alternatives)
            finally:
                sending.cancel()
                await asyncio.wait([sending])
                upload.drop()

    async def _begin(self) -> Call:
        await ready(self._channel)
        # Not by the SDK's client: it holds a request until there is a connection, and cannot be made to let go of it.
        begin = cast(
            "aio.StreamStreamMultiCallable[StreamingRecognizeRequest, StreamingRecognizeResponse]",
            self._service.streaming_recognize,
        )
        return begin()

    def _opening(self, languages: Sequence[str]) -> StreamingRecognizeRequest:
        """Return the first message: what is going to be said, and what to tell of it."""
        options, regions = self._options, {**REGIONS, **self._options.regions}
        if languages[0] not in regions:
            raise ProviderError(NAME, f"no code for language {languages[0]!r}", temporary=False)
        config = RecognitionConfig(
            explicit_decoding_config=ExplicitDecodingConfig(
                encoding=ENCODINGS[options.encoding], sample_rate_hertz=LINE.rate, audio_channel_count=1
            ),
            model=options.model,
            language_codes=[regions[language] for language in languages if language in regions],
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


async def _answers(upload: Upload, sending: asyncio.Task[None]) -> Stream[StreamingRecognizeResponse | None]:
    """Yield what the service tells, and None where a request has ended. Raises what made *sending* fail."""
    try:
        while request := await upload.requests.get():
            async with aclosing(request.answers()) as answers:
                async for answer in answers:
                    yield answer
            yield None
    except ProviderError:
        # A sender that fails drops the requests.
        if sending.done():
            await sending
        raise
    await sending


def _hints(phrases: Sequence[str], boost: float) -> SpeechAdaptation:
    inline = PhraseSet(phrases=[PhraseSet.Phrase(value=phrase) for phrase in phrases], boost=boost)
    return SpeechAdaptation(phrase_sets=[SpeechAdaptation.AdaptationPhraseSet(inline_phrase_set=inline)])
