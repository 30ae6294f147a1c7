"""OpenAI's transcriptions as a local server, held to the SDK's own types and to what the API says of its models."""

import io
import wave
from collections.abc import Mapping
from typing import Any, get_type_hints

from aiohttp import BodyPartReader, web
from openai.types.audio import (
    TranscriptionSegment,
    TranscriptionTextDeltaEvent,
    TranscriptionTextDoneEvent,
    TranscriptionVerbose,
)
from openai.types.audio.transcription_create_params import TranscriptionCreateParamsStreaming
from openai.types.audio.transcription_language import TranscriptionLanguage
from openai.types.audio.transcription_text_done_event import Logprob
from pydantic import TypeAdapter

from assist.audio.formats import LINE
from tests.providers import Hear
from tests.providers.http import HttpService
from tests.providers.openai import Refusal, admitted, described, openai_service

NAMES = {"es": "spanish", "en": "english"}
"""As ``whisper-1`` calls what it hears."""
PARAMETERS: Mapping[str, Any] = get_type_hints(TranscriptionCreateParamsStreaming)


class Transcriptions:
    """Answers as the API does, and keeps what it was asked, but for the audio."""

    def __init__(self, hear: Hear) -> None:
        self.hear = hear
        self.diary: list[dict[str, str | list[str]]] = []
        self.spoken = ""
        """The language of what is heard; empty: the one that is asked for."""
        self.sure = -0.1
        """The logarithm of the probability of each word."""
        self.no_speech = 0.05
        """The probability that it is none."""
        self.rest = b""
        """What follows the last event."""

    async def answer(self, service: HttpService, request: web.BaseRequest) -> web.StreamResponse:
        form = await _parts(request)
        if instead := admitted(service, request):
            return instead
        if request.method == "GET" and request.path.startswith("/models/"):
            return web.json_response(text=described(request.path.removeprefix("/models/")).model_dump_json())
        assert (request.method, request.path) == ("POST", "/audio/transcriptions")
        audio = _audio(*form.pop("file"))
        asked = _checked({name: [value.decode() for value in values] for name, values in form.items()})
        self.diary.append(asked)
        if len(audio) < LINE.rate // 10 * LINE.sample_bytes:
            return Refusal(400, code="audio_too_short").response()
        text = await self.hear(audio)
        if asked.get("stream") == "true":
            return await service.stream(request, self._events(asked, text), "text/event-stream")
        told = self._verbose(asked, text, len(audio) / LINE.rate / LINE.sample_bytes)
        return await service.stream(request, told.model_dump_json().encode(), "application/json")

    def _events(self, asked: Mapping[str, object], text: str) -> bytes:
        words = [f"{word} " for word in text.split()]
        events = [
            TranscriptionTextDeltaEvent(type="transcript.text.delta", delta=word).model_dump_json() for word in words
        ]
        with_logprobs = asked.get("include") == ["logprobs"]
        found = [TranscriptionLanguage(code=self._language(asked))] if "languages" in asked else None
        done = TranscriptionTextDoneEvent(
            type="transcript.text.done",
            text=text,
            languages=found,
            logprobs=[Logprob(token=word, logprob=self.sure) for word in words] if with_logprobs else None,
        )
        events.append(done.model_dump_json(exclude_none=True))
        return "".join(f"data: {event}\n\n" for event in events).encode() + self.rest

    def _verbose(self, asked: Mapping[str, object], text: str, duration: float) -> TranscriptionVerbose:
        segment = TranscriptionSegment(
            id=0,
            avg_logprob=self.sure,
            compression_ratio=1.0,
            start=0.0,
            end=duration,
            no_speech_prob=self.no_speech,
            seek=0,
            temperature=0.0,
            text=f" {text}",
            tokens=[],
        )
        return TranscriptionVerbose(
            duration=duration, language=NAMES[self._language(asked)], text=text, segments=[segment] if text else []
        )

    def _language(self, asked: Mapping[str, object]) -> str:
        match asked:
            case {"language": str(language)} | {"languages": [str(language), *_]} if not self.spoken:
                return language
        return self.spoken


async def _parts(request: web.BaseRequest) -> dict[str, list[bytes]]:
    """Return the form by name; a file is its name and its content."""
    form: dict[str, list[bytes]] = {}
    if not request.can_read_body:
        return form
    async for part in await request.multipart():
        assert isinstance(part, BodyPartReader)
        values = form.setdefault(part.name or "", [])
        if part.filename:
            values.append(part.filename.encode())
        values.append(await part.read())
    return form


def _checked(form: Mapping[str, list[str]]) -> dict[str, str | list[str]]:
    """Return *form* if the API takes it: lists are named with brackets."""
    asked: dict[str, str | list[str]] = {}
    for name, values in form.items():
        plain = name.removesuffix("[]")
        assert plain in PARAMETERS, name
        asked[plain] = values if plain != name else values[0]
        assert plain != name or len(values) == 1, name
    model = str(asked["model"])
    knows_languages, streams = model == "gpt-transcribe", model.startswith("gpt-")
    formats = ("json",) if streams else ("json", "text", "srt", "verbose_json", "vtt")
    assert asked.get("response_format", "json") in formats
    TypeAdapter(PARAMETERS["response_format"]).validate_python(asked.get("response_format", "json"))
    TypeAdapter(PARAMETERS["include"]).validate_python(asked.get("include", []))
    assert streams or "stream" not in asked, "whisper-1 would answer at once"
    assert "include" not in asked or model.startswith("gpt-4o"), "nothing else tells how sure it is"
    assert knows_languages or not {"languages", "keywords"} & asked.keys()
    assert not (knows_languages and "language" in asked)
    return asked


def _audio(name: bytes, content: bytes) -> bytes:
    assert name.endswith(b".wav"), "the service goes by the name"
    with wave.open(io.BytesIO(content)) as sound:
        assert (sound.getframerate(), sound.getsampwidth(), sound.getnchannels()) == (LINE.rate, LINE.sample_bytes, 1)
        return bytes(sound.readframes(sound.getnframes()))


def openai_transcriptions(transcriptions: Transcriptions, model: str) -> HttpService:
    """Return the service, to be entered; *model* is what engines are told to ask for."""
    return openai_service(transcriptions.answer, model=model)
