"""Two switches to state the same facts on: the simulated one, and a real FreeSWITCH."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import IPv4Network
from pathlib import Path
from typing import Protocol

import numpy as np
import pytest
from numpy.typing import NDArray

from assist.aio import race
from assist.audio import g711
from assist.audio.formats import Encoding
from assist.simulate.line import SimulatedCall, SimulatedLine
from assist.simulate.ports import free_ports
from assist.switch.connection import Connection
from assist.switch.events import Event
from assist.switch.server import serve
from assist.switch.voice import Pipe
from tests.fast_time import hasten

Samples = NDArray[np.int16]

BYTES_PER_SECOND = 16000
EAR = "{enable_file_write_buffering=false,RECORD_PRE_BUFFER_FRAMES=1,RECORD_READ_ONLY=true}"
"""Variables without which a recording is no ear."""

PASSWORD = "of the simulated switch"

LOOPBACK = [IPv4Network("127.0.0.0/8")]

EVENTS = (
    "CHANNEL_ANSWER CHANNEL_BRIDGE CHANNEL_EXECUTE CHANNEL_EXECUTE_COMPLETE CHANNEL_HANGUP CHANNEL_HANGUP_COMPLETE "
    "CHANNEL_HOLD CHANNEL_UNBRIDGE CHANNEL_UNHOLD CODEC DTMF PLAYBACK_START PLAYBACK_STOP RECORD_START RECORD_STOP"
)


class Caller(Protocol):
    """The caller's end of a call that was answered."""

    async def say(self, pcm: bytes) -> None:
        """Begin to speak."""
        ...

    async def press(self, digits: str) -> None:
        """Begin to press keys."""
        ...

    async def hold(self, held: bool) -> None: ...

    async def reinvite(self, codec: str) -> None: ...

    async def hang_up(self) -> None: ...

    def heard(self) -> Samples:
        """All that was heard so far."""
        ...


class Rig(Protocol):
    """A switch that sends its calls to workers of the test."""

    @property
    def ports(self) -> tuple[int, int]:
        """Where it looks for a worker: first, then next."""
        ...

    @property
    def media_dir(self) -> Path: ...

    def place(self, codec: str = "PCMA") -> AbstractAsyncContextManager[Caller]:
        """Let a caller ring; a worker must answer. At the end he hangs up, and nothing may be left of the call."""
        ...

    @property
    def event_socket(self) -> tuple[int, str]:
        """Port and password of the switch's own, on loopback."""
        ...


@dataclass(slots=True)
class Diary:
    """The events of a call, in order."""

    events: list[Event] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def write(self, event: Event) -> None:
        self.events.append(event)
        self.changed.set()

    @property
    def names(self) -> list[str]:
        return [event.name for event in self.events]

    def find(self, name: str, application: str = "") -> Event | None:
        """Return the first of that name, of that application if one is given."""
        found = (event for event in self.events if event.name == name)
        return next((event for event in found if application in ("", event.get("Application-UUID"))), None)

    async def wait(self, name: str, application: str = "", seconds: float = 5.0) -> Event:
        """Wait for the first of that name, of that application if one is given."""
        async with asyncio.timeout(seconds):
            while (event := self.find(name, application)) is None:
                self.changed.clear()
                await self.changed.wait()
        return event


@dataclass(slots=True)
class Call:
    """A call as its worker has it, on the bare connection."""

    connection: Connection
    connect: Event
    diary: Diary = field(default_factory=Diary)
    stays: bool = False
    """The worker keeps the connection after the call, until the switch closes it."""

    @property
    def id(self) -> str:
        return self.connect["Unique-ID"]

    async def api(self, command: str, rest: str = "") -> str:
        return await self.connection.api(f"{command} {self.id} {rest}".rstrip())

    async def run(self, application: str, argument: str = "", *, locked: bool = True) -> str:
        """Queue an application, and return what its events call it."""
        if locked:
            return await self.connection.execute(application, argument)
        identifier = f"unlocked-{application}-{len(self.diary.events)}"
        headers = {"call-command": "execute", "execute-app-name": application, "event-uuid": identifier}
        await self.connection.command("sendmsg", {**headers, "execute-app-arg": argument} if argument else headers)
        return identifier

    async def done(self, application: str, seconds: float = 5.0) -> Event:
        """Wait for the end of that application."""
        return await self.diary.wait("CHANNEL_EXECUTE_COMPLETE", application, seconds)


@asynccontextmanager
async def worker(port: int) -> AsyncIterator["asyncio.Queue[Call]"]:
    """Answer what comes to that port, and give it to the test."""
    calls: asyncio.Queue[Call] = asyncio.Queue()

    async def hold(connection: Connection, connect: Event) -> None:
        call = Call(connection, connect)
        connection.subscribe(call.diary.write)
        await connection.command(f"filter Unique-ID {call.id}")
        await connection.command(f"event json {EVENTS}")
        await connection.command("linger 5")
        await call.done(await call.run("answer"))
        calls.put_nowait(call)
        await race(call.diary.wait("CHANNEL_HANGUP_COMPLETE", seconds=60), connection.closed())
        if call.stays:
            await connection.closed()

    async with serve(hold, "127.0.0.1", port, limit=5, peers=LOOPBACK):
        yield calls


