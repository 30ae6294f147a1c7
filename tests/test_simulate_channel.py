"""The line of a call on the simulated switch: what `tests/live/test_channel.py` asks of a real one."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from assist.simulate.line import SimulatedCall, SimulatedLine
from assist.simulate.ports import free_port
from assist.simulate.profile import Profile
from tests.fast_time import hasten
from tests.live.test_channel import *  # noqa: F403

# Time that is measured, on a machine that others use too: what fails is looked at once more.
pytestmark = [pytest.mark.slow, pytest.mark.flaky(reruns=1)]


@dataclass(frozen=True, slots=True)
class Ports:
    worker: int
    spare: int


@dataclass(frozen=True, slots=True)
class SimulatedSwitch:
    """What the tests ask of a private FreeSWITCH."""

    line: SimulatedLine
    ports: Ports
    media_dir: Path

    def caller(self, number: str) -> str:
        return number


class FarSide:
    """The API commands by which the tests drive the caller's end, done to a simulated caller."""

    def __init__(self, line: SimulatedLine) -> None:
        self._line = line
        self._calls: dict[str, SimulatedCall] = {}
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def connection(self) -> "FarSide":
        return self

    async def api(self, command: str) -> str:
        verb, _, rest = command.partition(" ")
        match verb:
            case "show":
                return f"{len(self._line.board.sessions)} total."
            case "originate":
                return await self._originate(rest)
            case "uuid_hold" if rest.startswith("off "):
                self._calls[rest.removeprefix("off ")].unhold()
                return "+OK"
        identifier, _, rest = rest.partition(" ")
        await self._do(verb, self._calls[identifier], rest.split())
        return "+OK"

    async def _originate(self, argument: str) -> str:
        variables, _, dialled = argument.lstrip("{").partition("}")
        values = dict(pair.split("=") for pair in variables.split(","))
        identifier = values["origination_uuid"]
        profile = Profile("34600000000", "", dialled.split()[0])
        call = self._calls[identifier] = self._line.ring(profile, values["absolute_codec_string"])
        await call.answered()
        return f"+OK {identifier}"

    async def _do(self, verb: str, call: SimulatedCall, words: list[str]) -> None:
        match verb, words:
            case "uuid_record", ["start", path, *_]:
                self._begin(self._record(call, Path(path)))
            case "uuid_broadcast", [path, _]:
                self._begin(call.say(_read(path)))
            case "uuid_send_dtmf", [digits]:
                self._begin(call.press(digits.split("@")[0]))
            case "uuid_hold", []:
                call.hold()
            case "uuid_media_reneg", [codec]:
                call.reinvite(codec.lstrip("="))
            case "uuid_transfer", ["echo", "inline"]:
                self._begin(self._echo(call))
            case "uuid_kill", _:
                await call.hang_up()
            case _:
                raise AssertionError(f"{verb}: not of a simulated caller")

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.append(asyncio.create_task(work))

    async def _record(self, call: SimulatedCall, path: Path) -> None:
        with path.open("wb", buffering=0) as file:
            async with aclosing(call.listen()) as heard:
                async for frame in heard:
                    file.write(frame)

    async def _echo(self, call: SimulatedCall) -> None:
        async with aclosing(call.listen()) as heard:
            async for frame in heard:
                self._begin(call.say(frame))

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def _read(path: str) -> bytes:
    return Path(path).read_bytes()


@pytest.fixture
async def switch(tmp_path: Path) -> AsyncIterator[SimulatedSwitch]:
    hasten()
    ports = Ports(free_port(), free_port())
    media_dir = tmp_path / "media"
    media_dir.mkdir()
    async with SimulatedLine([f"127.0.0.1:{ports.worker}", f"127.0.0.1:{ports.spare}"]) as line:
        yield SimulatedSwitch(line, ports, media_dir)


@pytest.fixture
async def control(switch: SimulatedSwitch) -> AsyncIterator[FarSide]:
    far = FarSide(switch.line)
    yield far
    await far.close()
