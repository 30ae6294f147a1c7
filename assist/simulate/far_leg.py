"""The caller's end of a call over a private FreeSWITCH: real SIP and RTP, driven as an assistant's end is."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import ip_network
from uuid import uuid4

from assist.aio import Stream, race
from assist.call.channel import Channel
from assist.simulate.freeswitch import PrivateFreeSwitch
from assist.switch.channel import open_channel
from assist.switch.connection import Connection
from assist.switch.control import Control
from assist.switch.events import Event
from assist.switch.media import Media
from assist.switch.server import serve

LOOPBACK = [ip_network("127.0.0.0/8")]


class Ear:
    """Keeps what the caller hears, and hands it to whoever listens."""

    def __init__(self) -> None:
        self.recorded = bytearray()
        self.listeners: list[asyncio.Queue[bytes]] = []

    def hear(self, audio: bytes) -> None:
        self.recorded += audio
        for listener in self.listeners:
            listener.put_nowait(audio)

    def patience(self, speaking: bool) -> int:
        return 0

    def press(self, digit: str) -> None:
        """The assistant's end sends no keys."""

    def hold(self, held: bool) -> None:
        """Nor does it put the caller on hold."""


class FarLeg:
    """Fulfils `assist.simulate.caller.Leg`."""

    def __init__(self, channel: Channel, ear: Ear, control: Control) -> None:
        self._channel = channel
        self._ear = ear
        self._control = control

    @property
    def id(self) -> str:
        """FreeSWITCH's, of this end's channel."""
        return self._channel.line.id

    @property
    def recorded(self) -> bytes:
        """All that was heard so far, `LINE`."""
        return bytes(self._ear.recorded)

    async def say(self, audio: bytes) -> None:
        await self._channel.play(_once(audio))

    async def press(self, digits: str) -> None:
        await self._control.connection.api(f"uuid_send_dtmf {self.id} {digits}")

    async def listen(self) -> Stream[bytes]:
        heard: asyncio.Queue[bytes] = asyncio.Queue()
        self._ear.listeners.append(heard)
        try:
            while frame := await race(heard.get(), self._end()):
                yield frame
        finally:
            self._ear.listeners.remove(heard)

    async def hang_up(self) -> None:
        await self._channel.hang_up()

    async def ended(self) -> str:
        return await self._channel.hung_up()

    async def _end(self) -> bytes:
        await self._channel.hung_up()
        return b""


async def _once(audio: bytes) -> Stream[bytes]:
    yield audio


@asynccontextmanager
async def far_leg(switch: PrivateFreeSwitch, number: str, codec: str = "PCMA") -> AsyncIterator[FarLeg]:
    """Call *number* from the carrier's side and yield the caller's end once it is answered. Raises `HungUp`.

    Leaving the block ends the call.
    """
    arrived: asyncio.Future[FarLeg] = asyncio.get_running_loop().create_future()

    async def hold(connection: Connection, connect: Event) -> None:
        async with open_channel(connection, connect, media) as channel:
            ear = Ear()
            await channel.listen(ear)
            arrived.set_result(FarLeg(channel, ear, control))
            await channel.hung_up()

    async with (
        Media(switch.media_dir / "far") as media,
        switch.control() as control,
        serve(hold, "127.0.0.1", 0, limit=1, peers=LOOPBACK) as server,
    ):
        uuid = str(uuid4())
        await control.originate(
            switch.caller(number),
            "caller",
            uuid=uuid,
            context="far",
            variables={"far_socket": f"127.0.0.1:{server.port}", "absolute_codec_string": codec},
        )
        leg = await arrived
        try:
            yield leg
        finally:
            await leg.hang_up()
