"""A real FreeSWITCH as a rig for the facts."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from assist.errors import CommandFailed
from assist.simulate.freeswitch import PrivateFreeSwitch
from assist.switch.control import Control
from tests.live.far import Caller as FarCaller
from tests.live.far import place
from tests.rigs import Caller, Samples


class RealCaller:
    """Fulfils `tests.rigs.Caller`."""

    def __init__(self, far: FarCaller, control: Control) -> None:
        self._far = far
        self._control = control

    async def say(self, pcm: bytes) -> None:
        await self._far.say(pcm)

    async def press(self, digits: str) -> None:
        await self._far.do("uuid_send_dtmf", f"{digits}@100")

    async def hold(self, held: bool) -> None:
        await self._control.connection.api(f"uuid_hold {'' if held else 'off '}{self._far.id}")

    async def reinvite(self, codec: str) -> None:
        await self._far.do("uuid_media_reneg", f"={codec}")

    async def hang_up(self) -> None:
        with suppress(CommandFailed):
            await self._far.do("uuid_kill", "NORMAL_CLEARING")

    def heard(self) -> Samples:
        return self._far.heard()


@dataclass(frozen=True, slots=True)
class RealRig:
    """Fulfils `tests.rigs.Rig`."""

    switch: PrivateFreeSwitch
    control: Control
    directory: Path

    @property
    def ports(self) -> tuple[int, int]:
        return self.switch.ports.worker, self.switch.ports.spare

    @property
    def media_dir(self) -> Path:
        return self.switch.media_dir

    @property
    def event_socket(self) -> tuple[int, str]:
        return self.switch.ports.esl, self.switch.password

    @asynccontextmanager
    async def place(self, codec: str = "PCMA") -> AsyncIterator[Caller]:
        far = FarCaller(self.control, self.directory)
        await place(self.control, self.switch, far.id, codec)
        await far.listen()
        caller = RealCaller(far, self.control)
        try:
            yield caller
        finally:
            await caller.hang_up()
            async with asyncio.timeout(5):
                while not await self._is_idle():  # noqa: ASYNC110 -- the switch tells nobody
                    await asyncio.sleep(0.02)

    async def _is_idle(self) -> bool:
        return "0 total" in await self.control.connection.api("show channels count")
