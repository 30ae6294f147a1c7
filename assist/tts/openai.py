"""OpenAI's text to speech, streamed, and any server with the same `/audio/speech`.

OpenAI itself has announced that its own models there end on 2027-01-06; servers that took over the protocol go on.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from httpx2 import HTTPError
from openai import AsyncOpenAI, Omit, OpenAIError, omit
from pydantic import Field
from pydantic.dataclasses import dataclass

from assist.aio import Stream
from assist.assistant.hours import STRICT
from assist.audio.formats import AudioFormat, Encoding
from assist.errors import ProviderError
from assist.provider import Opened
from assist.provider.openai import NAME, failure, greet, openai_client
from assist.settings import Settings
from assist.tts.sound import Sound
from assist.tts.wording import readable

PCM: Final = AudioFormat(Encoding.PCM, 24_000)
"""What the service calls ``pcm``. It has nothing nearer to the line."""

ACCENTS: Final = {"es": "Spanish as spoken in Spain", "en": "American English"}

SLOWEST, FASTEST = 0.25, 4.0
"""What the service takes for a speed."""


@dataclass(frozen=True, slots=True, config=STRICT)
class Options:
    """What an assistant may say of it."""

    model: str = "gpt-4o-mini-tts"
    voice: str = "coral"
    """One for all languages."""
    accents: dict[str, str] = Field(default_factory=dict)
    """By language, in words the model understands: ``es: Mexican Spanish``. A language is spoken if it has one."""
    instructions: str = "Speak as a friendly receptionist on the telephone: clearly, at an even volume."
    """How to speak. Models ``tts-1…`` know neither these nor accents."""
    speed: float = Field(default=1.0, ge=SLOWEST, le=FASTEST)
    base_url: str | None = None
    """None: that of the settings."""
    key: str | None = None
    """The name of the variable with the key for another `base_url`; it ends in ``_API_KEY``."""


class OpenAISpeech:
    """Reads sentences aloud with *client*, which says where the server is and holds the key."""

    def __init__(self, client: AsyncOpenAI, options: Options) -> None:
        self._client = client
        self._options = options
        self._accents = {**ACCENTS, **options.accents}

    async def synthesize(self, text: str, language: str, *, pace: float = 1.0) -> Stream[bytes]:
        """See `TextToSpeech`. Closing it ends the request."""
        if language not in self._accents:
            raise ProviderError(NAME, f"no accent for language {language!r}", temporary=False)
        if not (words := readable(text)):
            return
        sound = Sound(NAME, PCM)
        try:
            async with self._client.audio.speech.with_streaming_response.create(
                input=words,
                model=self._options.model,
                voice=self._options.voice,
                instructions=self._instructions(language),
                response_format="pcm",
                speed=min(max(self._options.speed * pace, SLOWEST), FASTEST),
            ) as response:
                sound.announce(response.headers.get("content-type", ""))
                async for piece in response.iter_bytes():
                    if said := sound.feed(piece):
                        yield said
        except HTTPError:
            raise ProviderError(NAME, "the connection failed", temporary=True) from None
        except OpenAIError as error:
            # Without its cause: what a server answers may hold words of the caller, or the key.
            raise failure(error) from None
        yield sound.flush()

    def _instructions(self, language: str) -> str | Omit:
        if self._options.model.startswith("tts-1"):
            return omit
        return f"{self._options.instructions} Read the text word for word, in {self._accents[language]}."


@asynccontextmanager
async def opened(options: Options, settings: Settings) -> AsyncIterator[Opened[OpenAISpeech]]:
    """Lend it, with one client for all calls. Raises `ConfigurationError`."""
    async with openai_client(settings.openai, options.base_url, options.key) as client:
        yield Opened(OpenAISpeech(client, options), options.model, lambda: greet(client, options.model))
