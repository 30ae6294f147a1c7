import asyncio
import logging
import socket
from contextlib import AbstractAsyncContextManager
from ipaddress import ip_network

import pytest

import assist.switch.server
from assist.errors import HungUp
from assist.switch.connection import Connection
from assist.switch.events import Event
from assist.switch.server import CallHandler, Server, bind, serve
from tests.event_socket import CAPTURES, FarEnd, dial

LOOPBACK = [ip_network("127.0.0.0/8")]


def serving(handler: CallHandler, limit: int = 10) -> AbstractAsyncContextManager[Server]:
    return serve(handler, "127.0.0.1", 0, limit=limit, peers=LOOPBACK)


async def ring(server: Server, uuid: str) -> FarEnd:
    """A call that has arrived and is being served."""
    call = await dial(server.port)
    assert (await call.receive()).text == "connect"
    call.reply("+OK\n", Event_Name="CHANNEL_DATA", Unique_ID=uuid)
    return call


class Desk:
    """Serves calls until they are over, and keeps a diary."""

    def __init__(self) -> None:
        self.arrived: asyncio.Queue[str] = asyncio.Queue()
        self.diary: list[str] = []

    async def serve(self, connection: Connection, call: Event) -> None:
        self.arrived.put_nowait(call["Unique-ID"])
        try:
            await connection.closed()
            self.diary.append(f"{call['Unique-ID']} over")
        except asyncio.CancelledError:
            self.diary.append(f"{call['Unique-ID']} cancelled")
            raise


async def refused(port: int) -> None:
    """Return once nobody listens on that port."""
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            return
        writer.close()


async def test_a_call_is_served_with_what_freeswitch_says_of_it() -> None:
    given: asyncio.Queue[Event] = asyncio.Queue()

    async def take(connection: Connection, call: Event) -> None:
        given.put_nowait(call)

    async with serving(take) as server:
        switch = await dial(server.port)
        assert (await switch.receive()).text == "connect"
        switch.send((CAPTURES / "outbound.esl").read_bytes().partition(b"\n\n")[0] + b"\n\n")
        call = await given.get()
        assert (call.name, call["Channel-Destination-Number"]) == ("CHANNEL_DATA", "socket")
        assert await switch.is_left(), "the handler has returned"


async def test_calls_are_served_side_by_side_and_waited_for_at_the_end() -> None:
    desk = Desk()
    async with serving(desk.serve) as server:
        first, second = await ring(server, "one"), await ring(server, "two")
        assert {await desk.arrived.get(), await desk.arrived.get()} == {"one", "two"}
        assert len(server.calls) == 2
        await second.leave()
        port = server.port

        async def hang_up_last() -> None:
            await refused(port)
            desk.diary.append("stopped listening")
            await first.leave()

        last = asyncio.create_task(hang_up_last())
    await last
    assert desk.diary == ["two over", "stopped listening", "one over"]


async def test_who_cannot_wait_for_the_calls_cancels_them() -> None:
    desk = Desk()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(None) as patience, serving(desk.serve) as server:
            call = await ring(server, "one")
            await desk.arrived.get()
            patience.reschedule(asyncio.get_running_loop().time())
    assert desk.diary == ["one cancelled"]
    assert await call.is_left()


async def test_a_full_server_stops_listening_until_a_call_ends() -> None:
    desk = Desk()
    async with serving(desk.serve, limit=2) as server:
        first, second = await ring(server, "one"), await ring(server, "two")
        await desk.arrived.get()
        await desk.arrived.get()
        await refused(server.port)
        await first.leave()
        third = await ring_when_open(server, "three")
        assert await desk.arrived.get() == "three"
        await second.leave()
        await third.leave()


async def ring_when_open(server: Server, uuid: str) -> FarEnd:
    while True:
        try:
            return await ring(server, uuid)
        except ConnectionRefusedError:
            await asyncio.sleep(0)


async def test_whom_the_kernel_let_in_over_the_limit_goes_back_to_the_dialplan() -> None:
    desk = Desk()
    listening = bind("127.0.0.1", 0, reuse_port=False)
    port = listening.getsockname()[1]
    calls = [await dial(port) for _ in range(3)]
    server = Server(desk.serve, port, 1, LOOPBACK)
    accepting = asyncio.create_task(server.listen("127.0.0.1", listening, False))
    assert (await calls[0].receive()).text == "connect"
    calls[0].reply("+OK\n", Unique_ID="0")
    assert await desk.arrived.get() == "0"
    for call in calls[1:]:
        await be_turned_away(call)
    await refused(port)
    accepting.cancel()
    await calls[0].leave()
    await server.idle()
    assert desk.diary == ["0 over"]


