"""What is slow to load, once for all tests."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

import pytest

from tests.fast_time import FastLoop
from tests.redis_process import redis_process
from tests.rigs import call, caller, calls, codec, ear, pipe, rig

FAST = {
    "test_app.py",
    "test_simulate_channel.py",
    "test_simulate_facts.py",
    "test_simulate_line.py",
    "test_simulate_socket_facts.py",
}
"""Tests of the simulated line, whose time may run faster than that of a real one."""

__all__ = ["call", "caller", "calls", "codec", "ear", "pipe", "redis_url", "rig", "whisper"]

if TYPE_CHECKING:
    from assist.stt.whisper import Whisper


def pytest_asyncio_loop_factories(item: pytest.Item) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"fast": FastLoop} if item.path.name in FAST else {"real": asyncio.new_event_loop}


@pytest.fixture(scope="session")
def whisper() -> Iterator["Whisper"]:
    """Speech to text, loaded. Skips where the extra "local" is not installed."""
    engine = pytest.importorskip("assist.stt.whisper", exc_type=ModuleNotFoundError).Whisper()
    asyncio.run(engine.load())
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real Redis, shared: tests do without each other's keys."""
    with redis_process(tmp_path_factory.mktemp("redis")) as redis:
        yield redis.url
