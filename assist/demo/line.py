"""Over what the demo's caller rings: a FreeSWITCH of its own, or the simulated line."""

import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from assist.errors import ConfigurationError
from assist.simulate.caller import Leg
from assist.simulate.far_leg import far_leg
from assist.simulate.freeswitch import Installation, private_freeswitch
from assist.simulate.line import SimulatedLine
from assist.simulate.ports import free_port

ROOT = Path(__file__).parents[2]
"""Of the checkout: FreeSWITCH's configuration is no part of the package."""

MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None


class CallerLeg(Leg, Protocol):
    """A caller's end that remembers."""

    @property
    def recorded(self) -> bytes:
        """All that was heard so far, `LINE`."""
        ...


@dataclass(frozen=True, slots=True)
class TelephoneLine:
    """A line that is ready for calls."""

    name: str
    """``freeswitch`` or ``simulated``."""
    environment: Mapping[str, str]
    """What `assist serve` must be told to be at its other end."""
    call: Callable[[], AbstractAsyncContextManager[CallerLeg]]
    """Rings the demo's number; yields the caller's end once it is answered."""


@asynccontextmanager
async def freeswitch_line(program: Path, number: str, assistant: str) -> AsyncIterator[TelephoneLine]:
    """Start a FreeSWITCH with this project's configuration. Raises `ConfigurationError`."""
    conf = ROOT / "freeswitch/conf"
    if not conf.is_dir():
        raise ConfigurationError(f"{conf}: not there: run the demo in a checkout, or with --line simulated")
    installation = Installation(program, conf, ROOT / "scripts/freeswitch")
    async with private_freeswitch(installation, {number: assistant}) as switch:
        yield TelephoneLine(
            "freeswitch",
            {
                "ASSIST_LISTEN_PORT": str(switch.ports.worker),
                "ASSIST_MEDIA_DIR": str(switch.media_dir),
                "ASSIST_ESL_PORT": str(switch.ports.esl),
                "ASSIST_ESL_PASSWORD": switch.password,
            },
            lambda: far_leg(switch, number),
        )


@asynccontextmanager
async def simulated_line(number: str, assistant: str) -> AsyncIterator[TelephoneLine]:
    """Be FreeSWITCH's end of the Event Socket."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="assist-", dir=MEMORY) as media_dir:
        async with SimulatedLine([f"127.0.0.1:{port}"]) as line:
            yield TelephoneLine(
                "simulated",
                {"ASSIST_LISTEN_PORT": str(port), "ASSIST_MEDIA_DIR": media_dir},
                lambda: line.call(number, variables={"assist_assistant": assistant}),
            )
