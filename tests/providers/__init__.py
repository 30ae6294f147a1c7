"""Providers as local servers: the true protocol, the real work done by the embedded engines, and every way to fail."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from enum import Enum, auto
from typing import Protocol, TypeAlias

from pydantic import JsonValue

Hear: TypeAlias = Callable[[bytes], Awaitable[str]]
"""Writes down `LINE` audio."""
Speak: TypeAlias = Callable[[str], Awaitable[bytes]]
"""Reads a text aloud, as `LINE` audio."""


class Fault(Enum):
    """How a service may fail; what of it a protocol has no form for is done in the nearest one."""

    CLOSED = auto()
    """Nobody listens at the port."""
    UNAUTHORIZED = auto()
    """401: the key is not known."""
    FORBIDDEN = auto()
    """403: the account may not do this."""
    BUSY = auto()
    """429, with Retry-After: 7 where the protocol has it."""
    BROKEN = auto()
    """500."""
    SILENT = auto()
    """The request is taken, and nothing is ever answered."""
    STALLED = auto()
    """The answer begins, and then nothing more comes, though the connection stays."""
    CUT = auto()
    """The answer begins, and then the connection is lost."""
    GARBAGE = auto()
    """The answer is not of the protocol."""


KEYS = {
    "google": "GOOGLE_APPLICATION_CREDENTIALS",
    "deepgram": "DEEPGRAM_API_KEY",
    "openai": "OPENAI_API_KEY",
    "polly": "AWS_ACCESS_KEY_ID",
}
"""The variable without which no request to an engine's real service is made."""


class ProviderServer(Protocol):
    """One engine's service. Lent by an async context manager; on a loopback port of its own."""

    fault: Fault | None
    """Of every request that begins from now on."""
    requests: int
    """So many have begun."""
    asked: asyncio.Event
    """Set when a request has brought something to hear, to answer or to say."""
    client_left: asyncio.Event
    """Set when a client ended a request, or closed its connection, before it was answered in full."""

    @property
    def connections(self) -> int:
        """So many were made."""
        ...

    @property
    def engine(self) -> str:
        """The engine's name in `assist.engines.table`."""
        ...

    @property
    def options(self) -> Mapping[str, JsonValue]:
        """What to write beside the engine's name in an assistant, so that it uses this server."""
        ...

    @property
    def environment(self) -> Mapping[str, str]:
        """The variables with the key that this server takes."""
        ...