def now() -> float:
    """Return the time by which everything here waits."""
    return asyncio.get_running_loop().time()


async def until(true: Callable[[], bool], seconds: float = 5.0) -> None:
    """Wait for something that nobody tells of."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 -- a file that grows sets no event
            await asyncio.sleep(0.005)


class SimulatedCaller:
    """Fulfils `Caller`."""

    def __init__(self, call: SimulatedCall) -> None:
        self._call = call
        self._begun: list[asyncio.Task[None]] = []

    async def say(self, pcm: bytes) -> None:
        self._begun.append(asyncio.create_task(self._call.say(pcm)))

    async def press(self, digits: str) -> None:
        self._begun.append(asyncio.create_task(self._call.press(digits)))

    async def hold(self, held: bool) -> None:
        if held:
            self._call.hold()
        else:
            self._call.unhold()

    async def reinvite(self, codec: str) -> None:
        self._call.reinvite(codec)

    async def hang_up(self) -> None:
        await self._call.hang_up()
        await asyncio.gather(*self._begun)

    def heard(self) -> Samples:
        return np.frombuffer(self._call.recorded, "<i2")


@dataclass(frozen=True, slots=True)
class SimulatedRig:
    """Fulfils `Rig`."""

    line: SimulatedLine
    ports: tuple[int, int]
    media_dir: Path
    event_socket: tuple[int, str]

    @asynccontextmanager
    async def place(self, codec: str = "PCMA") -> AsyncIterator[Caller]:
        async with self.line.call("1000", codec=codec, variables={"assist_assistant": "clinica"}) as call:
            caller = SimulatedCaller(call)
            try:
                yield caller
            finally:
                await caller.hang_up()
        await until(lambda: not self.line.board.sessions)


@asynccontextmanager
async def simulated_rig(directory: Path) -> AsyncIterator[SimulatedRig]:
    first, spare = free_ports(2)
    async with (
        SimulatedLine([f"127.0.0.1:{port}" for port in (first, spare)]) as line,
        line.event_socket(PASSWORD) as port,
    ):
        yield SimulatedRig(line, (first, spare), directory, (port, PASSWORD))


class FedPipe:
    """A pipe to be played, whose bytes are in a law."""

    def __init__(self, path: Path, law: str) -> None:
        self.path = path
        self._law = Encoding(law)
        self._pipe = Pipe(path)

    def feed(self, pcm: bytes) -> None:
        self._pipe.write(g711.encode(pcm, self._law))

    def end(self) -> None:
        self._pipe.close()


class Ear:
    """What was recorded of the caller."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def seconds(self) -> float:
        return self.path.stat().st_size / BYTES_PER_SECOND if self.path.exists() else 0.0

    async def grows(self, seconds: float = 0.06) -> None:
        """Wait for so much more."""
        before = self.seconds
        await until(lambda: self.seconds >= before + seconds)

    async def growth(self, seconds: float) -> float:
        """Return how many seconds come while so many pass."""
        before, began = self.seconds, now()
        await asyncio.sleep(seconds)
        return (self.seconds - before) * seconds / (now() - began)


# Fixtures, for `conftest`; `tests/live` has another rig


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    hasten()
    async with simulated_rig(tmp_path) as simulated:
        yield simulated


@pytest.fixture
def codec() -> str:
    return "PCMA"


@pytest.fixture
async def caller(rig: Rig, codec: str, calls: "asyncio.Queue[Call]") -> AsyncIterator[Caller]:
    """The far end of an answered call."""
    async with rig.place(codec) as placed:
        yield placed


@pytest.fixture
async def calls(rig: Rig) -> AsyncIterator["asyncio.Queue[Call]"]:
    async with worker(rig.ports[0]) as arriving:
        yield arriving


@pytest.fixture
async def call(caller: Caller, calls: "asyncio.Queue[Call]") -> Call:
    """The worker's end of that call."""
    return await calls.get()


@pytest.fixture
def pipe(rig: Rig, codec: str) -> Iterator[FedPipe]:
    """A pipe in the codec of the line."""
    made = FedPipe(rig.media_dir / f"voice.{codec}", codec)
    yield made
    made.end()


@pytest.fixture
async def ear(rig: Rig, call: Call) -> AsyncIterator[Ear]:
    """A recording of the caller that grows."""
    path = rig.media_dir / "ear.r8"
    await call.api("uuid_record", f"start {path} 0 {EAR}")
    try:
        yield Ear(path)
    finally:
        path.unlink(missing_ok=True)
