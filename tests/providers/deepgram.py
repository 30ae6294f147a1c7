"""Deepgram's live transcription as a local server: every message is built or read by the SDK's own types.

As the real one does, it hears one stream of audio with a clock of its own, ends an utterance after so much silence,
and leaves a `Finalize` unanswered when there is next to nothing to finalise.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus
from inspect import signature
from urllib.parse import parse_qs, urlsplit
from warnings import catch_warnings, simplefilter

import numpy as np
from deepgram.listen.v1.types import (
    ListenV1CloseStream,
    ListenV1Finalize,
    ListenV1KeepAlive,
    ListenV1Metadata,
    ListenV1Results,
    ListenV1UtteranceEnd,
)
from pydantic import BaseModel, JsonValue
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from assist.audio.formats import LINE, Encoding
from assist.audio.g711 import decode
from tests.line_audio import samples
from tests.providers import Fault, Hear

with catch_warnings():
    # The SDK's client is built on a deprecated part of websockets; of it only the names of the parameters are wanted.
    simplefilter("ignore", DeprecationWarning)
    from deepgram.listen.v1.client import AsyncV1Client

KEY = "not-a-real-deepgram-key"
PARAMETERS = frozenset(signature(AsyncV1Client.connect).parameters) - {"self", "authorization", "request_options"}
REQUESTS: Mapping[str, type[BaseModel]] = {
    "Finalize": ListenV1Finalize,
    "KeepAlive": ListenV1KeepAlive,
    "CloseStream": ListenV1CloseStream,
}
REFUSALS = {
    Fault.UNAUTHORIZED: HTTPStatus.UNAUTHORIZED,
    Fault.FORBIDDEN: HTTPStatus.FORBIDDEN,
    Fault.BUSY: HTTPStatus.TOO_MANY_REQUESTS,
    Fault.BROKEN: HTTPStatus.INTERNAL_SERVER_ERROR,
}
INTERIM = 1.0
"""Seconds of audio between interim results."""
LITTLE = 0.1
"""Seconds of audio that are not worth an answer to `Finalize`."""


class DeepgramServer:
    """See `ProviderServer`."""

    engine = "deepgram"
    environment: Mapping[str, str] = {"DEEPGRAM_API_KEY": KEY}

    def __init__(self, hear: Hear) -> None:
        self.hear = hear
        self.requests = 0
        self.client_left = asyncio.Event()
        self.asked = asyncio.Event()
        self.queries: list[dict[str, list[str]]] = []
        """Of the streams that were opened."""
        self.kept_alive = asyncio.Event()
        self.spoken = "es"
        """The language of the words where several may be spoken."""
        self.streams: set[ServerConnection] = set()
        self.mistakes: list[Exception] = []
        """Requests that are not of the protocol."""
        self._fault: Fault | None = None
        self._server: Server | None = None
        self._port = 0

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self._port}"

    @property
    def options(self) -> Mapping[str, JsonValue]:
        return {"endpoint": self.url, "key": "DEEPGRAM_API_KEY"}

    @property
    def fault(self) -> Fault | None:
        return self._fault

    @fault.setter
    def fault(self, fault: Fault | None) -> None:
        self._fault = fault
        if fault in REFUSALS or fault is Fault.CLOSED:
            for stream in self.streams:
                stream.transport.abort()
        if fault is Fault.CLOSED and self._server:
            self._server.close()

    async def listen(self) -> Server:
        self._server = await serve(self._serve, "127.0.0.1", 0, process_request=self._admit, ping_interval=None)
        self._port = next(iter(self._server.sockets)).getsockname()[1]
        return self._server

    def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        address = urlsplit(request.path)
        query = parse_qs(address.query, strict_parsing=True)
        if self.fault in REFUSALS:
            return _refusal(connection, REFUSALS[self.fault])
        if request.headers.get("Authorization") != f"Token {KEY}":
            return _refusal(connection, HTTPStatus.UNAUTHORIZED)
        if address.path != "/v1/listen" or not query.keys() <= PARAMETERS or not _audible(query):
            return _refusal(connection, HTTPStatus.BAD_REQUEST)
        self.queries.append(query)
        return None

    async def _serve(self, connection: ServerConnection) -> None:
        self.streams.add(connection)
        stream = _Stream(self, connection, self.queries[-1])
        try:
            async for message in connection:
                if not await stream.take(message):
                    return
        except ConnectionClosed:
            pass
        except Exception as mistake:
            self.mistakes.append(mistake)
            raise
        finally:
            self.streams.discard(connection)
        self.client_left.set()


def _refusal(connection: ServerConnection, status: HTTPStatus) -> Response:
    response = connection.respond(status, json.dumps({"err_code": status.name, "err_msg": f"{KEY} clínica"}))
    if status is HTTPStatus.TOO_MANY_REQUESTS:
        response.headers["Retry-After"] = "7"
    return response


def _audible(query: Mapping[str, list[str]]) -> bool:
    return query.get("encoding") == ["mulaw"] and query.get("sample_rate") == [str(LINE.rate)] and "model" in query


class _Stream:
    """One connection: audio in, results out."""

    def __init__(self, server: DeepgramServer, connection: ServerConnection, query: dict[str, list[str]]) -> None:
        self._server = server
        self._connection = connection
        self._language = query["language"][0]
        self._endpointing = int(query.get("endpointing", ["10"])[0]) / 1000
        self._utterance_end = int(query.get("utterance_end_ms", ["0"])[0]) / 1000
        self._audio = bytearray()
        self._told = 0
        self._interim = 0
        self._word_end: float | None = None

    async def take(self, message: str | bytes) -> bool:
        """Return whether the stream goes on."""
        if isinstance(message, bytes):
            return await self._hear(message)
        kind = json.loads(message)["type"]
        REQUESTS[kind].model_validate_json(message)
        match kind:
            case "KeepAlive":
                self._server.kept_alive.set()
            case "Finalize":
                if self._server.fault is None and (len(self._audio) - self._told) / LINE.rate >= LITTLE:
                    await self._finish(from_finalize=True)
            case "CloseStream":
                with suppress(ConnectionClosed):  # who has said so need not wait for the answer
                    await self._say(self._metadata())
                return False
        return True

    async def _hear(self, audio: bytes) -> bool:
        assert audio, "the real service takes nothing for the end"
        if not self._audio:
            self._server.requests += 1
        self._audio += audio
        self._server.asked.set()
        match self._server.fault:
            case Fault.SILENT:
                return True
            case Fault.GARBAGE:
                await self._connection.send("<html>Welcome to our network</html>")
                return True
            case Fault.STALLED | Fault.CUT as fault:
                return await self._begin_only(fault)
        await self._answer()
        return True

    async def _begin_only(self, fault: Fault) -> bool:
        if not self._interim:
            self._interim = len(self._audio)
            await self._say(self._results("sí", is_final=False))
        if fault is Fault.CUT:
            self._connection.transport.abort()
        return fault is not Fault.CUT

    async def _answer(self) -> None:
        silence = self._silence()
        if self._endpointing <= silence < (len(self._audio) - self._told) / LINE.rate:
            await self._finish(speech_final=True)
        elif len(self._audio) - max(self._told, self._interim) >= INTERIM * LINE.rate:
            self._interim = len(self._audio)
            if text := await self._words():
                await self._say(self._results(text, is_final=False))
        if self._word_end is not None and self._utterance_end and silence >= self._utterance_end:
            await self._say(ListenV1UtteranceEnd(type="UtteranceEnd", channel=[0, 1], last_word_end=self._word_end))
            self._word_end = None

    async def _finish(self, *, speech_final: bool = False, from_finalize: bool = False) -> None:
        text = await self._words()
        await self._say(
            self._results(text, is_final=True, speech_final=speech_final and bool(text), from_finalize=from_finalize)
        )
        if text:
            self._word_end = len(self._audio) / LINE.rate - self._silence()
        self._told = len(self._audio)

    async def _words(self) -> str:
        return await self._server.hear(decode(bytes(self._audio[self._told :]), Encoding.PCMU))

    def _silence(self) -> float:
        """Return how long nothing has been loud at the end."""
        tail = samples(decode(bytes(self._audio[-2 * LINE.rate :]), Encoding.PCMU))
        loud = np.flatnonzero(np.abs(tail) > 300)
        return (len(tail) - (int(loud[-1]) + 1 if len(loud) else 0)) / LINE.rate

    def _results(self, text: str, **marks: bool) -> ListenV1Results:
        many = self._language == "multi"
        words = [
            {"word": word.lower(), "punctuated_word": word, "start": 0.0, "end": 0.0, "confidence": 0.9}
            | ({"language": self._server.spoken} if many else {})
            for word in text.split()
        ]
        alternative = {"transcript": text, "confidence": 0.9, "words": words}
        start = self._told / LINE.rate
        return ListenV1Results.model_validate(
            {
                "type": "Results",
                "channel_index": [0, 1],
                "start": start,
                "duration": len(self._audio) / LINE.rate - start,
                "channel": {"alternatives": [alternative]},
                "metadata": {
                    "request_id": "1",
                    "model_uuid": "2",
                    "model_info": {"name": "general-nova-3", "version": "1", "arch": "nova-3"},
                },
                **marks,
            }
        )

    def _metadata(self) -> ListenV1Metadata:
        return ListenV1Metadata(
            type="Metadata",
            transaction_key="deprecated",
            request_id="1",
            sha256="0",
            created="2026-01-01T00:00:00Z",
            duration=len(self._audio) / LINE.rate,
            channels=1,
        )

    async def _say(self, message: ListenV1Results | ListenV1UtteranceEnd | ListenV1Metadata) -> None:
        await self._connection.send(message.model_dump_json(exclude_none=True))


@asynccontextmanager
async def deepgram_server(hear: Hear) -> AsyncIterator[DeepgramServer]:
    """Serve on loopback until the block ends."""
    server = DeepgramServer(hear)
    listener = await server.listen()
    try:
        yield server
    finally:
        listener.close()
        await listener.wait_closed()
    assert not server.mistakes
