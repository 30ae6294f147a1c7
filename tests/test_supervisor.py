import asyncio
import logging
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from itertools import pairwise
from pathlib import Path

import pytest

from assist.heartbeat import DUMP
from assist.supervisor import LAST_WORDS, Action, Beat, Died, Policy, Roster, Send, Spawn, Stop, Tell, supervise

PLAIN = Policy(workers=2, hung_after=2.0, ready_within=60.0, drain=30.0)


def told(actions: list[Action]) -> list[str]:
    return [action.text for action in actions if isinstance(action, Tell)]


def done(actions: list[Action]) -> list[Action]:
    return [action for action in actions if not isinstance(action, Tell)]


class Day:
    """A roster's day in virtual time: every tenth of a second is looked at, and healthy workers beat."""

    def __init__(self, policy: Policy = PLAIN) -> None:
        self.roster = Roster(policy)
        self.now = 1000.0
        self.healthy: set[int] = set()
        self.next_beat = self.now

    def happens(self, *happened: Beat | Died | Stop) -> list[Action]:
        return list(self.roster.feed(self.now, *happened))

    def passes(self, seconds: float) -> list[Action]:
        actions: list[Action] = []
        for _ in range(round(seconds * 10)):
            self.now += 0.1
            beats = []
            if self.now >= self.next_beat:
                self.next_beat = self.now + 0.5
                beats = [Beat(worker) for worker in sorted(self.healthy)]
            actions += self.happens(*beats)
        return actions

    def begins(self) -> "Day":
        """Return when both workers have been at work for a minute."""
        assert self.happens() == [Spawn(0), Spawn(1)]
        self.healthy = {0, 1}
        assert self.passes(60) == []
        return self


def test_workers_that_beat_are_left_alone() -> None:
    assert Day().begins().passes(600) == []


def test_a_worker_that_stops_beating_says_where_and_is_killed() -> None:
    day = Day().begins()
    day.healthy = {0}
    assert day.passes(1.4) == []
    actions = day.passes(1.2)
    assert done(actions) == [Send(1, DUMP), Send(1, signal.SIGKILL)]
    assert told(actions) == ["worker 1 hangs: no heartbeat for 2 s: it is killed"]
    assert day.passes(5) == [], "once is enough"


def test_there_is_time_for_last_words() -> None:
    day = Day().begins()
    day.now += 0.5
    day.healthy.clear()
    while not (actions := day.passes(0.1)):
        pass
    told_at = day.now
    assert Send(0, signal.SIGKILL) not in actions
    while Send(0, signal.SIGKILL) not in day.passes(0.1):
        pass
    assert day.now - told_at == pytest.approx(LAST_WORDS, abs=0.11)


def test_a_worker_that_dies_after_a_while_is_replaced_at_once() -> None:
    day = Day().begins()
    actions = day.happens(Died(1, -signal.SIGKILL))
    assert done(actions) == [Spawn(1)]
    assert told(actions) == ["worker 1 was ended by SIGKILL: another takes its place"]


def test_a_worker_that_loads_models_has_longer() -> None:
    day = Day()
    day.happens()
    assert day.passes(59) == []
    actions = day.passes(2)
    assert done(actions)[:2] == [Send(0, DUMP), Send(1, DUMP)]
    assert told(actions)[0] == "worker 0 was not ready 60 s after its start: it is killed"


def test_a_worker_that_dies_at_its_start_is_retried_ever_more_slowly_and_said_so_twice_at_most() -> None:
    day = Day()
    day.happens()
    day.healthy = {1}
    starts, texts = [], []
    actions = day.happens(Died(0, 3))
    for _ in range(10_000):
        texts += told(actions)
        if Spawn(0) in actions:
            starts.append(day.now)
            actions = day.happens(Died(0, 3))
        else:
            actions = day.passes(0.1)
    assert texts == [
        "worker 0 ended with exit code 3: another takes its place",
        "worker 0 ended with exit code 3 soon after its start, again: retried, every 30 s at last",
    ]
    pauses = [after - before for before, after in pairwise(starts)]
    assert pauses[:5] == pytest.approx([1, 2, 4, 8, 16], abs=0.15)
    assert pauses[5:] == pytest.approx([30] * len(pauses[5:]), abs=0.15)
    assert len(pauses) > 20


