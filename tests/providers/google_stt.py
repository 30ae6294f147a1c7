"""Google Cloud Speech-to-Text, version 2, on loopback."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Any

import grpc
from google.cloud.speech_v2 import (
    ExplicitDecodingConfig,
    ListRecognizersRequest,
    ListRecognizersResponse,
    StreamingRecognitionResult,
    StreamingRecognizeRequest,
    StreamingRecognizeResponse,
)

from assist.audio.formats import LINE, LINE_BYTES_PER_SECOND, Encoding
from assist.audio.g711 import decode
from tests.providers import Hear
from tests.providers.google import PROJECT, Context, GoogleServer, Methods, google_server, refuse, serialized

SERVICE = "google.cloud.speech.v2.Speech"
AUDIENCE = "https://speech.googleapis.com/"
MOST = 15 * 1024
"""Bytes of audio in one message."""
FIRST_LOOK = LINE_BYTES_PER_SECOND // 2
"""Of audio, before anything is told; the next looks come after twice as much each."""

Encodings = ExplicitDecodingConfig.AudioEncoding
ENCODINGS = {Encodings.LINEAR16: Encoding.PCM, Encodings.MULAW: Encoding.PCMU, Encodings.ALAW: Encoding.PCMA}


def google_stt_server(hear: Hear) -> AbstractAsyncContextManager[GoogleServer]:
    """Lend a service that understands what *hear* does."""

    def methods(server: GoogleServer) -> Methods:
        service = _Speech(server, hear)
        return {
            "StreamingRecognize": grpc.stream_stream_rpc_method_handler(
                server.watched(service.streaming_recognize), StreamingRecognizeRequest.deserialize, serialized
            ),
            "ListRecognizers": grpc.unary_unary_rpc_method_handler(
                server.watched(service.list_recognizers), ListRecognizersRequest.deserialize, serialized
            ),
        }

    return google_server(SERVICE, AUDIENCE, methods)


class _Speech:
    def __init__(self, server: GoogleServer, hear: Hear) -> None:
        self._server = server
        self._hear = hear

    async def list_recognizers(self, request: ListRecognizersRequest, context: Context) -> Any:
        await self._server.admit(context)
        if not request.parent.startswith(f"projects/{PROJECT}/locations/"):
            await refuse(context, "parent")
        return await self._server.alone(ListRecognizersResponse())

    async def streaming_recognize(self, requests: AsyncIterator[StreamingRecognizeRequest], context: Context) -> None:
        await self._server.admit(context)
        if (opening := await anext(requests, None)) is None:
            self._server.client_left.set()
            return
        self._server.messages.append(opening)
        code = await _checked(opening, context)
        encoding = ENCODINGS[opening.streaming_config.config.explicit_decoding_config.encoding]
        audio, look = b"", FIRST_LOOK
        async for request in requests:
            if "streaming_config" in request or not 0 < len(request.audio) <= MOST:
                await refuse(context, "audio")
            self._server.asked.set()
            audio += decode(request.audio, encoding)
            if len(audio) >= look:
                look = 2 * len(audio)
                await self._tell(context, await self._hear(audio), code, final=False)
        await self._tell(context, await self._hear(audio), code, final=True)

    async def _tell(self, context: Context, text: str, code: str, *, final: bool) -> None:
        """Answer with what was understood; nothing at all is no answer."""
        if text or self._server.fault:
            result = StreamingRecognitionResult(
                alternatives=[{"transcript": text}], is_final=final, language_code=code.lower()
            )
            await self._server.answer(context, StreamingRecognizeResponse(results=[result]))


async def _checked(opening: StreamingRecognizeRequest, context: Context) -> str:
    """Return the code of the language that is heard, if the request may be opened so."""
    config = opening.streaming_config.config
    decoding = config.explicit_decoding_config
    rules = {
        "recognizer": opening.recognizer == f"projects/{PROJECT}/locations/global/recognizers/_",
        "streaming_config": "streaming_config" in opening and not opening.audio,
        "model": bool(config.model),
        "language_codes": 1 <= len(config.language_codes) <= 4 and all("-" in code for code in config.language_codes),
        "encoding": decoding.encoding in ENCODINGS,
        "sample_rate_hertz": decoding.sample_rate_hertz == LINE.rate,
        "audio_channel_count": decoding.audio_channel_count == 1,
        "max_alternatives": 0 <= config.features.max_alternatives <= 30,
    }
    for name, kept in rules.items():
        if not kept:
            await refuse(context, name)
    return str(config.language_codes[0])