async def test_who_arrives_as_it_stops_goes_back_to_the_dialplan() -> None:
    desk = Desk()
    async with serving(desk.serve) as server:
        await (await ring(server, "one")).leave()
        await server.idle()
        arriving = socket.create_connection(("127.0.0.1", server.port))
        leaving = asyncio.create_task(arrive_late(arriving))
    await leaving
    assert desk.diary == ["one over"]


async def arrive_late(connection: socket.socket) -> None:
    await be_turned_away(FarEnd(*await asyncio.open_connection(sock=connection)))


async def be_turned_away(call: FarEnd) -> None:
    assert (await call.receive()).text == "connect"
    call.reply("+OK\n", Unique_ID="late")
    assert (await call.receive()).text == "resume"
    call.reply("+OK")
    assert await call.is_left()


async def test_only_allowed_peers_are_let_in() -> None:
    desk = Desk()
    async with serve(desk.serve, "127.0.0.1", 0, limit=1, peers=[ip_network("192.0.2.0/24")]) as server:
        stranger = await dial(server.port)
        assert await stranger.is_left()
        assert len(server.calls) == 0


@pytest.mark.parametrize(
    ("host", "allowed"), [("10.0.0.1", True), ("::ffff:10.0.0.1", True), ("fe80::1%eth0", True), ("11.0.0.1", False)]
)
def test_an_address_is_the_same_however_it_is_written(host: str, allowed: bool) -> None:
    server = Server(Desk().serve, 0, 1, [ip_network("10.0.0.0/8"), ip_network("fe80::/10")])
    assert server.allows(host) is allowed


async def test_one_call_that_fails_disturbs_no_other(caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk()

    async def serve_or_fail(connection: Connection, call: Event) -> None:
        if call["Unique-ID"] == "bad":
            raise ValueError("nobody thought of this")
        await desk.serve(connection, call)

    async with serving(serve_or_fail) as server:
        good = await ring(server, "good")
        await desk.arrived.get()
        bad = await ring(server, "bad")
        assert await bad.is_left()
        assert len(server.calls) == 1
        await good.leave()
    assert desk.diary == ["good over"]
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == [
        "call bad: failed"
    ]


async def test_a_hang_up_is_no_failure(caplog: pytest.LogCaptureFixture) -> None:
    async def hang_up(connection: Connection, call: Event) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(end())

    async def end() -> None:
        raise HungUp("NORMAL_CLEARING")

    caplog.set_level(logging.INFO)
    async with serving(hang_up) as server:
        call = await ring(server, "one")
        assert await call.is_left()
    assert "failed" not in caplog.text
    assert "call one: over: NORMAL_CLEARING" in caplog.text


async def test_a_peer_that_says_nothing_is_dropped(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(assist.switch.server, "CONNECT_SECONDS", 0.01)
    async with serving(Desk().serve) as server:
        silent = await dial(server.port)
        assert (await silent.receive()).text == "connect"
        assert await silent.is_left()
    assert "dropped a peer that speaks no Event Socket: no answer to connect in 0.01 s" in caplog.text


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\n\n", "a frame without a content type"),
        (b"Content-Type: command/reply\nReply-Text: -ERR no\n\n", "connect: no"),
        (b"Content-Type: command/reply\nReply-Text: +OK\n\n", "connected without a call"),
        (b"", "end of stream"),
    ],
)
async def test_a_peer_without_a_call_is_dropped(said: bytes, reason: str, caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk()
    async with serving(desk.serve) as server:
        peer = await dial(server.port)
        assert (await peer.receive()).text == "connect"
        if said:
            peer.send(said)
            assert await peer.is_left()
        await peer.leave()
        await server.idle()
    assert f"dropped a peer that speaks no Event Socket: {reason}" in caplog.text
    assert desk.arrived.empty()


async def test_a_caller_who_hangs_up_before_the_call_arrives_is_no_stranger(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    async with serving(Desk().serve) as server:
        peer = await dial(server.port)
        await peer.receive()
        peer.send(b"Content-Type: text/disconnect-notice\n\n")
        await peer.is_left()
        await peer.leave()
        await server.idle()
    assert [record.levelname for record in caplog.records if "goodbye" in record.message] == ["INFO"]


async def test_two_servers_may_share_a_port() -> None:
    async with (
        serve(Desk().serve, "127.0.0.1", 0, limit=1, peers=LOOPBACK, reuse_port=True) as one,
        serve(Desk().serve, "127.0.0.1", one.port, limit=1, peers=LOOPBACK, reuse_port=True) as other,
    ):
        assert one.port == other.port


async def test_a_port_that_is_taken_is_told_at_once() -> None:
    async with serving(Desk().serve) as server:
        with pytest.raises(OSError, match="in use"):
            async with serve(Desk().serve, "127.0.0.1", server.port, limit=1, peers=LOOPBACK):
                pass


async def test_nothing_is_left_running() -> None:
    async with serving(Desk().serve):
        pass
    assert asyncio.all_tasks() == {asyncio.current_task()}
