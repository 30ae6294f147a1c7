import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from assist.errors import ProviderError
from assist.provider.circuit import LONGEST, SHORTEST
from assist.provider.health import LIMIT, LOOK, warm, warm_all, watch
from assist.provider.member import Member
from tests.scripted_engines import DOWN, REFUSED, STALL, Script, Steps, nothing_left
from tests.virtual_time import skip_waits

BUSY = ProviderError("x", "status 429", temporary=True, retry_after=SHORTEST)


@pytest.fixture(autouse=True)
async def _skip_waits() -> None:
    skip_waits()


class Connecting:
    """How connecting goes, each time; and when it was tried."""

    def __init__(self, *tries: Steps) -> None:
        self.script: Script[None] = Script(tries)
        self.times: list[float] = []
        self._start = now()

    async def __call__(self) -> None:
        self.times.append(round(now() - self._start, 3))
        async for _ in self.script.play():
            pass

    def member(self) -> Member[str]:
        return Member("a", "", "", self)


def now() -> float:
    return asyncio.get_running_loop().time()


@asynccontextmanager
async def watched(*members: Member[str]) -> AsyncIterator[None]:
    async with nothing_left():
        watching = asyncio.create_task(watch(lambda: members))
        yield
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


@pytest.mark.parametrize(
    ("steps", "reason", "shut"),
    [
        ([0.5], None, False),
        ([DOWN], "down", False),
        ([REFUSED], "status 401", True),
        ([STALL], "no connection in time", False),
        ([OSError("with a key")], "OSError", False),
    ],
)
async def test_warming_tells_who_cannot_be_used_and_why(
    steps: Steps, reason: str | None, shut: bool, caplog: pytest.LogCaptureFixture
) -> None:
    member = Connecting(steps).member()
    failure = await warm(member)
    assert (failure.reason if failure else None) == reason
    assert member.circuit.admits(now()) is not shut
    assert "key" not in caplog.text


async def test_all_are_warmed_side_by_side() -> None:
    good, bad, slow = Connecting([1.0]).member(), Connecting([1.0, REFUSED]).member(), Connecting([STALL]).member()
    start = now()
    told = await warm_all([good, bad, slow])
    assert [(member, error.reason) for member, error in told] == [(bad, "status 401"), (slow, "no connection in time")]
    assert now() - start == pytest.approx(LIMIT)


async def test_those_that_are_well_are_not_disturbed() -> None:
    connecting = Connecting([])
    async with watched(connecting.member()):
        await asyncio.sleep(100)
    assert connecting.times == []


async def test_one_that_was_left_alone_is_tried_when_its_pause_is_over_again_and_again() -> None:
    connecting = Connecting([DOWN], [DOWN], [])
    member = connecting.member()
    async with watched(member):
        await asyncio.sleep(LOOK)
        member.circuit.begin(now()).failed(now(), BUSY)
        await asyncio.sleep(100)
    tries = [LOOK + SHORTEST, LOOK + SHORTEST * 3, LOOK + SHORTEST * 7]
    assert connecting.times == pytest.approx(tries, abs=0.01)


async def test_one_that_passes_is_let_have_a_request_which_decides() -> None:
    connecting = Connecting([])
    member = connecting.member()
    member.circuit.begin(now()).failed(now(), REFUSED)
    async with watched(member):
        await asyncio.sleep(LONGEST - 1)
        assert not member.circuit.admits(now())
        await asyncio.sleep(2)
        assert member.circuit.admits(now())
        assert member.circuit.due is not None
        attempt = member.circuit.begin(now())
        await asyncio.sleep(100)
        attempt.succeeded()
        assert member.circuit.due is None
    assert len(connecting.times) == 1


async def test_no_request_is_let_through_while_it_is_being_tried() -> None:
    member = Connecting([STALL]).member()
    member.circuit.begin(now()).failed(now(), BUSY)
    async with watched(member):
        await asyncio.sleep(SHORTEST + LIMIT / 2)
        assert not member.circuit.admits(now())
    assert member.circuit.admits(now()), "nobody tries any more"
