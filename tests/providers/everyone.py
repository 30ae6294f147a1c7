"""Every hosted engine's local server, by its name."""

import asyncio
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from aiohttp import web

from assist.provider import Kind
from tests.providers import Hear, ProviderServer, Speak
from tests.providers.deepgram import deepgram_server
from tests.providers.google_stt import google_stt_server
from tests.providers.google_tts import google_tts_server
from tests.providers.http import HttpService
from tests.providers.openai import KEY
from tests.providers.openai_chat import MODEL, Completions, Think
from tests.providers.openai_stt import Transcriptions, openai_transcriptions
from tests.providers.openai_tts import Speech, openai_speech
from tests.providers.polly import PollyService, amazon_polly

ENGINES = {
    Kind.STT: ("google", "deepgram", "openai"),
    Kind.LLM: ("openai",),
    Kind.TTS: ("google", "polly", "openai"),
}


@dataclass(frozen=True, slots=True)
class Faculties:
    """What services do, whatever their protocol."""

    hear: Hear
    think: Think
    speak: Speak
    first_token: float = 0.0
    """Seconds before a model begins to answer, if it does not fail."""


def service(kind: Kind, engine: str, faculties: Faculties) -> AbstractAsyncContextManager[ProviderServer]:
    """Return the server of *engine*, one of `ENGINES`, to be entered."""
    match kind, engine:
        case Kind.STT, "google":
            return google_stt_server(faculties.hear)
        case Kind.STT, "deepgram":
            return deepgram_server(faculties.hear)
        case Kind.STT, "openai":
            return openai_transcriptions(Transcriptions(faculties.hear), "gpt-transcribe")
        case Kind.LLM, "openai":
            return Chat(faculties)
        case Kind.TTS, "google":
            return google_tts_server(faculties.speak)
        case Kind.TTS, "polly":
            return amazon_polly(PollyService(faculties.speak))
        case Kind.TTS, "openai":
            return openai_speech(Speech(faculties.speak))
    raise AssertionError(engine)


class Chat(HttpService):
    """OpenAI's chat, which takes its time."""

    def __init__(self, faculties: Faculties) -> None:
        self.completions = Completions(faculties.think)
        self._first_token = faculties.first_token
        super().__init__(
            "openai",
            self._slowly,
            address="base_url",
            environment={"OPENAI_API_KEY": KEY},
            options={"key": "OPENAI_API_KEY", "model": MODEL},
        )

    async def _slowly(self, service: HttpService, request: web.BaseRequest) -> web.StreamResponse:
        if request.method == "POST" and self.fault is None:
            await asyncio.sleep(self._first_token)
        return await self.completions.answer(service, request)
