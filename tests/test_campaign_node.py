import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import pytest
from pydantic import SecretStr

import assist.campaign.node
from assist.campaign.causes import End
from assist.campaign.model import attempt_id
from assist.campaign.node import Node, open_nodes, reach_node
from assist.campaign.order import Order
from assist.errors import ConfigurationError, ConnectionLost
from assist.settings import Esl
from assist.switch.hook import HOOK
from tests.event_socket import FarEnd, listening
from tests.rigs import until
from tests.test_switch_control import PASSWORD, finish_job, greet

CALL = attempt_id("c", "ana", 1)
ORDER = Order(CALL, "sofia/gateway/carrier/+34600000001", "+34600000001", {"assist_attempt": CALL})


async def welcome(arrived: "asyncio.Queue[FarEnd]", *, remembers: bool = True) -> FarEnd:
    """Let a node in, as FreeSWITCH does."""
    switch = await greet(arrived)
    assert (await switch.receive()).text == "event json CHANNEL_HANGUP_COMPLETE"
    switch.reply("+OK event listener enabled json")
    assert (await finish_job(switch, "UP")) == "bgapi status"
    answers = {
        "api global_getvar assist_esl_port": "8021",
        "api switchname": "pod-1",
        "api module_exists mod_hash": "true" if remembers else "false",
    }
    for _ in answers:
        switch.print(answers[(await switch.receive()).text])
    return switch


@asynccontextmanager
async def connected(*, remembers: bool = True) -> AsyncIterator[tuple[Node, FarEnd, "asyncio.Queue[FarEnd]"]]:
    async with (
        listening() as (port, arrived),
        open_nodes(Esl(host="127.0.0.1", port=port, password=SecretStr(PASSWORD))) as nodes,
    ):
        switch = await welcome(arrived, remembers=remembers)
        await until(lambda: bool(nodes))
        assert list(nodes) == ["pod-1:8021"], "by its own name, not by where it was reached"
        node = nodes["pod-1:8021"]
        await until(lambda: node.up)
        yield node, switch, arrived


def tell_the_end(switch: FarEnd, call: str = CALL) -> None:
    headers = {
        "Event-Name": "CHANNEL_HANGUP_COMPLETE",
        "Unique-ID": call,
        "Hangup-Cause": "NO_USER_RESPONSE",
        "variable_sip_term_status": "480",
        "Caller-Channel-Progress-Time": "1700000000000000",
    }
    switch.tell(json.dumps(headers))


async def test_a_call_that_is_answered() -> None:
    async with connected() as (node, switch, _):
        calling = asyncio.create_task(node.call(ORDER))
        command = await finish_job(switch, f"+OK {CALL}")
        assert command.startswith(f"bgapi originate {{origination_uuid={CALL},assist_attempt={CALL},")
        assert f"{HOOK}}}sofia/gateway/" in command
        assert command.endswith(" +34600000001 XML assist")
        assert await calling is None


async def test_how_a_call_ended_that_nobody_answered() -> None:
    """With the SIP status, and whether it rang, of the right call, whichever is told first."""
    async with connected() as (node, switch, _):
        for event_first in (True, False):
            calling = asyncio.create_task(node.call(ORDER))
            tell_the_end(switch, str(uuid4()))
            if event_first:
                await asyncio.sleep(0)
                tell_the_end(switch)
            await finish_job(switch, "-ERR NO_USER_RESPONSE")
            if not event_first:
                tell_the_end(switch)
            assert await calling == End("NO_USER_RESPONSE", 480, rang=True)


async def test_a_call_that_is_none_of_a_campaign_need_not_be_remembered() -> None:
    async with connected() as (node, switch, _):
        order = Order(str(uuid4()), "sofia/gateway/carrier/+34600000001", "+34600000001", {})
        calling = asyncio.create_task(node.call(order))
        command = await finish_job(switch, f"+OK {order.call}")
        assert HOOK not in command
        assert await calling is None


async def test_how_calls_ended_that_anybody_placed() -> None:
    async with connected() as (node, switch, _):
        asking = asyncio.create_task(node.ends())
        assert (await switch.receive()).text == "api hash_dump db assist_ended"
        switch.print(f"D/assist_ended_{CALL}/NO_USER_RESPONSE;480;480;1700000000000000;0;0;1700000001000000\n")
        assert await asking == {CALL: End("NO_USER_RESPONSE", 480, rang=True)}
        asking = asyncio.create_task(node.ends())
        await switch.receive()
        switch.print("-ERR no reply\n")
        assert await asking == {}


async def test_the_end_of_a_call_is_forgotten_once() -> None:
    async with connected() as (node, switch, _):
        for answer in ("+OK\n", "-ERR Not found\n"):
            forgetting = asyncio.create_task(node.forget(CALL))
            assert (await switch.receive()).text == f"api hash delete/assist_ended/{CALL}"
            switch.print(answer)
            await forgetting


async def test_since_when_it_remembers() -> None:
    async with connected() as (node, switch, _):
        asking = asyncio.create_task(node.remembers())
        assert (await switch.receive()).text == "api uptime s"
        switch.print("42\n")
        assert await asking == 42.0
    async with connected(remembers=False) as (node, _, _):
        assert await node.remembers() == 0.0


