"""The carrier: of a simulated line, or of a private FreeSWITCH."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from assist.simulate.called import Answering, Ringing, taken
from assist.simulate.carrier.far import opened
from assist.simulate.carrier.invites import Invites
from assist.simulate.carrier.people import Manners, silence, who
from assist.simulate.carrier.wire import Invitation, wire
from assist.simulate.far_leg import LOOPBACK
from assist.simulate.freeswitch import PrivateFreeSwitch
from assist.simulate.ports import free_ports
from assist.switch.connection import Connection
from assist.switch.events import Event
from assist.switch.media import Media
from assist.switch.server import serve

MOST_CALLS = 500


def answering(invites: Invites, manners: Manners) -> Answering:
    """Return who takes the calls of a `SimulatedLine`, and counts them."""

    async def answer(ringing: Ringing) -> None:
        invites.tell(ringing.call, ringing.attempt, ringing.number)
        await who(ringing.number)(ringing, manners)

    return answer


@dataclass(frozen=True, slots=True)
class Places:
    """Ports on loopback where a private FreeSWITCH is to find its carrier; free a moment ago."""

    sip: int
    calls: int

    @classmethod
    def found(cls) -> "Places":
        return cls(*free_ports(2))

    @property
    def environment(self) -> dict[str, str]:
        """For `private_freeswitch`: its gateway ``carrier`` leads here."""
        return {"CARRIER_PORT": str(self.sip), "CARRIER_SOCKET": f"127.0.0.1:{self.calls}"}


@asynccontextmanager
async def carrier(switch: PrivateFreeSwitch, places: Places, invites: Invites, manners: Manners) -> AsyncIterator[None]:
    """Be the carrier of *switch*, which was told of these *places*, and count what is on the wire."""

    def passes(invitation: Invitation) -> bool:
        invites.tell(invitation.call, invitation.attempt, invitation.number)
        return who(invitation.number) is not silence

    async with (
        wire(places.sip, switch.ports.trunk, switch.ports.far, passes),
        _people(switch, places.calls, manners),
    ):
        yield


@asynccontextmanager
async def _people(switch: PrivateFreeSwitch, port: int, manners: Manners) -> AsyncIterator[None]:
    async def hold(connection: Connection, connect: Event) -> None:
        async with opened(connection, connect, media, control) as ringing:
            await taken(ringing, lambda called: who(called.number)(called, manners))

    async with (
        Media(switch.media_dir / "carrier") as media,
        switch.control() as control,
        serve(hold, "127.0.0.1", port, limit=MOST_CALLS, peers=LOOPBACK),
    ):
        yield
