"""Our end of the Event Socket, and a real FreeSWITCH at the other."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import ip_network
from uuid import uuid4

import pytest

from assist.errors import CommandFailed, ConfigurationError, HungUp
from assist.simulate.freeswitch import PrivateFreeSwitch
from assist.switch.connection import Connection
from assist.switch.control import Control, control
from assist.switch.events import Event
from assist.switch.server import serve

AWKWARD = 'Clínica Núñez, S.A. (24 h); a=b: "c" / 100% *#&!'

LISTENS, DECLINES = "600000001", "600000006"


async def test_variables_arrive_as_they_were_given(control: Control) -> None:
    uuid = str(uuid4())
    await control.originate(
        f"sofia/gateway/far/{LISTENS}", "&park()", uuid=uuid, variables={"x_awkward": AWKWARD, "x_y": "a,b"}
    )
    assert await control.connection.api(f"uuid_getvar {uuid} x_awkward") == AWKWARD
    assert await control.connection.api(f"uuid_getvar {uuid} x_y") == "a,b"
    assert await control.uuid_exists(uuid)
    await control.hang_up(uuid)
    assert not await control.uuid_exists(uuid)


async def test_the_cause_of_a_call_without_answer_is_told(control: Control) -> None:
    with pytest.raises(HungUp) as declined:
        await control.originate(f"sofia/gateway/far/{DECLINES}", "&park()", uuid=str(uuid4()))
    assert declined.value.cause == "CALL_REJECTED"


async def test_a_living_call_keeps_its_id_to_itself(control: Control) -> None:
    uuid = str(uuid4())
    await control.originate(f"sofia/gateway/far/{LISTENS}", "&park()", uuid=uuid)
    with pytest.raises(HungUp) as refused:
        await control.originate(f"sofia/gateway/far/{LISTENS}", "&park()", uuid=uuid)
    assert refused.value.cause == "DESTINATION_OUT_OF_ORDER"
    with pytest.raises(CommandFailed, match="the id is taken"):
        await control.originate(f"loopback/{LISTENS}/far", "&park()", uuid=uuid)
    assert await control.uuid_exists(uuid)
    await control.hang_up(uuid)


async def test_applications_wait_for_each_other_and_answers_keep_their_order(switch: PrivateFreeSwitch) -> None:
    async with arriving(switch) as (connection, _):
        told: asyncio.Queue[Event] = asyncio.Queue()
        connection.subscribe(told.put_nowait)
        applications = [await connection.execute("playback", "silence_stream://100") for _ in "ab"]
        order: list[tuple[str, int]] = []
        while len(order) < 4:
            event = await told.get()
            if event.name.startswith("CHANNEL_EXECUTE") and event["Application-UUID"] in applications:
                order.append((event.name, applications.index(event["Application-UUID"])))
        assert order == [(f"CHANNEL_EXECUTE{ended}", which) for which in (0, 1) for ended in ("", "_COMPLETE")]
        answers = await asyncio.gather(*(connection.api(f"expr {number}+1") for number in range(50)))
        assert [int(float(answer)) for answer in answers] == list(range(1, 51))


@asynccontextmanager
async def arriving(switch: PrivateFreeSwitch) -> AsyncIterator[tuple[Connection, Event]]:
    """A call of which the worker is the test; it is hung up at the end."""
    arrived: asyncio.Queue[tuple[Connection, Event]] = asyncio.Queue()

    async def take(connection: Connection, call: Event) -> None:
        await connection.command("myevents json")
        await connection.execute("answer")
        await arrived.put((connection, call))
        await connection.closed()

    loopback = [ip_network("127.0.0.0/8")]
    async with (
        switch.control() as caller,
        serve(take, "127.0.0.1", switch.ports.worker, limit=1, peers=loopback),
    ):
        uuid = str(uuid4())
        await caller.originate(switch.caller("1000"), "&park()", uuid=uuid)
        yield await arrived.get()
        await caller.hang_up(uuid)


async def test_a_burst_over_the_limit_goes_to_the_next_worker(switch: PrivateFreeSwitch, control: Control) -> None:
    took: list[str] = []
    all_took = asyncio.Event()

    async def take(connection: Connection, worker: str) -> None:
        await connection.execute("answer")
        took.append(worker)
        if len(took) == 6:
            all_took.set()
        await connection.closed()

    loopback = [ip_network("127.0.0.0/8")]
    uuids = [str(uuid4()) for _ in range(6)]
    async with (
        serve(
            lambda connection, _: take(connection, "small"), "127.0.0.1", switch.ports.worker, limit=2, peers=loopback
        ),
        serve(
            lambda connection, _: take(connection, "spare"), "127.0.0.1", switch.ports.spare, limit=9, peers=loopback
        ),
    ):
        await asyncio.gather(*(control.originate(switch.caller("1000"), "&park()", uuid=uuid) for uuid in uuids))
        async with asyncio.timeout(10):
            await all_took.wait()
        for uuid in uuids:
            await control.hang_up(uuid)
    assert sorted(took) == ["small"] * 2 + ["spare"] * 4


async def test_a_wrong_password_is_told(switch: PrivateFreeSwitch) -> None:
    with pytest.raises(ConfigurationError, match="wrong password"):
        async with control("127.0.0.1", switch.ports.esl, "wrong"):
            pass