async def test_a_call_that_never_was_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assist.campaign.node, "TOLD", 0.0)
    async with connected() as (node, switch, _):
        calling = asyncio.create_task(node.call(ORDER))
        await finish_job(switch, "-ERR GATEWAY_DOWN")
        assert (await switch.receive()).text == f"api uuid_exists {CALL}"
        switch.print("false")
        assert await calling == End("GATEWAY_DOWN")


async def test_a_call_that_is_refused_since_it_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assist.campaign.node, "TOLD", 0.0)
    async with connected() as (node, switch, _):
        calling = asyncio.create_task(node.call(ORDER))
        await finish_job(switch, "-ERR NORMAL_TEMPORARY_FAILURE")
        await switch.receive()
        switch.print("true")
        with pytest.raises(ConnectionLost):
            await calling


async def test_a_call_during_which_freeswitch_is_lost() -> None:
    async with connected() as (node, switch, _):
        calling = asyncio.create_task(node.call(ORDER))
        await switch.receive()
        await switch.leave()
        with pytest.raises(ConnectionLost):
            await calling
        await until(lambda: not node.up)
        with pytest.raises(ConnectionLost):
            await node.call(ORDER)
        with pytest.raises(ConnectionLost):
            await node.has(CALL)


async def test_a_freeswitch_that_comes_back_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assist.campaign.node, "RECONNECT", 0.0)
    async with connected() as (node, switch, arrived):
        await switch.leave()
        switch = await welcome(arrived)
        await until(lambda: node.up)
        asking = asyncio.create_task(node.has(CALL))
        await switch.receive()
        switch.print("true")
        assert await asking


async def test_questions_about_calls() -> None:
    async with connected() as (node, switch, _):
        for rows, calls in (({"row_count": 1, "rows": [{"uuid": CALL}]}, {CALL}), ({"row_count": 0}, set())):
            asking = asyncio.create_task(node.calls())
            assert (await switch.receive()).text == "api show channels as json"
            switch.print(json.dumps(rows))
            assert await asking == calls
        ending = asyncio.create_task(node.hang_up(CALL))
        assert (await switch.receive()).text == f"api uuid_kill {CALL} NORMAL_CLEARING"
        switch.print("-ERR No such channel!\n")
        await ending


async def test_a_freeswitch_that_makes_no_sense_is_none_that_can_be_asked() -> None:
    async with connected() as (node, switch, _):
        asking = asyncio.create_task(node.calls())
        await switch.receive()
        switch.print("no JSON")
        with pytest.raises(ConnectionLost):
            await asking


async def test_a_second_freeswitch_of_the_same_name_places_no_calls_while_the_first_is_up(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(assist.campaign.node, "RECONNECT", 0.0)
    async with listening() as (one, at_one), listening() as (other, at_other):
        both = (("127.0.0.1", one), ("127.0.0.1", other))
        async with open_nodes(Esl(nodes=both, password=SecretStr(PASSWORD))) as nodes:
            first = await welcome(at_one)
            await until(lambda: any(node.up for node in nodes.values()))
            kept = nodes["pod-1:8021"]
            await welcome(at_other)
            await until(lambda: "goes by the name pod-1:8021" in caplog.text)
            assert nodes == {"pod-1:8021": kept}
            assert kept.up
            await first.leave()
            await welcome(at_other)
            await until(lambda: nodes["pod-1:8021"] is not kept)


async def test_a_freeswitch_that_is_down_is_waited_for(caplog: pytest.LogCaptureFixture) -> None:
    async with listening() as (port, _):
        pass
    async with open_nodes(Esl(host="127.0.0.1", port=port, password=SecretStr(PASSWORD))) as nodes:
        await until(lambda: "no calls are placed there" in caplog.text)
        assert not nodes, "nobody knows its name"


async def test_whoever_needs_a_freeswitch_now_gets_the_first_that_can_be_reached() -> None:
    async with listening() as (gone, _):
        pass
    async with listening() as (port, arrived):
        letting_in = asyncio.create_task(welcome(arrived))
        esl = Esl(nodes=(("127.0.0.1", gone), ("127.0.0.1", port)), password=SecretStr(PASSWORD))
        async with reach_node(esl) as nodes:
            assert [node.up for node in nodes.values()] == [True]
        await letting_in
        with pytest.raises(ConnectionLost, match=f"^event socket 127.0.0.1:{gone}: "):
            async with reach_node(Esl(port=gone, password=SecretStr(PASSWORD))):
                pass


async def test_whoever_needs_a_freeswitch_now_is_told_that_the_password_is_wrong() -> None:
    async with listening() as (port, arrived):

        async def refuse() -> None:
            switch = await arrived.get()
            switch.send(b"Content-Type: auth/request\n\n")
            await switch.receive()
            switch.reply("-ERR invalid")

        refusing = asyncio.create_task(refuse())
        with pytest.raises(ConfigurationError, match="wrong password"):
            async with reach_node(Esl(port=port, password=SecretStr(PASSWORD))):
                pass
        await refusing
