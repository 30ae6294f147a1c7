"""What runs between a FreeSWITCH and its carrier: SIP over UDP, passed on as it is and looked at."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import cast

LOOPBACK = "127.0.0.1"

_INVITE = re.compile(rb"INVITE sips?:([^@;>\s]+)[@;>\s]")
_HEADER = re.compile(rb"^([\w-]+)[ \t]*:[ \t]*(.*?)[ \t]*\r?$", re.MULTILINE)
_SHORT = {b"i": b"call-id", b"t": b"to"}


@dataclass(frozen=True, slots=True)
class Invitation:
    """An INVITE that begins a call, or begins it once more."""

    number: str
    call: str
    """Its ``Call-ID``."""
    attempt: str


def parse(datagram: bytes) -> Invitation | None:
    """Return the call that *datagram* asks for; None: it is something else, or about a call that there is."""
    invite = _INVITE.match(datagram)
    if invite is None:
        return None
    head, _, _ = datagram.partition(b"\r\n\r\n")
    headers = {_SHORT.get(name.lower(), name.lower()): value.decode() for name, value in _HEADER.findall(head)}
    if ";tag=" in headers.get(b"to", ""):
        return None
    attempt = headers.get(b"x-assist-attempt", "")
    return Invitation(invite[1].decode(), headers.get(b"call-id", ""), attempt)


class Wire(asyncio.DatagramProtocol):
    """Passes on what comes from either side. What *passes* refuses is lost on the way."""

    def __init__(self, switch: int, carrier: int, passes: Callable[[Invitation], bool]) -> None:
        """*switch* and *carrier* are ports on loopback."""
        self._switch = switch
        self._carrier = carrier
        self._passes = passes

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        if address[1] == self._carrier:
            self._transport.sendto(data, (LOOPBACK, self._switch))
        elif (invitation := parse(data)) is None or self._passes(invitation):
            self._transport.sendto(data, (LOOPBACK, self._carrier))


@asynccontextmanager
async def wire(port: int, switch: int, carrier: int, passes: Callable[[Invitation], bool]) -> AsyncIterator[None]:
    """Be what the *switch* takes for its carrier, at *port*."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(
        lambda: Wire(switch, carrier, passes), local_addr=(LOOPBACK, port)
    )
    try:
        yield
    finally:
        transport.close()
