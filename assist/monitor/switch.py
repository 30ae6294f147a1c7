"""The FreeSWITCHes, as they tell of themselves."""

import asyncio
import logging
import re
from collections.abc import Iterator
from xml.etree import ElementTree as Xml

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from assist.errors import AssistError, CommandFailed
from assist.monitor.sight import LIMIT, Complaint, Look, Sight, gauges
from assist.settings import Esl
from assist.switch.control import Control, control

log = logging.getLogger(__name__)

UP = ("assist_switch_up", "Whether that FreeSWITCH answers.", "node")
_SESSIONS = re.compile(r"^(\d+) session\(s\) - peak", re.MULTILINE)
_MOST = re.compile(r"^(\d+) session\(s\) max", re.MULTILINE)


def switch_look(esl: Esl) -> Look:
    """Return what looks at the FreeSWITCHes of the settings; at none if there is no password."""

    places = [_Place(host, port, esl) for host, port in esl.addresses] if esl.password else []

    async def look() -> Sight:
        return _joined(await asyncio.gather(*(place.look() for place in places)))

    return look


def _joined(sights: list[Sight]) -> Sight:
    """Return them as one, in which one that is well is enough."""
    families: dict[str, Metric] = {}
    for metric in (metric for sight in sights for metric in sight.metrics):
        if metric.name in families:
            families[metric.name].samples += metric.samples
        else:
            families[metric.name] = metric
    checks = {"switch": any(sight.checks["switch"] for sight in sights)} if sights else {}
    return Sight((*families.values(),), checks)


class _Place:
    """Where a FreeSWITCH is to be."""

    def __init__(self, host: str, port: int, esl: Esl) -> None:
        self._node = f"{host}:{port}"
        self._address = (host, port, esl.password.get_secret_value() if esl.password else "")
        self._complain = Complaint(log)

    async def look(self) -> Sight:
        try:
            async with asyncio.timeout(LIMIT), control(*self._address) as switch:
                told = await _told(self._node, switch)
            self._complain()
            return Sight([gauges(*UP, {self._node: 1}), *told], {"switch": True})
        except (AssistError, TimeoutError) as error:
            self._complain(f"FreeSWITCH {self._node} does not tell of itself: {error or 'no answer in time'}")
            return Sight([gauges(*UP, {self._node: 0})], {"switch": False})


async def _told(node: str, switch: Control) -> list[Metric]:
    profiles = _read(await _said(switch, "sofia xmlstatus")).iter("profile")
    names = [profile.findtext("name", "") for profile in profiles]
    details = {name: _read(await _said(switch, f"sofia xmlstatus profile {name}")) for name in names}
    ways = _read(await _said(switch, "sofia xmlstatus gateway"))
    return [*sessions(node, await _said(switch, "status")), gateways(node, ways), failures(node, details)]


async def _said(switch: Control, command: str) -> str:
    """Return what FreeSWITCH answers; empty if it knows nothing of the kind."""
    try:
        return await switch.connection.api(command)
    except CommandFailed:
        return ""


def sessions(node: str, status: str) -> Iterator[Metric]:
    """Yield how many channels there are and may be, of the answer to ``status``."""
    for name, help_, found in (
        ("assist_switch_sessions", "Channels of FreeSWITCH.", _SESSIONS.search(status)),
        ("assist_switch_sessions_max", "Channels that FreeSWITCH takes at most.", _MOST.search(status)),
    ):
        if found:
            yield gauges(name, help_, "node", {node: int(found[1])})


def gateways(node: str, told: Xml.Element) -> Metric:
    """Return which trunks are up, of the answer to ``sofia xmlstatus gateway``."""
    family = GaugeMetricFamily(
        "assist_gateway_up",
        "Whether the trunk can be used: registered if it is to be, and answering.",
        labels=["node", "gateway"],
    )
    for gateway in told.iter("gateway"):
        well = gateway.findtext("status") == "UP" and gateway.findtext("state") in ("REGED", "NOREG")
        family.add_metric([node, gateway.findtext("name", "")], well)
    return family


def failures(node: str, told: dict[str, Xml.Element]) -> Metric:
    """Return how many calls failed on each SIP profile, of the answers to ``sofia xmlstatus profile``."""
    family = CounterMetricFamily(
        "assist_switch_failed_calls",
        "Calls that never came about: those of strangers who are refused are among the inbound ones.",
        labels=["node", "profile", "direction"],
    )
    for profile, status in told.items():
        for direction, tag in (("inbound", "failed-calls-in"), ("outbound", "failed-calls-out")):
            family.add_metric([node, profile, direction], float(status.findtext(f".//{tag}") or 0))
    return family


def _read(answer: str) -> Xml.Element:
    try:
        return Xml.fromstring(answer)
    except Xml.ParseError:
        return Xml.Element("nothing")
