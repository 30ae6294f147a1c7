"""A real FreeSWITCH for the tests of this directory; they are skipped where there is none."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import TypeVar

import pytest

from assist.demo.voice import caller_voice
from assist.simulate.freeswitch import Installation, PrivateFreeSwitch, private_freeswitch
from assist.switch.control import Control
from assist.tts.pico import Pico
from tests.live.house import House, house
from tests.live.rig import RealRig
from tests.live.switch import ASSISTANTS, DIDS, MISSING, installation

T = TypeVar("T")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/live/" in item.path.as_posix():
            item.add_marker(pytest.mark.live)
            # Real time on a machine that others use too: what fails is looked at once more, and the summary says so.
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(scope="session")
def freeswitch() -> Installation:
    """The installed FreeSWITCH, to start one's own with."""
    found = installation()
    if found is None:
        pytest.skip(MISSING)
    return found


def lent(manager: AbstractAsyncContextManager[T]) -> Iterator[T]:
    """What *manager* manages, for fixtures that outlive the loop of each test."""

    async def enter() -> T:
        return await manager.__aenter__()

    async def leave() -> None:
        await manager.__aexit__(None, None, None)

    with asyncio.Runner() as runner:
        managed = runner.run(enter())
        try:
            yield managed
        finally:
            runner.run(leave())


@pytest.fixture(scope="session")
def switch(freeswitch: Installation) -> Iterator[PrivateFreeSwitch]:
    """One FreeSWITCH for all tests; it answers `DIDS`."""
    yield from lent(private_freeswitch(freeswitch, DIDS, {"ASSIST_SWITCH_LOG_LEVEL": "info"}))


@pytest.fixture
async def control(switch: PrivateFreeSwitch) -> AsyncIterator[Control]:
    """The Event Socket of that FreeSWITCH, to place the caller's leg with."""
    async with switch.control() as connected:
        yield connected


@pytest.fixture(scope="session")
def home(freeswitch: Installation, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """`assist serve` for all tests, on a FreeSWITCH of its own."""

    @asynccontextmanager
    async def started() -> AsyncIterator[House]:
        directory = tmp_path_factory.mktemp("house")
        async with private_freeswitch(freeswitch, DIDS) as own, house(own, redis_url, directory, ASSISTANTS) as ready:
            yield ready

    yield from lent(started())


@pytest.fixture
def rig(switch: PrivateFreeSwitch, control: Control, tmp_path: Path) -> RealRig:
    """That FreeSWITCH, to state facts on."""
    return RealRig(switch, control, tmp_path)


@pytest.fixture
async def voice() -> AsyncIterator[Callable[[str], Awaitable[bytes]]]:
    """Make what a caller says."""
    pico = Pico()
    try:
        await pico.load()
        yield caller_voice(pico, "es")
    finally:
        await pico.close()
