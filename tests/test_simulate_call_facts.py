"""How FreeSWITCH calls somebody when it is asked to: on the simulated line here, on a real one in `tests/live`."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from assist.errors import CommandFailed, ConfigurationError, HungUp
from assist.switch.connection import Connection
from assist.switch.control import Control, control
from assist.switch.hook import HEADERS
from tests.rigs import Call, Diary, Rig, now

# Time that is measured, on a machine that others use too: what fails is looked at once more.
pytestmark = [pytest.mark.slow, pytest.mark.flaky(reruns=1)]

EVENTS = (
    "CHANNEL_CREATE CHANNEL_ORIGINATE CHANNEL_PROGRESS CHANNEL_PROGRESS_MEDIA CHANNEL_ANSWER CHANNEL_HANGUP "
    "CHANNEL_HANGUP_COMPLETE"
)


@pytest.fixture
async def esl(rig: Rig) -> AsyncIterator[Control]:
    """The switch's own Event Socket."""
    port, password = rig.event_socket
    async with control("127.0.0.1", port, password) as connected:
        yield connected


@pytest.fixture
async def diary(esl: Control) -> Diary:
    """What happens in the switch."""
    written = Diary()
    esl.connection.subscribe(lambda event: written.write(event) if event.name != "BACKGROUND_JOB" else None)
    await esl.connection.command(f"event json {EVENTS}")
    return written


async def originate(esl: Control, digit: str, uuid: str = "", **variables: str) -> str:
    """Call the far end that this digit stands for; return the id."""
    uuid = uuid or str(uuid4())
    settings = {"assist_assistant": "clinica", "assist_direction": "outbound", **variables}
    await esl.originate(f"sofia/gateway/far/200{digit}", "2000", uuid=uuid, context="assist", variables=settings)
    return uuid


def what_of(diary: Diary, uuid: str) -> list[str]:
    return [event.name for event in diary.events if event.get("Unique-ID") == uuid]


async def hung_up(diary: Diary, uuid: str) -> dict[str, str]:
    """Wait for the end of that call and return what is said of it."""
    async with asyncio.timeout(15):
        while True:
            for event in diary.events:
                if event.name == "CHANNEL_HANGUP_COMPLETE" and event["Unique-ID"] == uuid:
                    return dict(event.headers)
            diary.changed.clear()
            await diary.changed.wait()


async def test_who_does_not_know_the_password_is_sent_away(rig: Rig) -> None:
    port, _ = rig.event_socket
    with pytest.raises(ConfigurationError, match="password"):
        async with control("127.0.0.1", port, "of nobody"):
            pytest.fail("it was let in")


async def test_before_the_password_nothing_is_obeyed(rig: Rig) -> None:
    port, password = rig.event_socket
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    async with Connection(reader, writer) as connection:
        await connection.greeted()
        for command in ("api status", "event json ALL"):
            with pytest.raises(CommandFailed, match="command not found"):
                await connection.command(command)
        await connection.command(f"auth {password}")
        assert "UP" in await connection.api("status")


async def test_who_answers_is_given_to_a_worker(esl: Control, diary: Diary, calls: "asyncio.Queue[Call]") -> None:
    uuid = await originate(esl, "1", assist_contact="c 1, of it")
    assert await esl.uuid_exists(uuid)
    call = await asyncio.wait_for(calls.get(), 5)
    assert call.id == uuid
    assert call.connect["variable_assist_direction"] == "outbound"
    assert call.connect["variable_assist_contact"] == "c 1, of it"
    assert call.connect["Caller-Destination-Number"] == "2000"
    assert call.connect["Answer-State"] == "answered"
    await esl.hang_up(uuid)
    ended = await hung_up(diary, uuid)
    assert ended["Hangup-Cause"] == "NORMAL_CLEARING"
    assert ended["variable_hangup_cause_q850"] == "16"
    created, answered, over = (
        int(ended[f"Caller-Channel-{moment}-Time"]) for moment in ("Created", "Answered", "Hangup")
    )
    assert 0 < created <= answered <= over
    assert what_of(diary, uuid) == [
        "CHANNEL_CREATE",
        "CHANNEL_ORIGINATE",
        "CHANNEL_ANSWER",
        "CHANNEL_HANGUP",
        "CHANNEL_HANGUP_COMPLETE",
    ]
    assert not await esl.uuid_exists(uuid)


@pytest.mark.parametrize(
    ("digit", "cause", "number", "status"),
    [
        ("0", "USER_BUSY", "17", "486"),
        ("4", "UNALLOCATED_NUMBER", "1", "404"),
        ("5", "NORMAL_TEMPORARY_FAILURE", "41", "503"),
        ("6", "CALL_REJECTED", "21", "603"),
    ],
)
async def test_why_it_was_refused_is_told(
    esl: Control, diary: Diary, digit: str, cause: str, number: str, status: str
) -> None:
    uuid = str(uuid4())
    with pytest.raises(HungUp) as refused:
        await originate(esl, digit, uuid, assist_attempt=uuid)
    assert refused.value.cause == cause
    ended = await hung_up(diary, uuid)
    assert ended["Hangup-Cause"] == ended["variable_hangup_cause"] == cause
    assert ended["variable_hangup_cause_q850"] == number
    assert ended["variable_sip_term_status"] == ended["variable_sip_invite_failure_status"] == status
    assert ended["variable_proto_specific_hangup_cause"] == f"sip:{status}"
    assert ended["variable_assist_attempt"] == uuid
    assert ended["Caller-Channel-Answered-Time"] == ended["Caller-Channel-Progress-Time"] == "0"
    assert "CHANNEL_ANSWER" not in what_of(diary, uuid)
    assert not await esl.uuid_exists(uuid)


