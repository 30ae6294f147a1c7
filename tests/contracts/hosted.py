"""What every hosted engine must show, whatever it does: how it is opened, how it fails and what it leaves behind.

The contract of each kind says how an engine is used, and what else it must show.
"""

import asyncio
import logging
import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from pydantic import JsonValue

import assist
from assist.assistant.choice import Choice
from assist.engines.pool import Pool
from assist.errors import ConfigurationError, ProviderError
from assist.provider import Kind, Opened
from assist.settings import read_settings
from tests.providers import KEYS, Fault, ProviderServer

Options: TypeAlias = Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Way:
    """One of the ways in which an assistant may use a hosted engine."""

    engine: str
    options: Options = field(default_factory=dict)
    """What is written beside the engine's name."""


Warming: TypeAlias = Callable[[ProviderServer, Opened[Any]], Awaitable[None]]


# Opening


@asynccontextmanager
async def examined(
    kind: Kind, server: ProviderServer, monkeypatch: pytest.MonkeyPatch, options: Options
) -> AsyncIterator[Opened[Any]]:
    """Lend the engine of *server*, opened as a call would have it whose assistant chose *options*."""
    for variable, value in server.environment.items():
        monkeypatch.setenv(variable, value)
    async with Pool(read_settings()) as pool:
        yield await pool.open(kind, Choice(server.engine, {**server.options, **options}))


@asynccontextmanager
async def real(kind: Kind, way: Way) -> AsyncIterator[Opened[Any]]:
    """Lend the engine at its real service. Skips the test without a key for it."""
    if not os.environ.get(KEYS[way.engine]):
        pytest.skip(f"set {KEYS[way.engine]} to ask the real service")
    async with Pool(read_settings()) as pool:
        yield await pool.open(kind, Choice(way.engine, way.options))


async def without_its_key_it_is_not_opened(
    kind: Kind, way: Way, server: ProviderServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in server.environment.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.delenv(KEYS[way.engine])
    async with Pool(read_settings()) as pool:
        with pytest.raises(ConfigurationError, match=f"{KEYS[way.engine]}: is missing"):
            await pool.open(kind, Choice(way.engine, way.options))


# Warming


async def warming_tells_a_key_that_is_not_taken(server: ProviderServer, opened: Opened[Any]) -> None:
    for fault in REFUSALS:
        server.fault = fault
        with pytest.raises(ProviderError) as caught:
            await opened.warm()
        assert (caught.value.temporary, caught.value.refused) == (False, True)


async def warming_tells_a_service_that_is_down(server: ProviderServer, opened: Opened[Any]) -> None:
    server.fault = Fault.CLOSED
    with pytest.raises(ProviderError) as caught:
        await opened.warm()
    assert (caught.value.temporary, caught.value.refused) == (True, False)


WARMING: list[Warming] = [
    warming_tells_a_key_that_is_not_taken,
    warming_tells_a_service_that_is_down,
]


async def after_being_warmed_it_needs_no_new_connection(
    server: ProviderServer, opened: Opened[Any], ask: Callable[[], Awaitable[object]]
) -> None:
    await opened.warm()
    for _ in range(3):
        await ask()
    assert server.connections == 1


# Failing

FAULTS = [fault for fault in Fault if fault not in (Fault.SILENT, Fault.STALLED)]
"""Those that an engine notices by itself; that nothing comes, the wrapper does that gives up on it."""
REFUSALS = (Fault.UNAUTHORIZED, Fault.FORBIDDEN)


def assert_told(error: ProviderError, fault: Fault, server: ProviderServer, words: str) -> None:
    """The *fault* is told as what it is, and no secret is: neither of *server* nor one of the longer *words*."""
    assert error.provider == server.engine
    assert error.temporary is (fault not in REFUSALS)
    assert error.refused is (fault in REFUSALS)
    assert error.retry_after == (7 if fault is Fault.BUSY else None)
    # The SDK's own error may hold the words, or the key.
    assert error.__cause__ is None
    assert error.__context__ is None or error.__suppress_context__
    assert_no_secret(str(error), server, words)


def assert_no_secret(told: str, server: ProviderServer, words: str) -> None:
    """Neither a key that *server* takes nor one of the longer *words* is in what was *told*."""
    # Of Amazon's two only one is secret; Google's is in a file.
    keys = [value for name, value in server.environment.items() if name.endswith(("_API_KEY", "_SECRET_ACCESS_KEY"))]
    assert not [key for key in keys if key in told]
    assert not [word for word in re.findall(r"\w{4,}", words) if word in told]


@asynccontextmanager
async def logging_all(caplog: pytest.LogCaptureFixture, server: ProviderServer, words: str) -> AsyncIterator[None]:
    """Log all that can be in the block: no secret may be in it, neither of *server* nor one of the longer *words*."""
    caplog.set_level(logging.DEBUG)
    yield
    told = " ".join(record.getMessage() for record in caplog.records if record.name not in SERVERS)
    assert "Bearer" not in told
    assert_no_secret(told, server, words)


SERVERS = ("websockets.server",)
"""Loggers of the local servers."""


# Leaving


def tasks_of_ours() -> set["asyncio.Task[object]"]:
    """Return the tasks that run the engines' own code."""
    return {task for task in asyncio.all_tasks() if _is_ours(task)}


def _is_ours(task: "asyncio.Task[object]") -> bool:
    code = getattr(task.get_coro(), "cr_code", None)
    return code is not None and Path(code.co_filename).is_relative_to(Path(assist.__file__).parent)
