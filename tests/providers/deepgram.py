"""Deepgram's live transcription as a local server: every message is built or read by the SDK's own types.

As the real one does, it hears one stream of audio with a clock of its own. What it says of it is `deepgram_nova`'s
and `deepgram_flux`'s part.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

from pydantic import JsonValue
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from assist.audio.formats import LINE
from tests.providers import Fault, Hear
from tests.providers.deepgram_flux import Flux
from tests.providers.deepgram_nova import Nova
from tests.providers.deepgram_stream import Query, Speaker, Stream

KEY = "not-a-real-deepgram-key"
SPEAKERS: Mapping[str, type[Speaker]] = {"/v1/listen": Nova, "/v2/listen": Flux}
REFUSALS = {
    Fault.UNAUTHORIZED: HTTPStatus.UNAUTHORIZED,
    Fault.FORBIDDEN: HTTPStatus.FORBIDDEN,
    Fault.BUSY: HTTPStatus.TOO_MANY_REQUESTS,
    Fault.BROKEN: HTTPStatus.INTERNAL_SERVER_ERROR,
}


class DeepgramServer:
    """See `ProviderServer`."""

    engine = "deepgram"
    environment: Mapping[str, str] = {"DEEPGRAM_API_KEY": KEY}

    def __init__(self, hear: Hear) -> None:
        self.hear = hear
        self.requests = 0
        self.client_left = asyncio.Event()
        self.asked = asyncio.Event()
        self.queries: list[Query] = []
        """Of the streams that were opened."""
        self.kept_alive = asyncio.Event()
        self.spoken = "es"
        """The language of the words where several may be spoken."""
        self.turn_end = 5.0
        """Seconds of silence after which a model that judges turns has made up its mind."""
        self.streams: set[ServerConnection] = set()
        self.mistakes: list[Exception] = []
        """Requests that are not of the protocol."""
        self._fault: Fault | None = None
        self._server: Server | None = None
        self._port = 0

    @property
    def connections(self) -> int:
        return len(self.queries)

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
        path, query = _asked(request)
        if self.fault in REFUSALS:
            return _refusal(connection, REFUSALS[self.fault])
        if request.headers.get("Authorization") != f"Token {KEY}":
            return _refusal(connection, HTTPStatus.UNAUTHORIZED)
        if path not in SPEAKERS or not query.keys() <= SPEAKERS[path].parameters or not _audible(query):
            return _refusal(connection, HTTPStatus.BAD_REQUEST)
        self.queries.append(query)
        return None

    async def _serve(self, connection: ServerConnection) -> None:
        assert connection.request
        path, query = _asked(connection.request)
        stream = Stream(self, connection, query)
        self.streams.add(connection)
        try:
            await self._converse(SPEAKERS[path](stream), stream, connection)
        except ConnectionClosed:
            self.client_left.set()
        except Exception as mistake:
            self.mistakes.append(mistake)
            raise
        finally:
            self.streams.discard(connection)

    async def _converse(self, speaker: Speaker, stream: Stream, connection: ServerConnection) -> None:
        """Return when the client says goodbye. Raises `ConnectionClosed`."""
        await speaker.greet()
        while True:
            message = await connection.recv()
            if isinstance(message, bytes):
                await self._hear(speaker, stream, message)
                continue
            kind = json.loads(message)["type"]
            speaker.controls[kind].model_validate_json(message)
            match kind:
                case "KeepAlive":
                    self.kept_alive.set()
                case "CloseStream":
                    with suppress(ConnectionClosed):  # who has said so need not wait for the answer
                        await speaker.part()
                    return
                case _ if self.fault is None:
                    await speaker.finish()

    async def _hear(self, speaker: Speaker, stream: Stream, audio: bytes) -> None:
        self.requests += not stream.audio
        stream.add(audio)
        self.asked.set()
        match self.fault:
            case None:
                await speaker.answer()
            case Fault.GARBAGE:
                await stream.say("<html>Welcome to our network</html>")
            case Fault.STALLED:
                await speaker.begin()
            case Fault.CUT:
                await speaker.begin()
                stream.cut()


def _refusal(connection: ServerConnection, status: HTTPStatus) -> Response:
    response = connection.respond(status, json.dumps({"err_code": status.name, "err_msg": f"{KEY} clínica"}))
    if status is HTTPStatus.TOO_MANY_REQUESTS:
        response.headers["Retry-After"] = "7"
    return response


def _asked(request: Request) -> tuple[str, Query]:
    address = urlsplit(request.path)
    return address.path, parse_qs(address.query, strict_parsing=True)


def _audible(query: Query) -> bool:
    return query.get("encoding") == ["mulaw"] and query.get("sample_rate") == [str(LINE.rate)] and "model" in query


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
