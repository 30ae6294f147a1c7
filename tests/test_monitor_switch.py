"""What FreeSWITCH tells of itself: answers as FreeSWITCH 1.10.12 gives them."""

import asyncio
from collections.abc import Mapping

from pydantic import SecretStr

from assist.monitor.sight import Sight
from assist.monitor.switch import switch_look
from assist.settings import Esl
from tests.event_socket import FarEnd, listening
from tests.scrapes import Numbers
from tests.test_switch_control import PASSWORD, greet

STATUS = """UP 0 years, 0 days, 0 hours, 0 minutes, 1 second, 588 milliseconds, 324 microseconds
FreeSWITCH (Version 1.10.12-release git a88d069 2024-08-02 21:02:27Z 64bit) is ready
12 session(s) since startup
3 session(s) - peak 5, last 5min 4
0 session(s) per Sec out of max 30, peak 0, last 5min 0
2000 session(s) max
min idle cpu 0.00/100.00
"""
HEAD = '<?xml version="1.0" encoding="ISO-8859-1"?>\n'
PROFILES = f"""{HEAD}<profiles>
<profile><name>trunk</name><type>profile</type><state>RUNNING (0)</state></profile>
<gateway><name>carrier</name><type>gateway</type><state>NOREG</state></gateway>
</profiles>
"""
PROFILE = f"""{HEAD}<profile><profile-info><name>trunk</name>
<calls-in>3</calls-in><calls-out>0</calls-out><failed-calls-in>6</failed-calls-in><failed-calls-out>2</failed-calls-out>
</profile-info></profile>
"""


def ways(*gateways: tuple[str, str, str]) -> str:
    told = "".join(
        f"<gateway><name>{name}</name><state>{state}</state><status>{status}</status></gateway>"
        for name, state, status in gateways
    )
    return f"{HEAD}<gateways>{told}</gateways>"


GATEWAYS = ways(
    ("one", "NOREG", "UP"), ("two", "REGED", "UP"), ("down", "NOREG", "DOWN"), ("refused", "FAIL_WAIT", "DOWN")
)
ANSWERS = {
    "status": STATUS,
    "sofia xmlstatus": PROFILES,
    "sofia xmlstatus profile trunk": PROFILE,
    "sofia xmlstatus gateway": GATEWAYS,
}


def esl(*ports: int, password: str | None = PASSWORD) -> Esl:
    nodes = tuple(("127.0.0.1", port) for port in ports)
    return Esl(password=SecretStr(password) if password else None, nodes=nodes)


async def answer(switch: FarEnd, answers: Mapping[str, str]) -> None:
    while True:
        asked = (await switch.receive()).text.removeprefix("api ")
        switch.print(answers.get(asked, f"-ERR {asked} Command not found!\n"))


async def looked(answers: Mapping[str, str]) -> Sight:
    async with listening() as (port, arrived), asyncio.timeout(10):
        looking = asyncio.create_task(switch_look(esl(port))())
        answering = asyncio.create_task(answer(await greet(arrived), answers))
        sight = await looking
        answering.cancel()
        return sight


async def test_channels_trunks_and_failures_are_told() -> None:
    sight = await looked(ANSWERS)
    numbers = Numbers(sight.metrics)
    assert sight.checks == {"switch": True}
    assert numbers("assist_switch_up") == 1
    assert (numbers("assist_switch_sessions"), numbers("assist_switch_sessions_max")) == (3, 2000)
    up = {name: numbers("assist_gateway_up", gateway=name) for name in ("one", "two", "down", "refused")}
    assert up == {"one": 1, "two": 1, "down": 0, "refused": 0}
    failed = numbers("assist_switch_failed_calls_total", profile="trunk", direction="inbound")
    assert (failed, numbers("assist_switch_failed_calls_total")) == (6, 8)


async def test_what_it_does_not_know_is_left_out() -> None:
    sight = await looked({})
    assert sight.checks == {"switch": True}
    assert not Numbers(sight.metrics).has("assist_gateway_up")


async def test_one_that_cannot_be_reached_is_down() -> None:
    async with listening() as (port, _):
        pass
    sight = await switch_look(esl(port))()
    assert sight.checks == {"switch": False}
    assert Numbers(sight.metrics)("assist_switch_up") == 0


async def test_of_several_one_that_is_up_is_enough() -> None:
    async with listening() as (gone, _):
        pass
    async with listening() as (port, arrived), asyncio.timeout(10):
        looking = asyncio.create_task(switch_look(esl(gone, port))())
        answering = asyncio.create_task(answer(await greet(arrived), ANSWERS))
        sight = await looking
        answering.cancel()
    numbers = Numbers(sight.metrics)
    assert sight.checks == {"switch": True}
    assert numbers("assist_switch_up", node=f"127.0.0.1:{port}") == 1
    assert numbers("assist_switch_up") == 1, "and the other is down"
    names = [metric.name for metric in sight.metrics]
    assert len(names) == len(set(names))


async def test_without_a_password_nobody_is_asked() -> None:
    assert await switch_look(esl(password=None))() == Sight()
