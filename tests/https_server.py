"""A web server with TLS on this machine, and names for it that only the tests know."""

import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import trustme
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

NAME = "hooks.example"
HERE = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Server:
    """One that runs."""

    port: int
    trusted: ssl.SSLContext
    """Believes its certificate."""

    def url(self, path: str = "/", name: str = NAME) -> str:
        return f"https://{name}:{self.port}{path}"


@dataclass
class Names(AbstractResolver):
    """Answers with each name's addresses, the first list first and the last for ever."""

    addresses: Mapping[str, Sequence[Sequence[str]]] = field(default_factory=lambda: {NAME: [[HERE]]})
    asked: list[str] = field(default_factory=list)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        lists = self.addresses.get(host)
        if lists is None:
            raise OSError("no such name")
        found = lists[min(self.asked.count(host), len(lists) - 1)]
        self.asked.append(host)
        return [self._result(host, address, port) for address in found]

    def _result(self, host: str, address: str, port: int) -> ResolveResult:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        numeric = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
        return ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=numeric)

    async def close(self) -> None:
        pass


@asynccontextmanager
async def https_server(
    handler: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]], *names: str
) -> AsyncIterator[Server]:
    """Lend a server that answers every request by *handler*; its certificate is for *names*."""
    authority = trustme.CA()
    own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*(names or (NAME,))).configure_cert(own)
    trusted = ssl.create_default_context()
    authority.configure_trust(trusted)
    runner = web.ServerRunner(web.Server(handler), shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, HERE, 0, ssl_context=own)
        await site.start()
        yield Server(runner.addresses[0][1], trusted)
    finally:
        await runner.cleanup()
