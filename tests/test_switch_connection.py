import asyncio

import pytest

from assist.errors import CommandFailed, ConnectionLost, ProtocolError
from assist.switch.connection import Connection
from assist.switch.events import Event
from assist.switch.wire import frame
from tests.event_socket import CAPTURES, connected


async def test_answers_are_told_apart_by_their_order() -> None:
    async with connected() as (connection, switch), asyncio.TaskGroup() as tasks:
        first = tasks.create_task(connection.command("linger 5"))
        second = tasks.create_task(connection.api("uuid_exists x"))
        assert [(await switch.receive()).text for _ in "ab"] == ["linger 5", "api uuid_exists x"]
        switch.reply("+OK will linger 5 seconds")
        switch.print("true\n")
    assert (first.result().text, second.result()) == ("+OK will linger 5 seconds", "true")


async def test_who_no_longer_waits_keeps_the_place() -> None:
    async with connected() as (connection, switch):
        given_up = asyncio.create_task(connection.command("first"))
        await switch.receive()
        given_up.cancel()
        waiting = asyncio.create_task(connection.command("second"))
        await switch.receive()
        switch.reply("+OK first")
        switch.reply("+OK second")
        assert (await waiting).text == "+OK second"
        assert given_up.cancelled()


async def test_a_command_that_fails_ends_nothing() -> None:
    async with connected() as (connection, switch):
        failing = asyncio.create_task(connection.api("uuid_kill 0b8ba4c6 600000000"))
        await switch.receive()
        switch.print("-ERR No such channel!\n")
        with pytest.raises(CommandFailed) as failure:
            await failing
        assert failure.value.reason == "No such channel!"
        assert str(failure.value) == "api uuid_kill: No such channel!"
        next_one = asyncio.create_task(connection.command("noevents"))
        await switch.receive()
        switch.reply("-ERR not listening for events")
        with pytest.raises(CommandFailed, match="noevents: not listening"):
            await next_one


async def test_wrong_usage_is_a_failure_too() -> None:
    async with connected() as (connection, switch):
        failing = asyncio.create_task(connection.api("uuid_break"))
        await switch.receive()
        switch.print("-USAGE: <uuid> [all]\n")
        with pytest.raises(CommandFailed):
            await failing


async def test_an_api_command_without_the_right_to_it_fails() -> None:
    async with connected() as (connection, switch):
        failing = asyncio.create_task(connection.api("status"))
        await switch.receive()
        switch.reply("-ERR permission denied")
        with pytest.raises(CommandFailed, match="permission denied"):
            await failing


async def test_a_job_is_found_by_its_id_even_if_it_ends_before_it_is_accepted() -> None:
    async with connected() as (connection, switch):
        told: list[Event] = []
        connection.subscribe(told.append)
        job = asyncio.create_task(connection.bgapi("originate x"))
        assert (await switch.receive()).text == "event json BACKGROUND_JOB"
        switch.reply("+OK event listener enabled json")
        command = await switch.receive()
        assert command.text == "bgapi originate x"
        switch.tell('{"Event-Name":"BACKGROUND_JOB","Job-UUID":"somebody else\'s","_body":"no"}')
        switch.tell(
            f'{{"Event-Name":"BACKGROUND_JOB","Job-UUID":"{command.headers["Job-UUID"]}","_body":"+OK abc\\n"}}'
        )
        switch.reply("+OK Job-UUID: x", Job_UUID=command.headers["Job-UUID"])
        assert await job == "+OK abc"
        assert len(told) == 2

        failing = asyncio.create_task(connection.bgapi("originate y"))
        command = await switch.receive()
        assert command.text == "bgapi originate y", "asked for the events once"
        switch.reply("+OK")
        switch.tell(
            f'{{"Event-Name":"BACKGROUND_JOB","Job-UUID":"{command.headers["Job-UUID"]}","_body":"-ERR BUSY\\n"}}'
        )
        with pytest.raises(CommandFailed, match="bgapi originate: BUSY"):
            await failing


async def test_an_application_waits_for_those_before_it_and_is_known_by_its_id() -> None:
    async with connected() as (connection, switch):
        executing = asyncio.create_task(connection.execute("playback", "/dev/shm/a b.PCMA"))
        command = await switch.receive()
        switch.reply("+OK")
        assert command.text == "sendmsg"
        assert command.headers == {
            "call-command": "execute",
            "execute-app-name": "playback",
            "execute-app-arg": "/dev/shm/a b.PCMA",
            "event-uuid": await executing,
            "event-lock": "true",
        }
        named = asyncio.create_task(connection.execute("answer", event_uuid="mine"))
        command = await switch.receive()
        switch.reply("+OK")
        assert await named == command.headers["event-uuid"] == "mine"
        assert "execute-app-arg" not in command.headers


async def test_what_must_not_be_sent_leaves_no_place_behind() -> None:
    async with connected() as (connection, switch):
        with pytest.raises(ProtocolError):
            await connection.execute("speak", "x\n\napi shutdown")
        with pytest.raises(ProtocolError):
            await connection.execute("log", "${system(reboot)}")
        asking = asyncio.create_task(connection.command("noevents"))
        assert (await switch.receive()).text == "noevents"
        switch.reply("+OK")
        assert (await asking).text == "+OK"


