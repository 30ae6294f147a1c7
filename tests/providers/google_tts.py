"""Google Cloud Text-to-Speech on loopback."""

import io
import wave
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Any

import grpc
from google.cloud.texttospeech_v1 import (
    AudioEncoding,
    ListVoicesRequest,
    ListVoicesResponse,
    StreamingSynthesizeRequest,
    StreamingSynthesizeResponse,
    SynthesizeSpeechRequest,
    SynthesizeSpeechResponse,
    Voice,
    VoiceSelectionParams,
)

from assist.audio.formats import LINE, Encoding
from assist.audio.g711 import encode
from assist.audio.resample import resample
from tests.providers import Fault, Speak
from tests.providers.google import Context, GoogleServer, Methods, google_server, refuse, serialized

SERVICE = "google.cloud.texttospeech.v1.TextToSpeech"
AUDIENCE = "https://texttospeech.googleapis.com/"
VOICES = ["es-ES-Chirp3-HD-Aoede", "en-US-Chirp3-HD-Aoede", "es-ES-Neural2-A", "en-US-Neural2-C"]
LONGEST = 5000
"""Bytes of text."""
PIECE = 1601
"""Bytes in a message of a stream: cut within a sample."""

STREAMED = {
    AudioEncoding.PCM: Encoding.PCM,
    AudioEncoding.MULAW: Encoding.PCMU,
    AudioEncoding.ALAW: Encoding.PCMA,
}


def google_tts_server(speak: Speak) -> AbstractAsyncContextManager[GoogleServer]:
    """Lend a service that speaks as *speak* does."""

    def methods(server: GoogleServer) -> Methods:
        service = _Speech(server, speak)
        return {
            "StreamingSynthesize": grpc.stream_stream_rpc_method_handler(
                server.watched(service.streaming_synthesize), StreamingSynthesizeRequest.deserialize, serialized
            ),
            "SynthesizeSpeech": grpc.unary_unary_rpc_method_handler(
                server.watched(service.synthesize_speech), SynthesizeSpeechRequest.deserialize, serialized
            ),
            "ListVoices": grpc.unary_unary_rpc_method_handler(
                server.watched(service.list_voices), ListVoicesRequest.deserialize, serialized
            ),
        }

    return google_server(SERVICE, AUDIENCE, methods)


class _Speech:
    def __init__(self, server: GoogleServer, speak: Speak) -> None:
        self._server = server
        self._speak = speak

    async def list_voices(self, request: ListVoicesRequest, context: Context) -> Any:
        await self._server.admit(context)
        voices = [
            Voice(name=name, language_codes=[name[:5]], natural_sample_rate_hertz=24000)
            for name in VOICES
            if name.startswith(request.language_code)
        ]
        return await self._server.alone(ListVoicesResponse(voices=voices))

    async def streaming_synthesize(self, requests: AsyncIterator[StreamingSynthesizeRequest], context: Context) -> None:
        await self._server.admit(context)
        if (opening := await anext(requests, None)) is None:
            self._server.client_left.set()
            return
        self._server.messages.append(opening)
        config, texts = opening.streaming_config, []
        audio = config.streaming_audio_config
        async for request in requests:
            if "streaming_config" in request or not request.input.text:
                await refuse(context, "input")
            texts.append(request.input.text)
        text = " ".join(texts)
        await _checked(config.voice, text, audio.speaking_rate, context)
        if "-Chirp3-HD-" not in config.voice.name or audio.audio_encoding not in STREAMED:
            await refuse(context, "streaming")
        if audio.sample_rate_hertz != LINE.rate:
            await refuse(context, "sample_rate_hertz")
        self._server.asked.set()
        sound = encode(await self._spoken(text, audio.speaking_rate), STREAMED[audio.audio_encoding])
        # What breaks off does so in the middle.
        broken = self._server.fault in (Fault.STALLED, Fault.CUT)
        size = len(sound) // 2 if broken else PIECE
        for start in range(0, len(sound), size):
            await self._server.answer(context, StreamingSynthesizeResponse(audio_content=sound[start : start + size]))

    async def synthesize_speech(self, request: SynthesizeSpeechRequest, context: Context) -> Any:
        await self._server.admit(context)
        self._server.messages.append(request)
        config = request.audio_config
        await _checked(request.voice, request.input.text, config.speaking_rate, context)
        if config.audio_encoding != AudioEncoding.LINEAR16 or config.sample_rate_hertz != LINE.rate:
            await refuse(context, "audio_config")
        self._server.asked.set()
        sound = await self._spoken(request.input.text, config.speaking_rate)
        return await self._server.alone(SynthesizeSpeechResponse(audio_content=_wav(sound)))

    async def _spoken(self, text: str, rate: float) -> bytes:
        """Return *text* as it is spoken so fast, and as much higher."""
        return resample(await self._speak(text), round(LINE.rate * (rate or 1.0)), LINE.rate)


async def _checked(voice: VoiceSelectionParams, text: str, rate: float, context: Context) -> None:
    """Return if that may be asked for."""
    rules = {
        "language_code": bool(voice.language_code),
        "voice": voice.name in VOICES and voice.name.startswith(voice.language_code),
        "input": 0 < len(text.encode()) <= LONGEST,
        "speaking_rate": rate == 0 or 0.25 <= rate <= 2.0,
    }
    for name, kept in rules.items():
        if not kept:
            await refuse(context, name)


def _wav(sound: bytes) -> bytes:
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setframerate(LINE.rate)
        file.setsampwidth(LINE.sample_bytes)
        file.setnchannels(1)
        file.writeframes(sound)
    return content.getvalue()
