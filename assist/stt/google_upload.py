"""Speech on its way to Google: one request from each pause to the next.

The service says what is final once a request has no more audio, and waits for more otherwise. So a request ends where
a pause begins, and its result is there when the turn is confirmed to be over. If the caller goes on, the next request
begins with the audio of the pause, in which a word may have begun softly.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from google.cloud.speech_v2 import StreamingRecognizeRequest, StreamingRecognizeResponse
from grpc import aio

from assist.aio import Stream
from assist.audio.conversion import ToLine
from assist.audio.formats import LINE, Encoding
from assist.audio.g711 import encode
from assist.errors import ProviderError
from assist.provider.google import NAME, endings, errors_told, malformed
from assist.stt import Pause

Call: TypeAlias = aio.StreamStreamCall[StreamingRecognizeRequest, StreamingRecognizeResponse]

MOST = 12_800
"""Bytes in one message; the service takes 15 kB."""


class Request:
    """A stretch of speech that is being written down."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self._endings = endings(call)
        self._complete = False

    async def send(self, audio: bytes) -> None:
        for start in range(0, len(audio), MOST):
            await self.call.write(StreamingRecognizeRequest(audio=audio[start : start + MOST]))

    async def end(self) -> None:
        """Ask for what is final."""
        self._complete = True
        await self.call.done_writing()

    async def answers(self) -> Stream[StreamingRecognizeResponse]:
        """Yield what the service tells. Raises `ProviderError`."""
        with errors_told(self._endings):
            while (answer := await self.call.read()) is not aio.EOF:
                if not isinstance(answer, StreamingRecognizeResponse):
                    raise malformed()
                yield answer
        if not self._complete:
            raise ProviderError(NAME, "the service stopped listening in mid-speech", temporary=True)


class Upload:
    """Sends what is said in requests that are made by *begin*, each opened with *opening*."""

    def __init__(
        self, begin: Callable[[], Awaitable[Call]], opening: StreamingRecognizeRequest, encoding: Encoding
    ) -> None:
        self.requests: asyncio.Queue[Request | None] = asyncio.Queue()
        """In the order in which they were begun; None after the last."""
        self._begin = begin
        self._opening = opening
        self._encoding = encoding
        self._whole = ToLine(LINE)
        self._open: Request | None = None
        self._held: bytes | None = None
        """The audio of a pause, while there is one."""
        self._calls: list[Call] = []

    async def send(self, speech: Stream[bytes | Pause]) -> None:
        """Return when all of *speech* is sent, or a request has failed: its answers tell why."""
        try:
            async for piece in speech:
                await self._take(piece)
            await self._end()
        except (aio.AioRpcError, asyncio.InvalidStateError):
            return
        except Exception:
            self.drop()
            raise
        finally:
            self.requests.put_nowait(None)

    def drop(self) -> None:
        """Want no answers any more."""
        for call in self._calls:
            call.cancel()

    async def _take(self, piece: bytes | Pause) -> None:
        match piece:
            case Pause.BEGAN:
                await self._end()
                self._held = b""
            case Pause.OVER:
                held, self._held = self._held, None
                await self._send(held or b"")
            case bytes():
                pcm = self._whole.feed(piece)
                if self._held is None:
                    await self._send(pcm)
                else:
                    self._held += pcm

    async def _send(self, pcm: bytes) -> None:
        if not pcm:
            return
        if self._open is None:
            call = await self._begin()
            self._calls.append(call)
            self._open = Request(call)
            self.requests.put_nowait(self._open)
            await call.write(self._opening)
        await self._open.send(encode(pcm, self._encoding))

    async def _end(self) -> None:
        if self._open:
            request, self._open = self._open, None
            await request.end()
