"""What is slow to load, once for all tests."""

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.redis_process import redis_process
from tests.rigs import call, caller, calls, codec, ear, pipe, rig

__all__ = ["call", "caller", "calls", "codec", "ear", "pipe", "redis_url", "rig", "whisper"]

if TYPE_CHECKING:
    from assist.stt.whisper import Whisper


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
