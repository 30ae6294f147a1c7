"""``originate``: the simulated switch calls somebody and, once he answers, hands the call to its dialplan."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import uuid4

from assist.aio import race
from assist.errors import HungUp
from assist.simulate.called import Answered
from assist.simulate.causes import refusal
from assist.simulate.session import Session

USAGE = (
    "-USAGE: <call url> <exten>|&<application_name>(<app_args>) [<dialplan>] [<context>] [<cid_name>] [<cid_num>]"
    " [<timeout_sec>]\n"
)
RING_SECONDS = 60.0
"""How long FreeSWITCH lets a telephone ring unless ``originate_timeout`` says otherwise."""

_ORDER = re.compile(
    r"(?:\{(?P<variables>(?:[^{}]|\$\{[^{}]*\})*)\})?(?P<endpoint>\S+) (?P<extension>\S+) XML (?P<context>\S+)\s*"
)
_VARIABLE = re.compile(r"([^=,]+)=('(?:[^'\\]|\\.)*'|[^,]*)")


@dataclass(frozen=True, slots=True)
class Order:
    """Whom to call, and where to send him."""

    endpoint: str
    """As ``sofia/gateway/carrier/34600000001``."""
    extension: str
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def uuid(self) -> str:
        return self.variables.get("origination_uuid") or str(uuid4())

    @property
    def number(self) -> str:
        return re.sub(r"@.*", "", self.endpoint).rpartition("/")[2].removeprefix("sip:")

    @property
    def timeout(self) -> float:
        """Seconds it may ring."""
        return float(self.variables.get("originate_timeout", RING_SECONDS))

    @property
    def ignores_early_media(self) -> bool:
        """Only who answers is sent on; not who is heard before."""
        return self.variables.get("ignore_early_media") == "true"


def parse(argument: str) -> Order | None:
    """Return what the argument of ``originate`` asks for; None if it is not understood."""
    found = _ORDER.fullmatch(argument)
    if found is None:
        return None
    pairs = _VARIABLE.findall(found["variables"] or "")
    values = {name: value.strip("'").replace("\\,", ",") for name, value in pairs}
    return Order(found["endpoint"], found["extension"], values)


class SimulatedRinging:
    """Fulfils `assist.simulate.called.Ringing`."""

    def __init__(self, session: Session, leg: Answered) -> None:
        self.number = session.profile.called_number
        self.call = session.variables["sip_call_id"]
        self._session = session
        self._leg = leg

    @property
    def attempt(self) -> str:
        return self._session.variables.get("sip_h_X-Assist-Attempt", "")

    async def ring(self) -> None:
        self._session.ring()

    async def announce(self, audio: bytes) -> None:
        self._session.announce()
        await self._leg.say(audio)

    async def refuse(self, cause: str) -> None:
        if not self._session.cause:
            self._session.variables |= refusal(cause)
            self._session.hang_up(cause)

    async def answer(self) -> Answered:
        self._session.answer()
        if not self._session.answered:
            raise HungUp(self._session.cause)
        return self._leg

    async def given_up(self) -> None:
        await self._session.handset.over.wait()


async def await_answer(session: Session, order: Order) -> str:
    """Return what ``originate`` prints: that somebody is there, or why nobody is, and then the call is over."""
    if await _comes_about(session, order):
        return f"+OK {session.uuid}\n"
    session.hang_up("NO_ANSWER")
    return f"-ERR {session.cause}\n"


async def _comes_about(session: Session, order: Order) -> bool:
    ends = [session.picked_up.wait(), session.handset.over.wait()]
    if not order.ignores_early_media:
        ends.append(session.announced.wait())
    try:
        async with asyncio.timeout(order.timeout):
            await race(*ends)
    except TimeoutError:
        session.variables["sip_invite_failure_status"] = "487"
        return False
    return not session.cause
