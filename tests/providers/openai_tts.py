"""OpenAI's speech endpoint as a local server, held to the SDK's own types."""

from aiohttp import web
from openai.types.audio.speech_create_params import SpeechCreateParams
from pydantic import TypeAdapter

from assist.audio.formats import LINE
from assist.audio.resample import resample
from tests.providers import Speak
from tests.providers.http import HttpService
from tests.providers.openai import NO_MODEL, admitted, described, openai_service

RATE = 24_000
MODELS = ("gpt-4o-mini-tts", "tts-1")
LONGEST = 4096


class Speech:
    """Answers as the API does, and keeps what it was asked to say."""

    def __init__(self, speak: Speak) -> None:
        self.diary: list[SpeechCreateParams] = []
        self._speak = speak

    async def answer(self, service: HttpService, request: web.BaseRequest) -> web.StreamResponse:
        if instead := admitted(service, request):
            return instead
        if request.method == "POST" and request.path == "/audio/speech":
            return await self._say(service, request)
        if request.method == "GET" and request.path.removeprefix("/models/") in MODELS:
            return web.json_response(text=described(request.path.removeprefix("/models/")).model_dump_json())
        return NO_MODEL.response()

    async def _say(self, service: HttpService, request: web.BaseRequest) -> web.StreamResponse:
        asked = _checked(await request.read())
        self.diary.append(asked)
        sound = await self._speak(asked["input"])
        # Slower speech is the same sound with more samples.
        slower = resample(sound, LINE.rate, round(RATE / asked.get("speed", 1.0)))
        return await service.stream(request, slower, "audio/pcm")


def _checked(body: bytes) -> SpeechCreateParams:
    asked = TypeAdapter(SpeechCreateParams).validate_json(body, strict=True)
    assert TypeAdapter(dict[str, object]).validate_json(body).keys() <= SpeechCreateParams.__annotations__.keys()
    assert asked["model"] in MODELS
    assert 0 < len(asked["input"]) <= LONGEST
    assert 0.25 <= asked.get("speed", 1.0) <= 4.0
    assert asked.get("response_format") == "pcm", "this server speaks nothing else"
    assert not (asked["model"] == "tts-1" and asked.get("instructions")), "tts-1 takes no instructions"
    return asked


def openai_speech(speech: Speech) -> HttpService:
    """Return the service, to be entered."""
    return openai_service(speech.answer)
