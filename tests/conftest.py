"""What is slow to load, once for all tests of a process; and which tests may run side by side."""

import asyncio
import fcntl
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.redis_process import redis_process
from tests.rigs import call, caller, calls, codec, ear, pipe, rig

__all__ = ["call", "caller", "calls", "codec", "ear", "pipe", "redis_url", "rig", "whisper"]

if TYPE_CHECKING:
    from assist.stt.whisper import Whisper


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what is slow first, so that nothing long is left at the end, and last what must be alone."""
    items.sort(key=lambda item: (_alone(item), item.get_closest_marker("slow") is None))


def _alone(item: pytest.Item) -> bool:
    return item.get_closest_marker("alone") is not None


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Keep a test that must be alone from the others of the same run, those of other processes included."""
    if not hasattr(item.config, "workerinput"):
        return (yield)
    # The directory of one process; that above is of the run.
    with (Path(item.config.option.basetemp).parent / "side-by-side").open("w") as side_by_side:
        fcntl.flock(side_by_side, fcntl.LOCK_EX if _alone(item) else fcntl.LOCK_SH)
        return (yield)


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
