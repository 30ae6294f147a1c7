import asyncio
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from assist.errors import ConfigurationError
from assist.heartbeat import heartbeat

HANGING = """
import asyncio, time
from assist import heartbeat

async def hang_here():
    async with heartbeat.heartbeat(every=0.01):
        await asyncio.sleep(0.05)
        time.sleep(60)

heartbeat.GIVE_UP = 0.2
asyncio.run(hang_here())
"""


@pytest.fixture
def line() -> Iterator[tuple[socket.socket, socket.socket]]:
    """The parent's end and the worker's."""
    parent, worker = socket.socketpair()
    parent.setblocking(False)
    with parent, worker:
        yield parent, worker


async def beats(parent: socket.socket) -> bytes:
    async with asyncio.timeout(10):
        return await asyncio.get_running_loop().sock_recv(parent, 100)


async def test_beats_come_while_the_loop_runs(line: tuple[socket.socket, socket.socket]) -> None:
    parent, worker = line
    async with heartbeat(0.01, worker.fileno()):
        for _ in range(3):
            assert await beats(parent)


async def test_the_first_beat_is_sent_before_the_work_begins(line: tuple[socket.socket, socket.socket]) -> None:
    parent, worker = line
    async with heartbeat(60.0, worker.fileno()):
        assert parent.recv(100)


async def test_nothing_is_left_after_the_last(line: tuple[socket.socket, socket.socket]) -> None:
    parent, worker = line
    async with heartbeat(0.01, worker.fileno()):
        await beats(parent)
    worker.close()
    assert await beats(parent) == b""
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_parent_that_does_not_read_does_not_hold_up_the_worker(
    line: tuple[socket.socket, socket.socket],
) -> None:
    parent, worker = line
    worker.setblocking(False)
    with pytest.raises(BlockingIOError):
        while True:
            worker.send(b"." * 1000)
    async with heartbeat(0.001, worker.fileno()):
        for _ in range(5):
            assert await beats(parent)


async def test_without_a_parent_it_is_asked_to_stop(line: tuple[socket.socket, socket.socket]) -> None:
    parent, worker = line
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, asked.set)
    try:
        async with heartbeat(0.01, worker.fileno()), asyncio.timeout(10):
            parent.close()
            await asked.wait()
    finally:
        loop.remove_signal_handler(signal.SIGTERM)


async def test_a_worker_started_by_hand_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "file").open("w") as no_line, pytest.raises(ConfigurationError, match="assist serve"):
        async with heartbeat(descriptor=no_line.fileno()):
            pass


def test_a_loop_that_hangs_without_a_parent_ends_itself_and_says_where(
    line: tuple[socket.socket, socket.socket],
) -> None:
    _, worker = line
    ended = subprocess.run(
        [sys.executable, "-c", HANGING], stdin=worker.fileno(), capture_output=True, text=True, timeout=20, check=False
    )
    assert ended.returncode == 1
    assert "in hang_here" in ended.stderr