def test_a_worker_that_recovers_is_told_and_its_next_death_is_the_first() -> None:
    day = Day().begins()
    day.happens(Died(0, 1), Died(0, 1))
    day.healthy = {1}
    while Spawn(0) not in day.passes(0.1):
        pass
    day.healthy = {0, 1}
    assert told(day.passes(11)) == ["worker 0 is well again"]
    assert done(day.happens(Died(0, 1))) == [Spawn(0)]


def test_asked_to_stop_it_waits_for_calls_to_end_and_replaces_nobody() -> None:
    day = Day().begins()
    assert day.happens(Stop()) == [Send(0, signal.SIGTERM), Send(1, signal.SIGTERM)]
    assert day.passes(29) == []
    assert day.happens(Died(0, 0)) == []
    assert not day.roster.over
    day.healthy = {1}
    assert day.happens(Died(1, -signal.SIGTERM)) == []
    assert day.roster.over


def test_who_does_not_stop_in_time_is_killed() -> None:
    day = Day().begins()
    day.happens(Stop())
    actions = day.passes(31)
    assert done(actions) == [Send(0, DUMP), Send(1, DUMP), Send(0, signal.SIGKILL), Send(1, signal.SIGKILL)]
    assert told(actions)[0] == "worker 0 has not finished 30 s after it was asked to stop: it is killed"


def test_who_hangs_while_stopping_is_killed_sooner() -> None:
    day = Day().begins()
    day.happens(Stop())
    day.healthy = {0}
    assert done(day.passes(3)) == [Send(1, DUMP), Send(1, signal.SIGKILL)]


def test_asked_twice_it_stops_at_once() -> None:
    day = Day().begins()
    day.happens(Stop())
    day.passes(1)
    assert day.happens(Stop()) == [Send(0, signal.SIGKILL), Send(1, signal.SIGKILL)]
    assert day.happens(Died(0, -signal.SIGKILL), Died(1, -signal.SIGKILL)) == []
    assert day.roster.over


def test_one_that_waits_for_its_next_attempt_does_not_hold_up_the_end() -> None:
    day = Day()
    day.happens()
    day.happens(Died(0, 3), Died(1, 3))
    assert day.happens(Stop()) == []
    assert day.roster.over


def test_a_parent_that_was_stopped_itself_blames_nobody() -> None:
    day = Day().begins()
    day.now += 3600
    assert day.happens() == []
    assert day.passes(10) == []


# From here on with real processes.

QUICK = Policy(workers=2, hung_after=1.0, ready_within=20.0, drain=20.0, steady_after=0.0)

WORKER = """
import asyncio, os, signal, socket, sys, time
from assist.heartbeat import heartbeat

def tell(what):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as diary:
        diary.sendto(f"{what} {os.getpid()}".encode(), sys.argv[1])

def hang_here():
    tell("hanging")
    time.sleep(60)

async def main():
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, lambda: tell("asked") if "stubborn" in sys.argv else stop.set())
    loop.add_signal_handler(signal.SIGHUP, hang_here)
    async with heartbeat(every=0.05):
        tell("ready")
        await stop.wait()
        tell("stopped")

asyncio.run(main())
"""

PARENT = """
import asyncio, sys
from assist.supervisor import Policy, supervise

asyncio.run(supervise(sys.argv[1:], Policy(hung_after=1.0)))
"""


