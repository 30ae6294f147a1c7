"""Asks what is at an address that somebody else wrote."""

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from ssl import SSLContext
from typing import Final

import aiohttp
from aiohttp.abc import AbstractResolver

from assist.errors import WebError
from assist.web.address import is_public, read_url

WITHIN: Final = 10.0
"""Seconds for all of it: the name, the connection, the question and the answer."""
MOST: Final = 65_536
"""Bytes of an answer."""
CONNECTIONS: Final = 1000
"""At once, of one process: whoever asks bounds how often he asks at once, so that nobody waits for others here."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    """As it came: a redirection is not followed."""
    headers: Mapping[str, str]
    """Their names in any case."""
    body: bytes
    whole: bool
    """Whether *body* is all there was."""


class Web:
    """What may be asked of it, one question at a time or many."""

    def __init__(self, session: aiohttp.ClientSession, loopback: bool) -> None:
        self._session = session
        self._loopback = loopback

    async def post(
        self, url: str, body: bytes, headers: Mapping[str, str], *, within: float = WITHIN, most: int = MOST
    ) -> Answer:
        """Send *body* to *url*, once, and return the answer, of its body the first *most* bytes.

        Raises `WebError`; then it may have arrived nevertheless, unless that says that it was refused.
        """
        address = read_url(url, loopback=self._loopback)
        try:
            async with (
                asyncio.timeout(within),
                self._session.post(address, data=body, headers=headers, allow_redirects=False) as response,
            ):
                start, whole = await _beginning(response.content, most)
                return Answer(response.status, response.headers, start, whole)
        except (aiohttp.ClientError, OSError) as error:
            raise _told(error) from None


async def _beginning(content: aiohttp.StreamReader, most: int) -> tuple[bytes, bool]:
    """Return the first *most* bytes of *content*, and whether that is all of it."""
    start = b""
    while len(start) < most and (more := await content.read(most - len(start))):
        start += more
    return start, content.at_eof()


class _NotPublic(PermissionError):
    """The name resolved to an address that may not be asked."""


def _told(error: aiohttp.ClientError | OSError) -> WebError:
    """Return *error* without the names and addresses that the library puts into it."""
    match error:
        case aiohttp.ClientConnectorError(os_error=_NotPublic()):
            return WebError("is no public address", refused=True)
        case aiohttp.InvalidURL():
            return WebError("is no address: write https://host/path", refused=True)
        case TimeoutError():
            return WebError("no answer in time")
        case aiohttp.ClientConnectorDNSError():
            return WebError("its name is not known")
        case aiohttp.ClientSSLError():
            return WebError("its certificate is not valid")
        case aiohttp.ClientConnectorError():
            return WebError("no connection")
    return WebError("the connection broke")


@asynccontextmanager
async def open_web(
    *, loopback: bool = False, resolver: AbstractResolver | None = None, trusted: SSLContext | None = None
) -> AsyncIterator[Web]:
    """Lend the web; with *loopback* this machine is part of it, as tests need, and may be asked without TLS.

    *resolver* finds the addresses of names, *trusted* says whose certificates are believed: without them the system's.
    """

    def door(info: aiohttp.AddrInfoType) -> socket.socket:
        # All connections come through here, each with the very address that it is made to: whatever a name resolves
        # to the next time does not matter.
        family, kind, protocol, _, where = info
        address = ip_address(str(where[0]))
        if not (is_public(address) or (loopback and address.is_loopback)):
            raise _NotPublic("not public")
        return socket.socket(family, kind, protocol)

    connector = aiohttp.TCPConnector(limit=CONNECTIONS, resolver=resolver, ssl=trusted or True, socket_factory=door)
    async with aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(),
        auto_decompress=False,
        headers={"User-Agent": "Assist", "Accept-Encoding": "identity"},
        trust_env=False,
    ) as session:
        yield Web(session, loopback)
