"""A SIP caller of one datagram at a time, for what no well-behaved telephone sends."""

import asyncio
import re
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

PCMA = ("PCMA/8000", 8)
PCMU = ("PCMU/8000", 0)
G729 = ("G729/8000", 18)

ANSWER_SECONDS = 10.0


class Telephone(asyncio.DatagramProtocol):
    """One call to a SIP server on 127.0.0.1."""

    def __init__(self, name: bytes) -> None:
        self.name = name
        self.received: asyncio.Queue[bytes] = asyncio.Queue()
        self.call = secrets.token_hex(8)
        self.far_tag = b""
        self.sequence = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)
        self.host, self.port = transport.get_extra_info("sockname")

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.received.put_nowait(data)

    async def invite(self, number: str, codec: tuple[str, int] = PCMA) -> int:
        """Call *number* and return the status of the final answer, acknowledged."""
        branch = secrets.token_hex(8)
        self._send("INVITE", number, branch, self._offer(codec))
        status = await self.status()
        self._send("ACK", number, branch if status >= 300 else secrets.token_hex(8))
        return status

    async def ask(self, method: str, number: str) -> int:
        """Send another request, within the call if there is one, and return the status of the answer."""
        self._send(method, number, secrets.token_hex(8))
        return await self.status()

    async def status(self) -> int:
        """Wait for the next final answer."""
        async with asyncio.timeout(ANSWER_SECONDS):
            while True:
                answer = await self.received.get()
                if (match := re.match(rb"SIP/2.0 ([2-6]\d\d)", answer)) is not None:
                    if (tag := re.search(rb"^(?:To|t):.*;tag=([^;\r]+)", answer, re.MULTILINE)) is not None:
                        self.far_tag = tag[1]
                    return int(match[1])

    def _send(self, method: str, number: str, branch: str, body: bytes = b"") -> None:
        here = f"{self.host}:{self.port}"
        to = f"<sip:{number}@127.0.0.1>".encode() + (b";tag=" + self.far_tag if self.far_tag else b"")
        if method != "ACK":
            self.sequence += 1
        lines = [
            f"{method} sip:{number}@127.0.0.1 SIP/2.0".encode(),
            f"Via: SIP/2.0/UDP {here};branch=z9hG4bK{branch};rport".encode(),
            b"Max-Forwards: 70",
            b'From: "' + self.name + f'" <sip:34600000000@{here}>;tag={self.call}'.encode(),
            b"To: " + to,
            f"Call-ID: {self.call}@assist".encode(),
            f"CSeq: {self.sequence} {method}".encode(),
            f"Contact: <sip:test@{here}>".encode(),
            f"Refer-To: <sip:34906000000@{here}>".encode(),
            b"Content-Type: application/sdp",
            f"Content-Length: {len(body)}".encode(),
        ]
        self.transport.sendto(b"\r\n".join(lines) + b"\r\n\r\n" + body)

    def _offer(self, codec: tuple[str, int]) -> bytes:
        name, payload = codec
        return (
            f"v=0\r\no=- 1 1 IN IP4 {self.host}\r\ns=-\r\nc=IN IP4 {self.host}\r\nt=0 0\r\n"
            f"m=audio {self.port - 2} RTP/AVP {payload}\r\na=rtpmap:{payload} {name}\r\n"
        ).encode()


@asynccontextmanager
async def telephone(server_port: int, *, name: bytes = b"Caller", host: str = "127.0.0.1") -> AsyncIterator[Telephone]:
    """Yield a caller at *host* who dials the server at 127.0.0.1:*server_port*."""
    loop = asyncio.get_running_loop()
    transport, caller = await loop.create_datagram_endpoint(
        lambda: Telephone(name), local_addr=(host, 0), remote_addr=("127.0.0.1", server_port)
    )
    try:
        yield caller
    finally:
        transport.close()
