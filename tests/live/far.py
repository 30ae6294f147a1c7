"""The caller's end of a live test's call, and the call."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from assist.simulate.freeswitch import PrivateFreeSwitch
from assist.switch.channel import FreeSwitchChannel, open_channel
from assist.switch.connection import Connection
from assist.switch.control import Control
from assist.switch.events import Event
from assist.switch.media import Media
from assist.switch.server import serve

Samples = NDArray[np.int16]

LOOPBACK = [IPv4Network("127.0.0.0/8")]

READ_ONLY = "{enable_file_write_buffering=false,RECORD_PRE_BUFFER_FRAMES=1,RECORD_READ_ONLY=true}"


class Caller:
    """The far leg: hears, speaks, presses keys, hangs up."""

    def __init__(self, control: Control, directory: Path) -> None:
        self.id = str(uuid4())
        self._control = control
        self._heard = directory / f"{self.id}.r8"
        self._spoken = directory / f"{self.id}.raw"

    async def do(self, command: str, rest: str = "") -> str:
        return await self._control.connection.api(f"{command} {self.id} {rest}".rstrip())

    async def listen(self) -> None:
        await self.do("uuid_record", f"start {self._heard} 0 {READ_ONLY}")

    def heard(self) -> Samples:
        """All that was heard since `listen`."""
        return np.frombuffer(self._heard.read_bytes() if self._heard.exists() else b"", "<i2")

    async def hears(self, samples: int) -> Samples:
        """Wait until that many were heard since `listen`, and return all."""
        async with asyncio.timeout(10):
            while len(heard := self.heard()) < samples:  # noqa: ASYNC110 - a file tells nobody that it grew
                await asyncio.sleep((samples - len(heard)) / 8000)
        return heard

    async def say(self, pcm: bytes) -> None:
        """Begin to speak."""
        self._spoken.write_bytes(pcm)
        await self.do("uuid_broadcast", f"{self._spoken} aleg")


@dataclass(slots=True)
class LiveCall:
    """Both ends."""

    channel: FreeSwitchChannel
    connection: Connection
    media: Media
    caller: Caller


@asynccontextmanager
async def answered(
    switch: PrivateFreeSwitch,
    control: Control,
    directory: Path,
    codec: str = "PCMA",
    media_dir: Path | None = None,
) -> AsyncIterator[LiveCall]:
    """Yield a call that the worker has answered, and end it; then nothing may be left."""
    arrived: asyncio.Future[LiveCall] = asyncio.get_running_loop().create_future()
    finished = asyncio.Event()
    caller = Caller(control, directory)

    async def handler(connection: Connection, connect: Event) -> None:
        async with open_channel(connection, connect, media, ring_seconds=1) as channel:
            await channel.answer()
            arrived.set_result(LiveCall(channel, connection, media, caller))
            await finished.wait()
            await channel.hang_up()

    async with (
        Media(media_dir or switch.media_dir) as media,
        serve(handler, "127.0.0.1", switch.ports.worker, limit=2, peers=LOOPBACK),
    ):
        try:
            await place(control, switch, caller.id, codec)
            call = await arrived
            await caller.listen()
            yield call
        finally:
            finished.set()
    await nothing_is_left(switch, control)


async def place(control: Control, switch: PrivateFreeSwitch, identifier: str, codec: str) -> None:
    """Let a caller ring the assistant."""
    variables = f"{{origination_uuid={identifier},timer_name=soft,absolute_codec_string={codec}}}"
    await control.connection.api(f"originate {variables}{switch.caller('1000')} &park()")


async def nothing_is_left(switch: PrivateFreeSwitch, control: Control) -> None:
    """Fail unless there is soon no file and no channel."""
    deadline = time.monotonic() + 3
    while "0 total" not in await control.connection.api("show channels count"):
        assert time.monotonic() < deadline, await control.connection.api("show channels")
        await asyncio.sleep(0.05)
    assert list(switch.media_dir.iterdir()) == []
    assert [
        task.get_name() for task in asyncio.all_tasks() - {asyncio.current_task()} if task.get_name() == "call"
    ] == []