async def test_it_rings_as_long_as_it_was_asked(esl: Control, diary: Diary) -> None:
    uuid, began = str(uuid4()), now()
    with pytest.raises(HungUp, match="NO_ANSWER"):
        await originate(esl, "3", uuid, originate_timeout="2")
    # FreeSWITCH counts whole seconds.
    assert now() - began == pytest.approx(2.0, abs=1.1)
    ended = await hung_up(diary, uuid)
    assert ended["variable_sip_invite_failure_status"] == "487"
    assert ended["Answer-State"] == "hangup"
    assert "CHANNEL_PROGRESS" in what_of(diary, uuid)
    assert int(ended["Caller-Channel-Progress-Time"]) > 0
    assert ended["Caller-Channel-Answered-Time"] == ended["Caller-Channel-Progress-Media-Time"] == "0"


async def test_what_rings_can_be_ended_by_another(rig: Rig, esl: Control, diary: Diary) -> None:
    port, password = rig.event_socket
    uuid = str(uuid4())
    ringing = asyncio.create_task(originate(esl, "3", uuid))
    await diary.wait("CHANNEL_PROGRESS")
    async with control("127.0.0.1", port, password) as other:
        assert await other.uuid_exists(uuid)
        await other.hang_up(uuid)
    with pytest.raises(HungUp, match="NORMAL_CLEARING"):
        await ringing


async def test_what_rings_outlives_whoever_asked_for_it(rig: Rig, esl: Control, diary: Diary) -> None:
    port, password = rig.event_socket
    uuid = str(uuid4())
    async with control("127.0.0.1", port, password) as other:
        ringing = asyncio.create_task(originate(other, "3", uuid, originate_timeout="1"))
        await diary.wait("CHANNEL_PROGRESS")
        ringing.cancel()
    assert await esl.uuid_exists(uuid)
    assert (await hung_up(diary, uuid))["Hangup-Cause"] == "NO_ANSWER"


async def test_an_id_is_not_called_twice_while_it_lives(
    esl: Control, diary: Diary, calls: "asyncio.Queue[Call]"
) -> None:
    """What refuses it looks like a refusal by the network."""
    uuid = await originate(esl, "1")
    await calls.get()
    with pytest.raises(HungUp, match="DESTINATION_OUT_OF_ORDER"):
        await originate(esl, "1", uuid)
    assert what_of(diary, uuid).count("CHANNEL_ORIGINATE") == 1
    await esl.hang_up(uuid)
    await hung_up(diary, uuid)


async def test_who_is_only_heard_has_not_answered(esl: Control, diary: Diary, calls: "asyncio.Queue[Call]") -> None:
    """Unless one waits for the answer, what is heard before it is given to a worker."""
    early = await originate(esl, "8")
    assert "CHANNEL_PROGRESS_MEDIA" in what_of(diary, early)
    assert "CHANNEL_ANSWER" not in what_of(diary, early)
    with_worker = await asyncio.wait_for(calls.get(), 5)
    assert with_worker.connect["Answer-State"] == "early"
    late = await originate(esl, "8", ignore_early_media="true")
    assert "CHANNEL_ANSWER" in what_of(diary, late)
    assert {early, late} <= await esl.channels()
    for uuid in (early, late):
        await esl.hang_up(uuid)
    assert int((await hung_up(diary, late))["Caller-Channel-Progress-Media-Time"]) > 0


async def test_who_hangs_up_ends_the_call(esl: Control, diary: Diary, calls: "asyncio.Queue[Call]") -> None:
    uuid = await originate(esl, "9")
    call = await calls.get()
    assert (await hung_up(diary, uuid))["Hangup-Cause"] == "NORMAL_CLEARING"
    assert "CHANNEL_HANGUP" in call.diary.names


async def test_without_a_worker_who_was_called_hears_the_apology(esl: Control, diary: Diary) -> None:
    uuid = await originate(esl, "1")
    assert (await hung_up(diary, uuid))["Hangup-Cause"] == "NORMAL_TEMPORARY_FAILURE"


async def test_an_order_that_makes_no_sense_is_refused(esl: Control) -> None:
    with pytest.raises(CommandFailed, match="call url"):
        await esl.connection.api("originate nobody")
    with pytest.raises(CommandFailed, match="command not found"):
        await esl.connection.command("nonsense")


async def test_how_a_call_ended_is_remembered_until_somebody_says_to_forget(esl: Control, diary: Diary) -> None:
    assert await esl.remembers()
    uuid = str(uuid4())
    with pytest.raises(HungUp):
        await esl.originate("sofia/gateway/far/2004", "2000", uuid=uuid, context="assist", remembered=True)
    ended = await hung_up(diary, uuid)
    remembered = (await esl.endings())[uuid]
    assert {name: ended.get(name) for name in HEADERS} == dict(remembered.headers)
    await esl.forget(uuid)
    assert uuid not in await esl.endings()
    with pytest.raises(CommandFailed, match="Not found"):
        await esl.forget(uuid)


async def test_a_call_that_is_not_to_be_remembered_is_not(esl: Control, diary: Diary) -> None:
    uuid = str(uuid4())
    with pytest.raises(HungUp):
        await esl.originate("sofia/gateway/far/2004", "2000", uuid=uuid, context="assist")
    await hung_up(diary, uuid)
    assert uuid not in await esl.endings()


async def test_it_has_a_name_and_tells_how_long_it_is_up(esl: Control) -> None:
    name, _, port = (await esl.name(8021)).partition(":")
    assert name
    assert port.isdigit()
    assert await esl.seconds_up() >= 0