async def test_events_are_told_in_order_until_nobody_listens() -> None:
    async with connected() as (connection, switch):
        told: asyncio.Queue[str] = asyncio.Queue()
        other: list[Event] = []
        stop = connection.subscribe(lambda event: told.put_nowait(event.name))
        connection.subscribe(other.append)
        switch.tell('{"Event-Name":"DTMF"}')
        switch.send(frame({"Content-Type": "text/event-plain"}, b"Event-Name: CHANNEL_HOLD\n\n"))
        assert [await told.get(), await told.get()] == ["DTMF", "CHANNEL_HOLD"]
        stop()
        switch.tell('{"Event-Name":"CHANNEL_UNHOLD"}')
        await switch.leave()
        await connection.closed()
        assert told.empty()
        assert [event.name for event in other] == ["DTMF", "CHANNEL_HOLD", "CHANNEL_UNHOLD"]


async def test_the_end_of_the_stream_ends_every_wait() -> None:
    async with connected() as (connection, switch):
        job = asyncio.create_task(connection.bgapi("originate x"))
        await switch.receive()
        switch.reply("+OK")
        await switch.receive()
        switch.reply("+OK")
        command = asyncio.create_task(connection.command("linger 5"))
        await switch.receive()
        await switch.leave()
        for waiting in (job, command):
            with pytest.raises(ConnectionLost, match="end of stream"):
                await waiting
        await connection.closed()
        with pytest.raises(ConnectionLost, match="end of stream"):
            await connection.command("noevents")


async def test_closing_ends_every_wait() -> None:
    async with connected() as (connection, switch):
        command = asyncio.create_task(connection.command("linger 5"))
        await switch.receive()
        connection.close()
        with pytest.raises(ConnectionLost, match="closed here"):
            await command
        await connection.closed()
        assert await switch.is_left()


async def test_nothing_is_told_after_closing() -> None:
    async with connected() as (connection, switch):
        told: list[str] = []

        def close_on_hold(event: Event) -> None:
            told.append(event.name)
            connection.close()

        connection.subscribe(close_on_hold)
        hold = frame({"Content-Type": "text/event-plain"}, b"Event-Name: CHANNEL_HOLD\n\n")
        switch.send(hold + hold)
        assert await switch.is_left()
        assert told == ["CHANNEL_HOLD"]


async def test_a_goodbye_is_the_end_but_lingering_is_not() -> None:
    async with connected() as (connection, switch):
        told: asyncio.Queue[Event] = asyncio.Queue()
        connection.subscribe(told.put_nowait)
        switch.send(frame({"Content-Type": "text/disconnect-notice", "Content-Disposition": "linger"}))
        switch.tell('{"Event-Name":"CHANNEL_HANGUP_COMPLETE"}')
        assert (await told.get()).name == "CHANNEL_HANGUP_COMPLETE"
        switch.send(frame({"Content-Type": "text/disconnect-notice", "Content-Disposition": "disconnect"}, b"Bye"))
        await connection.closed()
        with pytest.raises(ConnectionLost, match="goodbye"):
            await connection.command("linger 5")


async def test_a_captured_call_is_understood_to_its_end() -> None:
    async with connected() as (connection, switch), asyncio.TaskGroup() as tasks:
        told: list[Event] = []
        connection.subscribe(told.append)
        connect = tasks.create_task(connection.command("connect"))
        tasks.create_task(connection.command("event json CHANNEL_EXECUTE_COMPLETE"))
        tasks.create_task(connection.execute("answer"))
        tasks.create_task(connection.execute("hangup"))
        for _ in range(4):
            await switch.receive()
        switch.send((CAPTURES / "latin1.esl").read_bytes())
        await connection.closed()
    assert connect.result().headers["Event-Name"] == "CHANNEL_DATA"
    assert told[0]["Caller-Caller-ID-Name"] == "Jos\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (b"Content-Type: command/reply\nReply-Text: +OK\n\n", "an answer to nothing"),
        (b"SSH-2.0-OpenSSH\n\n", "a frame without a content type"),
        (b"Content-Type: text/event-json\nContent-Length: 1\n\n{", "an event is no JSON"),
        (b"Content-Type: text/rude-rejection\nContent-Length: 4\n\nbye\n", "access list"),
    ],
)
async def test_what_is_no_event_socket_ends_the_connection(sent: bytes, reason: str) -> None:
    async with connected() as (connection, switch):
        switch.send(sent)
        await connection.closed()
        with pytest.raises(ConnectionLost, match=reason):
            await connection.command("linger 5")
        assert await switch.is_left()


async def test_what_is_not_asked_for_is_passed_over() -> None:
    async with connected() as (connection, switch):
        asking = asyncio.create_task(connection.command("log"))
        await switch.receive()
        switch.send(frame({"Content-Type": "log/data"}, b"something"))
        switch.reply("+OK")
        assert (await asking).text == "+OK"


async def test_a_subscriber_that_fails_is_heard_of() -> None:
    def fail(event: Event) -> None:
        raise KeyError(event.name)

    async def listen_badly() -> None:
        async with connected() as (connection, switch):
            connection.subscribe(fail)
            switch.tell('{"Event-Name":"DTMF"}')
            await connection.closed()
            with pytest.raises(ConnectionLost, match="a subscriber failed"):
                await connection.command("linger 5")

    with pytest.raises(KeyError, match="DTMF"):
        await listen_badly()


async def test_nothing_is_left_running() -> None:
    async with connected() as (connection, switch):
        job = asyncio.create_task(connection.bgapi("originate x"))
        await switch.receive()
        assert isinstance(connection, Connection)
    with pytest.raises(ConnectionLost):
        await job
    assert asyncio.all_tasks() == {asyncio.current_task()}
