"""How FreeSWITCH's Event Socket behaves for a call: on the simulated line here, on a real one in `tests/live`."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from assist.errors import CommandFailed
from assist.switch.connection import Connection
from assist.switch.events import Event
from assist.switch.server import serve
from tests.live.signals import tone
from tests.rigs import EAR, LOOPBACK, Call, Caller, Diary, Ear, FedPipe, Rig, worker

# Time that is measured, on a machine that others use too: what fails is looked at once more.
pytestmark = [pytest.mark.slow, pytest.mark.flaky(reruns=1)]

SOUND = "silence_stream://300"


def of(diary: Diary, *applications: str) -> list[tuple[str, int]]:
    """Return the beginnings and ends of those applications, in order."""
    return [
        ("ends" if event.name.endswith("COMPLETE") else "begins", applications.index(event["Application-UUID"]))
        for event in diary.events
        if event.name.startswith("CHANNEL_EXECUTE") and event["Application-UUID"] in applications
    ]


# Commands and answers


async def test_it_is_told_what_the_dialplan_has_set(call: Call) -> None:
    assert call.connect["variable_assist_assistant"] == "clinica"
    assert call.connect["variable_assist_direction"] == "inbound"
    assert call.connect["variable_timer_name"] == "soft"
    assert call.connect["variable_socket_resume"] == "true"
    assert call.connect["variable_rtp_use_codec_name"] == "PCMA"
    assert call.connect["variable_rtp_use_codec_ptime"] == "20"
    assert call.connect["Caller-Destination-Number"] == "1000"
    assert call.connect["Answer-State"] == "ringing"
    assert call.connect["Control"] == "full"


async def test_answers_come_in_order_and_say_not_to_what(call: Call) -> None:
    await call.api("uuid_setvar", "x_name value")
    asked = ["uuid_exists", "uuid_getvar", "uuid_exists", "uuid_getvar"]
    answers = await asyncio.gather(*(call.api(command, "x_name" if "getvar" in command else "") for command in asked))
    assert answers == ["true", "value", "true", "value"]
    with pytest.raises(CommandFailed, match="No such channel"):
        await call.connection.api("uuid_kill 00000000-0000-0000-0000-000000000000")
    with pytest.raises(CommandFailed, match="command not found"):
        await call.connection.command("nonsense")


async def test_a_variable_set_to_nothing_is_none(call: Call) -> None:
    assert await call.api("uuid_getvar", "timer_name") == "soft"
    await call.api("uuid_setvar_multi", "timer_name=;x_a=1;x_b=2")
    assert await call.api("uuid_getvar", "timer_name") == "_undef_"
    assert await call.api("uuid_getvar", "x_b") == "2"


async def test_a_jobs_result_is_an_event(call: Call) -> None:
    await call.connection.command("filter Job-Owner-UUID " + call.id)
    assert await call.connection.bgapi(f"uuid_exists {call.id}") == "true"


# Applications


async def test_applications_that_are_locked_wait_for_each_other(call: Call) -> None:
    applications = [await call.run("playback", SOUND) for _ in "ab"]
    await call.done(applications[1])
    assert of(call.diary, *applications) == [("begins", 0), ("ends", 0), ("begins", 1), ("ends", 1)]


async def test_one_that_is_not_locked_runs_inside_the_one_before(call: Call) -> None:
    outer = await call.run("playback", SOUND, locked=False)
    await call.diary.wait("PLAYBACK_START")
    inner = await call.run("playback", SOUND, locked=False)
    await call.done(outer)
    assert of(call.diary, outer, inner) == [("begins", 0), ("begins", 1), ("ends", 1), ("ends", 0)]


async def test_what_waits_for_its_turn_is_dropped_by_a_break_of_all(call: Call) -> None:
    first, second = [await call.run("playback", "silence_stream://5000") for _ in "ab"]
    await call.diary.wait("PLAYBACK_START")
    await call.api("uuid_break", "all")
    await call.done(first)
    third = await call.run("sleep", "20")
    await call.done(third)
    assert of(call.diary, first, second, third) == [("begins", 0), ("ends", 0), ("begins", 2), ("ends", 2)]


async def test_a_break_ends_one_and_the_next_begins(call: Call) -> None:
    first, second = await call.run("playback", "silence_stream://5000"), await call.run("playback", SOUND)
    await call.diary.wait("PLAYBACK_START")
    await call.api("uuid_break")
    await call.done(second)
    assert of(call.diary, first, second) == [("begins", 0), ("ends", 0), ("begins", 1), ("ends", 1)]


async def test_a_file_that_is_not_there_is_told_in_the_response(call: Call) -> None:
    playing = await call.run("playback", "/nowhere/at/all.wav")
    assert (await call.done(playing))["Application-Response"] == "FILE NOT FOUND"
    assert "PLAYBACK_START" not in call.diary.names


# Keys


async def test_keys_are_told_while_nothing_and_while_something_is_played(call: Call, caller: Caller) -> None:
    await caller.press("1")
    await call.diary.wait("DTMF")
    await call.api("uuid_setvar", "playback_terminators none")
    playing = await call.run("playback", "silence_stream://1500")
    await call.diary.wait("PLAYBACK_START")
    await caller.press("#")
    await call.done(playing)
    keys = [event.get("DTMF-Digit") for event in call.diary.events if event.name == "DTMF"]
    assert keys == ["1", "#"]
    assert call.diary.names[-1] == "CHANNEL_EXECUTE_COMPLETE"


async def test_a_star_ends_a_playback_unless_told_otherwise(call: Call, caller: Caller) -> None:
    playing = await call.run("playback", "silence_stream://10000")
    await call.diary.wait("PLAYBACK_START")
    await caller.press("*")
    told = await call.done(playing, seconds=2)
    assert told["variable_playback_terminator_used"] == "*"


async def test_during_a_sleep_no_key_is_told(call: Call, caller: Caller) -> None:
    sleeping = await call.run("sleep", "700")
    await call.diary.wait("CHANNEL_EXECUTE", sleeping)
    await caller.press("5")
    await call.done(sleeping)
    await call.diary.wait("DTMF")
    names = call.diary.names
    assert names.index("DTMF") > names.index("CHANNEL_EXECUTE_COMPLETE", names.index("CHANNEL_EXECUTE_COMPLETE") + 1)


# Transfers


@pytest.mark.parametrize(
    ("digit", "disposition"),
    [("0", "USER_BUSY"), ("4", "UNALLOCATED_NUMBER"), ("6", "CALL_REJECTED"), ("3", "NO_ANSWER"), ("9", "SUCCESS")],
)
async def test_how_a_transfer_ended_is_told(call: Call, digit: str, disposition: str) -> None:
    await call.api("uuid_setvar_multi", "hangup_after_bridge=false;continue_on_fail=true")
    bridging = await call.run("bridge", f"{{originate_timeout=1}}sofia/gateway/far/200{digit}")
    ended = await call.done(bridging)
    assert ended["variable_originate_disposition"] == disposition
    assert ("CHANNEL_BRIDGE" in call.diary.names) == (disposition == "SUCCESS")
    assert await call.api("uuid_exists") == "true"


async def test_without_continue_on_fail_a_failed_transfer_ends_the_call(call: Call) -> None:
    await call.run("bridge", "sofia/gateway/far/2000")
    assert (await call.diary.wait("CHANNEL_HANGUP"))["Hangup-Cause"] == "USER_BUSY"


async def test_a_transfer_that_rings_is_ended_by_a_variable_of_its_own(call: Call) -> None:
    await call.api("uuid_setvar_multi", "hangup_after_bridge=false;continue_on_fail=true")
    bridging = await call.run("bridge", "{x_mark=here}sofia/gateway/far/2003")
    await call.diary.wait("CHANNEL_EXECUTE", bridging)
    await asyncio.sleep(0.3)
    await call.connection.api("hupall NORMAL_CLEARING x_mark here")
    await call.done(bridging, seconds=1)
    assert await call.api("uuid_exists") == "true"


# Events


async def test_myevents_omits_playbacks_and_recordings(rig: Rig) -> None:
    @asynccontextmanager
    async def bare() -> AsyncIterator["asyncio.Queue[Call]"]:
        calls: asyncio.Queue[Call] = asyncio.Queue()

        async def hold(connection: Connection, connect: Event) -> None:
            call = Call(connection, connect)
            connection.subscribe(call.diary.write)
            await connection.command("myevents json")
            await call.done(await call.run("answer"))
            calls.put_nowait(call)
            await call.diary.wait("CHANNEL_HANGUP_COMPLETE")

        async with serve(hold, "127.0.0.1", rig.ports[0], limit=1, peers=LOOPBACK):
            yield calls

    async with bare() as calls, rig.place():
        call = await calls.get()
        path = rig.media_dir / "ear.r8"
        await call.api("uuid_record", f"start {path} 0 {EAR}")
        await call.done(await call.run("playback", SOUND))
        path.unlink(missing_ok=True)
    assert {"CHANNEL_ANSWER", "CHANNEL_EXECUTE", "CHANNEL_EXECUTE_COMPLETE"} <= set(call.diary.names)
    assert not [name for name in call.diary.names if name.startswith(("PLAYBACK", "RECORD", "CODEC"))]


async def test_at_the_end_of_a_call_its_events_come_in_order(call: Call, caller: Caller) -> None:
    """What waited for its turn never ends."""
    call.stays = True
    await call.connection.command("linger 1")
    running, waiting = [await call.run("playback", "silence_stream://10000") for _ in "ab"]
    await call.diary.wait("PLAYBACK_START")
    await caller.hang_up()
    await asyncio.wait_for(call.connection.closed(), 5)
    end = call.diary.events[call.diary.names.index("CHANNEL_HANGUP") :]
    assert [(event.name, event.get("Application")) for event in end if event.name.startswith("CHANNEL")] == [
        ("CHANNEL_HANGUP", ""),
        ("CHANNEL_EXECUTE_COMPLETE", "playback"),
        ("CHANNEL_EXECUTE_COMPLETE", "socket"),
        ("CHANNEL_HANGUP_COMPLETE", ""),
    ]
    hangup = call.diary.find("CHANNEL_HANGUP")
    assert hangup and hangup["Hangup-Cause"] == "NORMAL_CLEARING"
    assert of(call.diary, running, waiting) == [("begins", 0), ("ends", 0)]


async def test_the_connection_lingers_as_long_as_it_was_asked(call: Call, caller: Caller) -> None:
    call.stays = True
    await call.connection.command("linger 2")
    await caller.hang_up()
    await call.diary.wait("CHANNEL_HANGUP_COMPLETE")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(call.connection.closed(), 0.7)
    await asyncio.wait_for(call.connection.closed(), 4)


async def test_without_lingering_the_connection_ends_with_the_call(call: Call, caller: Caller) -> None:
    call.stays = True
    await call.connection.command("nolinger")
    await caller.hang_up()
    await asyncio.wait_for(call.connection.closed(), 0.5)


async def test_the_cause_is_the_one_it_was_hung_up_with(call: Call) -> None:
    await call.api("uuid_kill", "USER_BUSY")
    assert (await call.diary.wait("CHANNEL_HANGUP"))["Hangup-Cause"] == "USER_BUSY"


# Workers


async def test_who_is_not_there_is_passed_over(rig: Rig) -> None:
    async with worker(rig.ports[1]) as spare, rig.place():
        call = await spare.get()
        assert await call.api("uuid_exists") == "true"


async def test_who_leaves_in_mid_call_leaves_it_to_the_next(
    call: Call, calls: "asyncio.Queue[Call]", ear: Ear, pipe: FedPipe
) -> None:
    """At once, in mid-sentence, with its variables, and while it goes on hearing."""
    await call.api("uuid_setvar", "x_turn 7")
    pipe.feed(tone(1))
    await call.run("playback", str(pipe.path))
    await call.diary.wait("PLAYBACK_START")
    call.connection.close()
    pipe.end()
    async with asyncio.timeout(0.5):
        following = await calls.get()
    assert following.id == call.id
    assert following.connect["variable_x_turn"] == "7"
    assert following.connect["Answer-State"] == "answered"
    assert str(ear.path) in await following.api("uuid_buglist")
    await ear.grows()


async def test_who_closes_before_he_connects_is_passed_over(rig: Rig) -> None:
    async def slam(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Once: the dialplan tries him again.
        slamming.close()
        writer.close()

    slamming = await asyncio.start_server(slam, "127.0.0.1", rig.ports[0])
    async with worker(rig.ports[1]) as spare, rig.place():
        assert not slamming.is_serving()
        call = await spare.get()
        assert await call.api("uuid_exists") == "true"
