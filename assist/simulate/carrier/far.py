"""A call that has reached a private FreeSWITCH's far end and has not been answered."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from assist.aio import Stream
from assist.call.channel import Channel
from assist.simulate.called import Answered
from assist.simulate.far_leg import Ear, FarLeg
from assist.switch.channel import open_channel
from assist.switch.connection import Connection
from assist.switch.control import Control
from assist.switch.events import Event
from assist.switch.media import Media


class FarRinging:
    """Fulfils `assist.simulate.called.Ringing`; made by `opened`."""

    def __init__(self, connection: Connection, connect: Event, channel: Channel, control: Control) -> None:
        self.number = channel.line.called_number
        self.call = connect.get("variable_sip_call_id")
        self.attempt = connect.get("variable_sip_h_X-Assist-Attempt")
        self._connection = connection
        self._channel = channel
        self._control = control

    async def ring(self) -> None:
        await self._connection.execute("ring_ready")

    async def announce(self, audio: bytes) -> None:
        await self._channel.play(_once(audio))

    async def refuse(self, cause: str) -> None:
        await self._channel.hang_up(cause)

    async def answer(self) -> Answered:
        await self._channel.answer()
        ear = Ear()
        await self._channel.listen(ear)
        return FarLeg(self._channel, ear, self._control)

    async def given_up(self) -> None:
        await self._channel.hung_up()


@asynccontextmanager
async def opened(connection: Connection, connect: Event, media: Media, control: Control) -> AsyncIterator[FarRinging]:
    """Yield the call that *connection* serves."""
    async with open_channel(connection, connect, media) as channel:
        yield FarRinging(connection, connect, channel, control)


async def _once(audio: bytes) -> Stream[bytes]:
    yield audio
