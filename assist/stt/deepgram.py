"""Deepgram's streaming speech to text, over its websocket."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from urllib.parse import urlencode, urlsplit

from deepgram.listen.v1.types import ListenV1KeepAlive
from pydantic import Field, SecretStr
from pydantic.dataclasses import dataclass

from assist.aio import Stream, race
from assist.assistant.hours import STRICT
from assist.audio.conversion import ToLine
from assist.audio.formats import LINE, Encoding
from assist.audio.g711 import encode, silence
from assist.errors import ConfigurationError, ProviderError
from assist.provider import Opened
from assist.settings import Settings, secret
from assist.stt import Pause, Transcript
from assist.stt.deepgram_draft import NAME, Draft, parse
from assist.stt.deepgram_flux import FluxDraft
from assist.stt.deepgram_nova import NovaDraft
from assist.stt.deepgram_streams import Connection, Request, Streams


@dataclass(frozen=True, slots=True, config=STRICT)
class Options:
    """What an assistant may say of it."""

    model: str = "nova-3"
    """``flux-general-multi`` judges by what was said whether the caller has finished; ``flux-general-en`` likewise."""
    endpoint: str = "wss://api.deepgram.com"
    """Where the service is; ``wss://api.eu.deepgram.com`` keeps what is said in the European Union."""
    regions: dict[str, str] = Field(default_factory=dict)
    """What to ask Nova for in place of a language, as ``es: es-419``."""
    keyterms: tuple[str, ...] = ()
    """Names and words of the business that are easily misheard."""
    endpointing: int = Field(default=500, ge=10)
    """Milliseconds of silence after which Nova holds that the caller has finished."""
    utterance_end: int = Field(default=1000, ge=1000)
    """Milliseconds without a word, however loud, after which Nova holds the same."""
    eot_threshold: float = Field(default=0.7, ge=0.5, le=1.0)
    """How sure Flux has to be that the caller has finished."""
    numerals: bool = True
    """Numbers that are said come as figures."""
    mip_opt_out: bool = False
    """Deepgram does not learn from what callers say; it may cost more."""
    key: str | None = None
    """The name of the variable with the key for an `endpoint` that is not Deepgram's; it ends in ``_API_KEY``."""


class Deepgram:
    """Writes down utterances while they are spoken, each on a stream of its own."""

    def __init__(self, streams: Streams, options: Options) -> None:
        self._streams = streams
        self._options = options
        self._turns = options.model.startswith("flux-")
        self._draft: type[FluxDraft | NovaDraft] = FluxDraft if self._turns else NovaDraft
        self._latest: tuple[str, ...] = ("en",) if options.model.endswith("-en") else ("es",)

    async def transcribe(self, speech: Stream[bytes | Pause], languages: tuple[str, ...]) -> Stream[Transcript]:
        """See `SpeechToText`. A pause asks for the final result; what is said after it is added."""
        async with aclosing(speech), self._streams.lent(self._request(languages)) as stream:
            self._latest = languages
            draft = self._draft(stream.position, languages[0], detect=len(languages) > 1)
            sending = asyncio.create_task(_send(speech, stream, draft))
            try:
                while not draft.complete:
                    if (heard := await _next(stream, draft, sending)) and not draft.complete:
                        yield heard
            finally:
                sending.cancel()
                await asyncio.gather(sending, return_exceptions=True)
        yield draft.final()

    async def warm(self) -> None:
        """Have a stream open for the languages that were spoken last. Raises `ProviderError`."""
        await self._streams.warm(self._request(self._latest))

    def _request(self, languages: tuple[str, ...]) -> Request:
        options = self._options
        common = [
            ("model", options.model),
            ("encoding", "mulaw"),
            ("sample_rate", str(LINE.rate)),
            ("numerals", str(options.numerals).lower()),
            ("mip_opt_out", str(options.mip_opt_out).lower()),
            *(("keyterm", term) for term in options.keyterms),
        ]
        version, own = ("v2", _flux(options, languages)) if self._turns else ("v1", _nova(options, languages))
        url = f"{options.endpoint.rstrip('/')}/{version}/listen?{urlencode(common + own)}"
        return Request(url, None if self._turns else ListenV1KeepAlive(type="KeepAlive"))


def _nova(options: Options, languages: tuple[str, ...]) -> list[tuple[str, str]]:
    asked = [
        ("interim_results", "true"),
        ("punctuate", "true"),
        ("endpointing", str(options.endpointing)),
        ("utterance_end_ms", str(options.utterance_end)),
    ]
    if len(languages) > 1:
        return [*asked, ("language", "multi"), *(("language_hint", language) for language in languages)]
    return [*asked, ("language", options.regions.get(languages[0], languages[0]))]


def _flux(options: Options, languages: tuple[str, ...]) -> list[tuple[str, str]]:
    asked = [("eot_threshold", str(options.eot_threshold))]
    if options.model.endswith("-multi"):
        return [*asked, *(("language_hint", language) for language in languages)]
    if not options.model.endswith(f"-{languages[0]}"):
        raise ProviderError(NAME, f"{options.model} does not know language {languages[0]!r}", temporary=False)
    return asked


async def _send(speech: Stream[bytes | Pause], stream: Connection, draft: Draft) -> None:
    whole = ToLine(LINE)
    async for piece in speech:
        match piece:
            case Pause.BEGAN:
                draft.progress.pause(stream.position)
                await _ask(stream, draft)
            case Pause.OVER:
                draft.progress.resume()
            case bytes():
                await stream.send_audio(encode(whole.feed(piece), Encoding.PCMU))
    paused = draft.progress.voice_until is not None
    draft.progress.end(stream.position)
    if draft.lag and not paused and not draft.complete:
        await stream.send_audio(silence(Encoding.PCMU, round(draft.lag * LINE.rate)))
    await _ask(stream, draft)


async def _ask(stream: Connection, draft: Draft) -> None:
    if draft.unasked:
        draft.ask(stream.position)
        await stream.send(draft.question)


async def _next(stream: Connection, draft: Draft, sending: asyncio.Task[None]) -> Transcript | None:
    """Return what is understood next; None if there is no news, or nothing more to be sent."""
    if sending.done():
        sending.result()
        text: str | bytes | None = await stream.receive()
    else:
        text = await race(stream.receive(), _sent(sending))
    if text is None:
        return None
    heard = draft.hear(parse(text))
    await _ask(stream, draft)
    return heard


async def _sent(sending: asyncio.Task[None]) -> None:
    await asyncio.wait([sending])
    sending.result()


@asynccontextmanager
async def opened(options: Options, settings: Settings) -> AsyncIterator[Opened[Deepgram]]:
    """Lend it, with its streams. Raises `ConfigurationError`."""
    async with Streams(_key(options, settings).get_secret_value()) as streams:
        engine = Deepgram(streams, options)
        yield Opened(engine, options.model, engine.warm)


def _key(options: Options, settings: Settings) -> SecretStr:
    if options.key:
        return secret(options.key)
    host = urlsplit(options.endpoint).hostname or ""
    if not f".{host}".endswith(".deepgram.com"):
        # Whoever writes an assistant must not have the key sent anywhere by its address alone.
        raise ConfigurationError(
            f"deepgram.key: is missing: name the variable with the key for {host or 'the endpoint'}"
        )
    if settings.deepgram.api_key is None:
        raise ConfigurationError("DEEPGRAM_API_KEY: is missing: set it to a key of your Deepgram project")
    return settings.deepgram.api_key
