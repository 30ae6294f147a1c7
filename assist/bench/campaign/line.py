"""The carrier's line: over a FreeSWITCH of its own, or simulated."""

import secrets
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import randrange
from typing import Final

from assist.errors import ConfigurationError
from assist.simulate.carrier.carrier import Places, answering, carrier
from assist.simulate.carrier.invites import Invites
from assist.simulate.carrier.people import Manners
from assist.simulate.freeswitch import Installation, find_freeswitch, private_freeswitch
from assist.simulate.line import SimulatedLine
from assist.simulate.ports import free_port

ROOT: Final = Path(__file__).parents[3]
"""Of the checkout: FreeSWITCH's configuration is no part of the package."""
MEMORY: Final = "/dev/shm" if Path("/dev/shm").is_dir() else None
RTP_PORTS: Final = 1000


@dataclass(frozen=True, slots=True)
class CarrierLine:
    """A line that is ready."""

    name: str
    """``freeswitch`` or ``simulated``."""
    environment: Mapping[str, str]
    """What workers and dialers must be told to be at its other end."""


@asynccontextmanager
async def carrier_line(
    line: str, configured: Path | None, invites: Invites, manners: Manners
) -> AsyncIterator[CarrierLine]:
    """Lend the *line* that was asked for; ``auto``: over FreeSWITCH where there is one. Raises `ConfigurationError`."""
    program = None if line == "simulated" else find_freeswitch(configured)
    conf = ROOT / "freeswitch/conf"
    if line == "freeswitch" and (program is None or not conf.is_dir()):
        raise ConfigurationError("no FreeSWITCH, or no checkout: put freeswitch on the PATH, or set ASSIST_FREESWITCH")
    if program and conf.is_dir():
        async with _freeswitch(Installation(program, conf, ROOT / "scripts/freeswitch"), invites, manners) as found:
            yield found
    else:
        async with _simulated(invites, manners) as found:
            yield found


@asynccontextmanager
async def _freeswitch(installation: Installation, invites: Invites, manners: Manners) -> AsyncIterator[CarrierLine]:
    places = Places.found()
    # Both ends of each call are its own.
    first = randrange(16384, 32768 - RTP_PORTS, RTP_PORTS)
    room = {
        "ASSIST_CALLS_PER_SECOND": "200",
        "ASSIST_MAX_CALLS": "300",
        "ASSIST_RTP_FIRST": str(first),
        "ASSIST_RTP_LAST": str(first + RTP_PORTS - 1),
    }
    async with (
        private_freeswitch(installation, {}, places.environment | room) as switch,
        carrier(switch, places, invites, manners),
    ):
        yield CarrierLine(
            "freeswitch",
            {
                "ASSIST_LISTEN_PORT": str(switch.ports.worker),
                "ASSIST_MEDIA_DIR": str(switch.media_dir),
                "ASSIST_ESL_PORT": str(switch.ports.esl),
                "ASSIST_ESL_PASSWORD": switch.password,
            },
        )


@asynccontextmanager
async def _simulated(invites: Invites, manners: Manners) -> AsyncIterator[CarrierLine]:
    port, password = free_port(), secrets.token_hex(16)
    with tempfile.TemporaryDirectory(prefix="assist-", dir=MEMORY) as media_dir:
        async with (
            SimulatedLine([f"127.0.0.1:{port}"], answering=answering(invites, manners)) as line,
            line.event_socket(password) as esl_port,
        ):
            yield CarrierLine(
                "simulated",
                {
                    "ASSIST_LISTEN_PORT": str(port),
                    "ASSIST_MEDIA_DIR": media_dir,
                    "ASSIST_ESL_PORT": str(esl_port),
                    "ASSIST_ESL_PASSWORD": password,
                },
            )
