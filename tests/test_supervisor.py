import asyncio
import logging
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from assist.roster import Policy
from assist.supervisor import supervise

pytestmark = pytest.mark.slow

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
) -> AsyncIterator[asyncio.Task[bool]]:
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


async def test_another_program_runs_beside_the_workers_and_is_replaced(diary: Diary) -> None:
    other = [sys.executable, "-c", WORKER.replace('"ready"', '"other"'), str(diary.path)]
    parent = asyncio.create_task(supervise(worker(diary), QUICK, others=[other]))
    try:
        first = await diary.next("other")
        os.kill(first, signal.SIGKILL)
        assert await diary.next("other") != first
    finally:
        parent.cancel()
        await asyncio.gather(parent, return_exceptions=True)
