"""Open streams to Deepgram, lent for an utterance at a time.

The SDK's own client is built on a deprecated part of `websockets`, waits ten seconds for a connection, and loses what a
refusal says of when to come back; so streams are opened by the current part, and the SDK gives the messages.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from deepgram.listen.v1.types import ListenV1CloseStream
from pydantic import BaseModel
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.protocol import State

from assist.audio.formats import LINE
from assist.errors import ProviderError
from assist.stt.deepgram_draft import NAME

CONNECT = 3.0
"""Seconds that a connection may take."""
KEEP_ALIVE = 4.0
"""Seconds between signs of life on a stream that is not lent: after ten without any it is closed."""
IDLE = 8
"""Streams that are kept for the next utterance; the service counts them, too."""

_wire = logging.getLogger(f"{__name__}.wire")
# Below that, the library logs the key and what callers say.
_wire.setLevel(logging.INFO)


@dataclass(frozen=True, slots=True)
class Request:
    """What a stream is asked for when it is opened."""

    url: str
    sign_of_life: BaseModel | None = None
    """What keeps it open between utterances, if more than a ping is needed."""


class Connection:
    """A stream that is open: audio out, messages in."""

    def __init__(self, socket: ClientConnection, request: Request) -> None:
        self.request = request
        self._socket = socket
        self._sent = 0

    @property
    def position(self) -> float:
        """Seconds of audio that were sent."""
        return self._sent / LINE.rate

    @property
    def alive(self) -> bool:
        return self._socket.state is State.OPEN

    async def send_audio(self, audio: bytes) -> None:
        """Send *audio*, mu-law; none at all would mean the end of the stream. Raises `ProviderError`."""
        if audio:
            self._sent += len(audio)
            await self._send(audio)

    async def send(self, message: BaseModel) -> None:
        """Raises `ProviderError`."""
        await self._send(message.model_dump_json(exclude_none=True))

    async def keep_alive(self) -> None:
        """Raises `ProviderError`."""
        if self.request.sign_of_life:
            await self.send(self.request.sign_of_life)
        else:
            await self._ping()

    async def receive(self) -> str | bytes:
        """Return the next message. May be cancelled without a loss. Raises `ProviderError`."""
        try:
            return await self._socket.recv()
        except ConnectionClosed as error:
            raise _closed(error) from None

    async def close(self) -> None:
        """Leave in good order."""
        try:
            await self.send(ListenV1CloseStream(type="CloseStream"))
        except ProviderError:
            pass
        else:
            await self._socket.close()

    def drop(self) -> None:
        """Leave at once, in mid-utterance."""
        self._socket.transport.abort()

    async def _ping(self) -> None:
        try:
            await self._socket.ping()
        except ConnectionClosed as error:
            raise _closed(error) from None

    async def _send(self, message: str | bytes) -> None:
        try:
            await self._socket.send(message)
        except ConnectionClosed as error:
            raise _closed(error) from None


class Streams:
    """Lends streams to one endpoint while its block lasts."""

    def __init__(self, key: str, *, keep_alive: float = KEEP_ALIVE) -> None:
        self._headers = {"Authorization": f"Token {key}"}
        self._keep_alive = keep_alive
        self._idle: list[Connection] = []
        self._keeping: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._keeping = asyncio.create_task(self._keep())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._keeping:
            self._keeping.cancel()
            await asyncio.wait([self._keeping])
        idle, self._idle = self._idle, []
        await asyncio.gather(*(stream.close() for stream in idle))

    @asynccontextmanager
    async def lent(self, request: Request) -> AsyncIterator[Connection]:
        """Lend a stream opened by such a *request*; whoever leaves the block by an error has spoilt it.

        Raises `ProviderError`.
        """
        stream = self._take(request) or await self._open(request)
        try:
            yield stream
        except BaseException:
            stream.drop()
            raise
        if len(self._idle) < IDLE and self._keeping:
            self._idle.append(stream)
        else:
            await stream.close()

    async def warm(self, request: Request) -> None:
        """Have a stream open for such a *request*. Raises `ProviderError`."""
        async with self.lent(request) as stream:
            await stream.keep_alive()

    def _take(self, request: Request) -> Connection | None:
        self._idle = [stream for stream in self._idle if stream.alive]
        stream = next((stream for stream in self._idle if stream.request == request), None)
        if stream:
            self._idle.remove(stream)
        return stream

    async def _open(self, request: Request) -> Connection:
        try:
            socket = await connect(
                request.url,
                additional_headers=self._headers,
                compression=None,
                open_timeout=CONNECT,
                close_timeout=1.0,
                logger=_wire,
            )
        except InvalidStatus as error:
            raise _refused(error) from None
        except (OSError, TimeoutError, WebSocketException):
            # Without its cause, which names the address with all that was asked for.
            raise ProviderError(NAME, "the connection failed", temporary=True) from None
        return Connection(socket, request)

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(self._keep_alive)
            await _signs_of_life(self._idle)


async def _signs_of_life(streams: Iterable[Connection]) -> None:
    # One that has died is found out when it is to be lent.
    await asyncio.gather(*(stream.keep_alive() for stream in streams), return_exceptions=True)


def _closed(error: ConnectionClosed) -> ProviderError:
    code = error.rcvd.code if error.rcvd else "none"
    return ProviderError(NAME, f"the stream was closed, code {code}", temporary=True)


def _refused(error: InvalidStatus) -> ProviderError:
    status = error.response.status_code
    wait = error.response.headers.get("Retry-After", "")
    return ProviderError(
        NAME,
        f"status {status}",
        temporary=status in (408, 429) or status >= 500,
        retry_after=float(wait) if wait.isdecimal() else None,
        refused=status in (401, 402, 403),
    )