class Diary:
    """What workers tell, in order."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._socket.setblocking(False)

    def close(self) -> None:
        self._socket.close()

    async def next(self, what: str) -> int:
        """Return the process that tells *what* next."""
        async with asyncio.timeout(20):
            while True:
                line = await asyncio.get_running_loop().sock_recv(self._socket, 100)
                told_what, process = line.decode().split()
                if told_what == what:
                    return int(process)

    async def both(self, what: str) -> set[int]:
        return {await self.next(what), await self.next(what)}


@pytest.fixture
def diary(tmp_path: Path) -> Iterator[Diary]:
    opened = Diary(tmp_path / "diary")
    yield opened
    opened.close()


def worker(diary: Diary, *how: str) -> list[str]:
    return [sys.executable, "-c", WORKER, str(diary.path), *how]


@asynccontextmanager
async def supervised(
    command: list[str], policy: Policy = QUICK, sweep: Callable[[], Awaitable[None]] | None = None
) -> AsyncIterator[asyncio.Task[None]]:
    parent = asyncio.create_task(
        supervise(command, policy, sweep=sweep, sweep_every=0.01) if sweep else supervise(command, policy)
    )
    try:
        yield parent
    finally:
        parent.cancel()
        await asyncio.gather(parent, return_exceptions=True)


@contextmanager
def pidfd(process: int) -> Iterator[int]:
    descriptor = os.pidfd_open(process)
    yield descriptor
    os.close(descriptor)


async def ended(descriptor: int) -> None:
    """Return when the process that *descriptor* is of has ended."""
    loop = asyncio.get_running_loop()
    over = asyncio.Event()
    loop.add_reader(descriptor, over.set)
    try:
        async with asyncio.timeout(20):
            await over.wait()
    finally:
        loop.remove_reader(descriptor)


def alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


async def test_a_killed_process_is_replaced(diary: Diary) -> None:
    async with supervised(worker(diary)):
        first, _ = await diary.both("ready")
        os.kill(first, signal.SIGKILL)
        assert await diary.next("ready") != first


async def test_a_stopped_process_is_killed_and_replaced(diary: Diary) -> None:
    async with supervised(worker(diary)):
        first, second = await diary.both("ready")
        os.kill(first, signal.SIGSTOP)
        replacement = await diary.next("ready")
        assert not alive(first)
        assert alive(second)
        assert replacement not in {first, second}


async def test_a_process_whose_loop_hangs_shows_where_and_is_replaced(
    diary: Diary, capfd: pytest.CaptureFixture[str]
) -> None:
    async with supervised(worker(diary)):
        first, _ = await diary.both("ready")
        os.kill(first, signal.SIGHUP)
        assert await diary.next("hanging") == first
        assert await diary.next("ready") != first
    assert "in hang_here" in capfd.readouterr().err


async def test_asked_to_stop_all_stop_in_good_order(diary: Diary, caplog: pytest.LogCaptureFixture) -> None:
    async with supervised(worker(diary)) as parent:
        workers = await diary.both("ready")
        os.kill(os.getpid(), signal.SIGTERM)
        assert await diary.both("stopped") == workers
        await parent
    assert not any(alive(process) for process in workers)
    assert [record for record in caplog.records if record.levelno > logging.INFO] == []


async def test_processes_that_ignore_the_request_are_killed(diary: Diary) -> None:
    policy = Policy(hung_after=5.0, drain=0.2)
    async with supervised(worker(diary, "stubborn"), policy) as parent:
        workers = await diary.both("ready")
        os.kill(os.getpid(), signal.SIGTERM)
        assert await diary.both("asked") == workers
        await parent
    assert not any(alive(process) for process in workers)


async def test_a_second_request_does_not_wait(diary: Diary) -> None:
    async with supervised(worker(diary, "stubborn"), Policy(hung_after=5.0, drain=600.0)) as parent:
        workers = await diary.both("ready")
        os.kill(os.getpid(), signal.SIGINT)
        await diary.both("asked")
        os.kill(os.getpid(), signal.SIGTERM)
        await parent
    assert not any(alive(process) for process in workers)


async def test_the_death_of_the_parent_is_a_request_to_stop(diary: Diary) -> None:
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", PARENT, *worker(diary))
    first, second = await diary.both("ready")
    with pidfd(first) as one, pidfd(second) as other:
        parent.kill()
        await parent.wait()
        assert await diary.both("stopped") == {first, second}
        await asyncio.gather(ended(one), ended(other))


async def test_no_process_is_left_behind_by_an_end_without_order(diary: Diary) -> None:
    async with supervised(worker(diary)):
        workers = await diary.both("ready")
    assert not any(alive(process) for process in workers)


async def test_sweeping_goes_on_after_an_error(diary: Diary, caplog: pytest.LogCaptureFixture) -> None:
    swept = asyncio.Semaphore(0)

    async def sweep() -> None:
        swept.release()
        raise OSError("no such directory")

    async with supervised(worker(diary), sweep=sweep), asyncio.timeout(20):
        await swept.acquire()
        await swept.acquire()
    assert "sweeping failed" in caplog.messages


async def test_a_program_that_cannot_be_started_is_tried_again() -> None:
    tried = asyncio.Semaphore(0)

    def listen(record: logging.LogRecord) -> bool:
        if "cannot be started" in record.getMessage():
            tried.release()
        return True

    logger = logging.getLogger("assist.supervisor")
    logger.addFilter(listen)
    try:
        async with supervised(["/nowhere/python"], Policy(first_pause=0.01)), asyncio.timeout(20):
            for _ in range(4):
                await tried.acquire()
    finally:
        logger.removeFilter(listen)
