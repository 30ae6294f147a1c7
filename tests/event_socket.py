"""The far end of an Event Socket connection, moved by hand: a real socket, and no FreeSWITCH behind it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from assist.switch.connection import Connection
from assist.switch.wire import Command, CommandParser, frame

CAPTURES = Path(__file__).parent / "data" / "esl"


class FarEnd:
    """What FreeSWITCH would be."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._parser = CommandParser()
        self._received: list[Command] = []

    async def receive(self) -> Command:
        """Return the next command."""
        while not self._received:
            data = await self._reader.read(4096)
            assert data, "the connection was closed"
            self._received += self._parser.feed(data)
        return self._received.pop(0)

    async def is_left(self) -> bool:
        """Return once the other side is gone, and leave too: whether it sent nothing more before."""
        try:
            return not self._received and await self._reader.read() == b""
        except ConnectionResetError:
            return not self._received
        finally:
            await self.leave()

    def send(self, data: bytes) -> None:
        self._writer.write(data)

    def reply(self, text: str, **headers: str) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.send(frame({"Content-Type": "command/reply", "Reply-Text": text, **named}))

    def print(self, text: str) -> None:
        self.send(frame({"Content-Type": "api/response"}, text.encode()))

    def tell(self, json: str) -> None:
        self.send(frame({"Content-Type": "text/event-json"}, json.encode()))

    async def leave(self) -> None:
        self._writer.close()
        with suppress(ConnectionError):
            await self._writer.wait_closed()


async def dial(port: int) -> FarEnd:
    """Connect to a server on this host."""
    return FarEnd(*await asyncio.open_connection("127.0.0.1", port))


@asynccontextmanager
async def listening() -> AsyncIterator[tuple[int, "asyncio.Queue[FarEnd]"]]:
    """Yield a port, and who connects to it."""
    arrived: asyncio.Queue[FarEnd] = asyncio.Queue()
    ends: list[FarEnd] = []

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ends.append(FarEnd(reader, writer))
        await arrived.put(ends[-1])

    async with await asyncio.start_server(take, "127.0.0.1", 0) as server:
        try:
            yield server.sockets[0].getsockname()[1], arrived
        finally:
            for end in ends:
                await end.leave()


@asynccontextmanager
async def connected() -> AsyncIterator[tuple[Connection, FarEnd]]:
    """Yield both ends of a connection."""
    async with listening() as (port, arrived):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        async with Connection(reader, writer) as connection:
            yield connection, await arrived.get()
