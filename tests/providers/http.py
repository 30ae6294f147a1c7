"""What the local services that speak HTTP have in common: the port, the diary, and the faults of any of them."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Self, TypeAlias

from aiohttp import web
from pydantic import JsonValue

from tests.providers import Fault


class HttpService:
    """A `ProviderServer` whose protocol, and the faults that are peculiar to it, is *answer*.

    Its address is the option *address* of the *engine*, *environment* holds the key that it takes.
    """

    def __init__(
        self,
        engine: str,
        answer: "Answer",
        *,
        address: str,
        environment: Mapping[str, str],
        options: Mapping[str, JsonValue] = MappingProxyType({}),
    ) -> None:
        self.engine = engine
        self.environment = environment
        self._options = options
        self.requests = 0
        self.client_left = asyncio.Event()
        self.asked = asyncio.Event()
        """Set when a request has come."""
        self.connections = 0
        """So many were made."""
        self._address = address
        self._answer = answer
        self._fault: Fault | None = None
        self._server = web.Server(self._serve, handler_cancellation=True, access_log=None)
        self._listening: asyncio.Task[asyncio.Server] | None = None
        self._port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def options(self) -> Mapping[str, JsonValue]:
        return {**self._options, self._address: self.url}

    @property
    def fault(self) -> Fault | None:
        return self._fault

    @fault.setter
    def fault(self, fault: Fault | None) -> None:
        self._fault = fault
        if fault is Fault.CLOSED:
            self._shut()
        elif self._listening is None:
            self._listen()

    async def __aenter__(self) -> Self:
        self._listen()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._shut()
        await self._server.shutdown(timeout=0)

    def _listen(self) -> None:
        listener = socket.create_server(("127.0.0.1", self._port))
        self._port = listener.getsockname()[1]
        self._listening = asyncio.create_task(asyncio.get_running_loop().create_server(self._connected, sock=listener))

    def _connected(self) -> asyncio.Protocol:
        self.connections += 1
        return self._server()

    def _shut(self) -> None:
        if self._listening is None:
            return
        self._listening.add_done_callback(lambda listening: listening.result().close())
        self._listening = None
        for connection in self._server.connections:
            connection.force_close()

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        self.requests += 1
        self.asked.set()
        try:
            if self._fault is Fault.SILENT:
                await asyncio.Event().wait()
            return await self._answer(self, request)
        except (asyncio.CancelledError, ConnectionError):
            self.client_left.set()
            raise

    async def stream(self, request: web.BaseRequest, body: bytes, content_type: str) -> web.StreamResponse:
        """Answer with *body* in pieces, the first of which ends within a sample."""
        response = web.StreamResponse(headers={"Content-Type": content_type})
        response.enable_chunked_encoding()
        await response.prepare(request)
        half = len(body) // 4 * 2 + 1
        await response.write(body[:half])
        if self._fault is Fault.STALLED:
            await asyncio.Event().wait()
        if self._fault is Fault.CUT:
            assert request.transport
            request.transport.close()
        await response.write(body[half:])
        await response.write_eof()
        return response


Answer: TypeAlias = Callable[[HttpService, web.BaseRequest], Awaitable[web.StreamResponse]]


def garbage() -> web.Response:
    """Return what the network of a hotel says in place of a service."""
    return web.Response(text="<html>Welcome to our network</html>", content_type="text/html")
