"""Amazon Polly, streamed, in the line's own format.

Each sentence is one request: Polly's stream in both directions needs HTTP/2 of the client, which Amazon's library for
Python has not.
"""

import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Final, Literal, cast
from xml.sax.saxutils import escape

from aiobotocore.config import AioConfig
from aiobotocore.session import AioSession, get_session
from botocore.exceptions import BotoCoreError
from pydantic import Field
from pydantic.dataclasses import dataclass

from assist.aio import Stream
from assist.assistant.hours import STRICT
from assist.audio.formats import LINE
from assist.errors import ConfigurationError, ProviderError
from assist.provider import Opened
from assist.provider.aws import FAILURES, failure
from assist.settings import Settings
from assist.tts.sound import Sound
from assist.tts.wording import readable

if TYPE_CHECKING:
    from types_aiobotocore_polly import PollyClient
    from types_aiobotocore_polly.literals import VoiceIdType
    from types_aiobotocore_polly.type_defs import SynthesizeSpeechInputTypeDef

NAME: Final = "polly"

# Below that, the library logs the key's name and what is said to callers.
logging.getLogger("botocore").setLevel(logging.INFO)

VOICES: Final = {"es": "Lucia", "en": "Joanna"}
"""By language: of Spain and of the United States, both in every engine but long-form."""

SLOWEST, FASTEST = 20, 200
"""Per cent of the usual rate that Polly takes."""

PIECE: Final = LINE.rate // 10 * LINE.sample_bytes
"""Bytes read at once, if so many are there."""

CONNECTION: Final = AioConfig(
    connect_timeout=3,
    read_timeout=10,
    # Whether to ask again, or somebody else, is not decided here.
    retries={"total_max_attempts": 1},
    # Each sentence that is being spoken holds one; the calls of one worker must not wait for each other's.
    max_pool_connections=100,
    # Seconds until the next turn; the library's own 12 are soon over.
    connector_args={"keepalive_timeout": 60},
    # Reading its model of the service takes tenths of a second, in which no call would move.
    warm_up_loader_caches=True,
)


@dataclass(frozen=True, slots=True, config=STRICT)
class Options:
    """What an assistant may say of it."""

    voices: dict[str, str] = Field(default_factory=dict)
    """By language, as ``es: Mia`` for Mexico or `"""
    engine: Literal["neural", "generative", "long-form", "standard"] = "neural"
    """Every voice has some of them only, and every region too."""
    region: str | None = None
    """None: that of the settings, or of the profile."""
    endpoint: str | None = None
    """None: Amazon's own in the region."""


class Polly:
    """Reads sentences aloud with *client*."""

    def __init__(self, client: "PollyClient", options: Options) -> None:
        self._client = client
        self._engine = options.engine
        # There may be more voices than the library has heard of; `warm` asks.
        self._voices = cast("dict[str, VoiceIdType]", {**VOICES, **options.voices})

    async def synthesize(self, text: str, language: str, *, pace: float = 1.0) -> Stream[bytes]:
        """See `TextToSpeech`. Closing it ends the request."""
        if language not in self._voices:
            raise ProviderError(NAME, f"no voice for language {language!r}", temporary=False)
        if not (words := readable(text)):
            return
        sound = Sound(NAME, LINE)
        try:
            answer = await self._client.synthesize_speech(**self._request(words, language, pace))
            async with answer["AudioStream"] as body:
                sound.announce(answer.get("ContentType", ""))
                async for piece in body.iter_chunks(PIECE):
                    if said := sound.feed(piece):
                        yield said
        except FAILURES as error:
            # Without its cause: what a server answers may hold words of the caller.
            raise failure(NAME, error) from None
        yield sound.flush()

    async def warm(self) -> None:
        """Connect, and see that the voices are there. Raises `ProviderError`."""
        try:
            pages = self._client.get_paginator("describe_voices").paginate(Engine=self._engine)
            known = {voice["Id"] async for page in pages for voice in page.get("Voices", ())}
        except FAILURES as error:
            raise failure(NAME, error) from None
        if missing := [voice for voice in self._voices.values() if voice not in known]:
            reason = f"no voice {' or '.join(missing)} with the engine {self._engine} in this region"
            raise ProviderError(NAME, reason, temporary=False)

    def _request(self, words: str, language: str, pace: float) -> "SynthesizeSpeechInputTypeDef":
        request: SynthesizeSpeechInputTypeDef = {
            "Engine": self._engine,
            "VoiceId": self._voices[language],
            "OutputFormat": "pcm",
            "SampleRate": str(LINE.rate),
            "Text": words,
        }
        if pace == 1.0:
            return request
        rate = min(max(round(pace * 100), SLOWEST), FASTEST)
        slower = f'<speak><prosody rate="{rate}%">{escape(words)}</prosody></speak>'
        return {**request, "Text": slower, "TextType": "ssml"}


@asynccontextmanager
async def opened(options: Options, settings: Settings) -> AsyncIterator[Opened[Polly]]:
    """Lend it, with one client for all calls. Raises `ConfigurationError`."""
    session = get_session()
    async with AsyncExitStack() as stack:
        try:
            region = options.region or settings.aws.region or session.get_config_variable("region")
            await _need(session, region)
            client = await stack.enter_async_context(
                session.create_client(NAME, region_name=region, endpoint_url=options.endpoint, config=CONNECTION)
            )
        except (BotoCoreError, ValueError) as error:
            raise ConfigurationError(f"{NAME}: {error}") from error
        polly = Polly(client, options)
        yield Opened(polly, options.engine, polly.warm)


async def _need(session: AioSession, region: str | None) -> None:
    if region is None:
        raise ConfigurationError("AWS_REGION: is missing: set it, or the region in an AWS profile")
    if await session.get_credentials() is None:
        mend = "set it and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or give this machine a role"
        raise ConfigurationError(f"AWS_ACCESS_KEY_ID: is missing: {mend}")
