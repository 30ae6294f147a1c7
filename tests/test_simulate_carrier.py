"""The carrier's people on a simulated line; what is counted, and what is read from the wire."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest

from assist.errors import HungUp
from assist.simulate.carrier.carrier import answering
from assist.simulate.carrier.invites import Invite, Invites, most, read
from assist.simulate.carrier.people import Manners
from assist.simulate.carrier.voices import Phrase
from assist.simulate.carrier.wire import Invitation, parse, wire
from assist.simulate.line import SimulatedLine
from assist.simulate.ports import free_ports
from assist.switch.control import Control, control
from tests.fast_time import hasten
from tests.live.signals import runs, tone
from tests.rigs import PASSWORD, Call, until, worker

KEY = b"of these tests"
VOICES = {phrase: tone(0.2 + 0.1 * place) for place, phrase in enumerate(Phrase)}
"""Told apart by their length."""

INVITE = (
    b"INVITE sip:%(number)s@127.0.0.1:5060 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5080;branch=%(branch)s\r\n"
    b"To: <sip:%(number)s@127.0.0.1>%(tag)s\r\nFrom: <sip:1@127.0.0.1>;tag=a\r\nCall-ID: %(call)s\r\n"
    b"CSeq: %(sequence)d INVITE\r\nX-Assist-Attempt: %(attempt)s\r\nContent-Length: 3\r\n\r\nv=0"
)


def invite(
    number: str = "34600000008", call: str = "c1", attempt: str = "a1", *, sequence: int = 1, tag: str = ""
) -> bytes:
    return INVITE % {
        b"number": number.encode(),
        b"branch": uuid4().bytes.hex().encode(),
        b"tag": tag.encode(),
        b"call": call.encode(),
        b"sequence": sequence,
        b"attempt": attempt.encode(),
    }


@pytest.fixture
def invites(tmp_path: Path) -> Path:
    return tmp_path / "invites.jsonl"


# Counting


def test_what_is_sent_again_is_not_counted(invites: Path) -> None:
    """Also after whoever counted was killed."""
    with Invites(invites, KEY) as counted:
        for _ in range(3):
            counted.tell("c1", "a1", "+34600000001")
    with Invites(invites, KEY) as again:
        again.tell("c1", "a1", "+34600000001")
        assert most(read(invites)) == 1
        again.tell("c2", "a1", "+34600000001")
        again.tell("c3", "a2", "+34600000002")
    assert [(each.call, each.attempt) for each in read(invites)] == [("c1", "a1"), ("c2", "a1"), ("c3", "a2")]
    assert most(read(invites)) == 2


def test_a_number_is_recognised_and_not_readable(invites: Path) -> None:
    with Invites(invites, KEY) as counted:
        counted.tell("c1", "a1", "+34600000001")
        assert "600000001" not in invites.read_text(encoding="utf-8")
        assert read(invites)[0].number == counted.mark("34600000001")
        assert counted.mark("34600000002") != counted.mark("34600000001")
    assert Invites(invites, b"another").mark("34600000001") != read(invites)[0].number


# The wire


def test_only_what_begins_a_call_is_an_invitation() -> None:
    assert parse(invite()) == Invitation("34600000008", "c1", "a1")
    assert parse(invite(tag=";tag=b")) is None
    assert parse(invite().replace(b"INVITE sip", b"CANCEL sip")) is None
    assert parse(b"SIP/2.0 200 OK\r\nCall-ID: c1\r\n\r\n") is None
    assert parse(b"\r\n\r\n") is None


def test_short_names_of_headers_are_read() -> None:
    short = invite(tag=";tag=b").replace(b"To: ", b"t: ").replace(b"Call-ID", b"i")
    assert parse(short) is None
    assert parse(short.replace(b";tag=b", b"")) == Invitation("34600000008", "c1", "a1")


class Side(asyncio.DatagramProtocol):
    """One end of SIP: keeps what comes."""

    def __init__(self) -> None:
        self.received: asyncio.Queue[bytes] = asyncio.Queue()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.received.put_nowait(data)


async def test_the_wire_passes_on_both_ways_and_counts_calls_not_datagrams(invites: Path) -> None:
    loop = asyncio.get_running_loop()
    here, switch, carrier = free_ports(3)
    near, near_side = await loop.create_datagram_endpoint(Side, local_addr=("127.0.0.1", switch))
    far, far_side = await loop.create_datagram_endpoint(Side, local_addr=("127.0.0.1", carrier))
    with Invites(invites, KEY) as counted:

        def passes(invitation: Invitation) -> bool:
            counted.tell(invitation.call, invitation.attempt, invitation.number)
            return invitation.number != "34600000009"

        async with wire(here, switch, carrier, passes):
            lost = invite("34600000009", "c0", "a0")
            sent = [invite(), invite(), invite(sequence=2), invite(call="c2")]
            for datagram in (lost, *sent):
                near.sendto(datagram, ("127.0.0.1", here))
            for datagram in sent:
                assert await asyncio.wait_for(far_side.received.get(), 5) == datagram
            far.sendto(b"SIP/2.0 486 Busy Here\r\n\r\n", ("127.0.0.1", here))
            assert (await asyncio.wait_for(near_side.received.get(), 5)).startswith(b"SIP/2.0 486")
    near.close()
    far.close()
    assert [each.call for each in read(invites)] == ["c0", "c1", "c2"]
    assert far_side.received.empty()


# People


@dataclass(frozen=True, slots=True)
class Exchange:
    """A simulated line with its carrier, and a worker that is not there unless the test is."""

    esl: Control
    calls: "asyncio.Queue[Call]"
    manners: Manners
    invites: Path

    async def originate(self, ending: str, **variables: str) -> str:
        """Call the number that ends so, and return the attempt once somebody answers."""
        uuid = str(uuid4())
        settings = {"sip_h_X-Assist-Attempt": uuid, "ignore_early_media": "true", **variables}
        await self.esl.originate(
            f"sofia/gateway/carrier/346000000{ending}", "346", uuid=uuid, context="assist", variables=settings
        )
        return uuid

    @property
    def counted(self) -> list[Invite]:
        return read(self.invites)


@pytest.fixture
async def exchange(invites: Path) -> AsyncIterator[Exchange]:
    hasten()
    manners = Manners(VOICES, rings=0.1, replies=1, pause=0.3, patience=3.0)
    (port,) = free_ports(1)
    with Invites(invites, KEY) as counted:
        async with (
            worker(port) as calls,
            SimulatedLine([f"127.0.0.1:{port}"], answering=answering(counted, manners)) as line,
            line.event_socket(PASSWORD) as esl_port,
            control("127.0.0.1", esl_port, PASSWORD) as esl,
        ):
            yield Exchange(esl, calls, manners, invites)


@pytest.mark.parametrize(
    ("ending", "cause"),
    [
        ("00", "UNALLOCATED_NUMBER"),
        ("05", "NO_ANSWER"),
        ("06", "SUBSCRIBER_ABSENT"),
        ("07", "CALL_REJECTED"),
        ("08", "USER_BUSY"),
        ("09", "NO_ANSWER"),
        ("10", "UNALLOCATED_NUMBER"),
        ("29", "NORMAL_CIRCUIT_CONGESTION"),
    ],
)
async def test_who_does_not_answer_says_why(exchange: Exchange, ending: str, cause: str) -> None:
    with pytest.raises(HungUp) as refused:
        await exchange.originate(ending, originate_timeout="3")
    assert refused.value.cause == cause
    assert len(exchange.counted) == 1


async def test_a_carrier_that_says_nothing_is_given_up_by_sip(exchange: Exchange) -> None:
    with pytest.raises(HungUp, match="RECOVERY_ON_TIMER_EXPIRE"):
        await exchange.originate("09", originate_timeout="60")


async def hears(call: Call, phrase: Phrase, at_least: int = 1) -> None:
    """Wait until the worker's recording holds so much that is as long as *phrase*."""
    path = Path(call.connect["variable_x_ear"])
    expected = len(VOICES[phrase]) // 2

    def heard() -> bool:
        found = runs(np.frombuffer(path.read_bytes(), "<i2")) if path.exists() else []
        return sum(abs(end - start - expected) < 200 for start, end in found) >= at_least

    await until(heard, seconds=20)


async def listening(exchange: Exchange, ending: str, directory: Path) -> Call:
    """Call that number; the worker's end, which records."""
    ear = directory / f"{ending}.r8"
    await exchange.originate(ending, x_ear=str(ear))
    call = await exchange.calls.get()
    await call.api(
        "uuid_record",
        f"start {ear} 0 {{enable_file_write_buffering=false,RECORD_PRE_BUFFER_FRAMES=1,RECORD_READ_ONLY=true}}",
    )
    return call


async def test_a_person_says_hello_answers_and_hangs_up(exchange: Exchange, tmp_path: Path) -> None:
    call = await listening(exchange, "01", tmp_path)
    await hears(call, Phrase.HELLO)
    await call.done(await call.run("playback", "tone_stream://%(600,0,440)"))
    await hears(call, Phrase.REPLY)
    await call.done(await call.run("playback", "tone_stream://%(600,0,440)"))
    assert (await call.diary.wait("CHANNEL_HANGUP"))["Hangup-Cause"] == "NORMAL_CLEARING"


async def test_a_voicemail_keeps_what_is_said_after_the_beep(exchange: Exchange, tmp_path: Path) -> None:
    call = await listening(exchange, "02", tmp_path)
    await hears(call, Phrase.GREETING)
    await until(lambda: len(runs(np.frombuffer((tmp_path / "02.r8").read_bytes(), "<i2"))) == 2, seconds=20)
    await asyncio.sleep(0.6)
    await call.done(await call.run("playback", "tone_stream://%(800,0,440)"))
    await call.diary.wait("CHANNEL_HANGUP")
    ((start, end),) = runs(np.frombuffer(exchange.manners.messages[call.id], "<i2"))
    assert end - start == pytest.approx(6400, abs=400)


async def test_a_menu_is_said_twice(exchange: Exchange, tmp_path: Path) -> None:
    call = await listening(exchange, "03", tmp_path)
    await hears(call, Phrase.MENU, at_least=2)
    await call.diary.wait("CHANNEL_HANGUP", seconds=10)


async def test_who_is_screened_is_asked_and_then_nobody_comes(exchange: Exchange, tmp_path: Path) -> None:
    call = await listening(exchange, "04", tmp_path)
    await hears(call, Phrase.WHO)
    await call.done(await call.run("playback", "tone_stream://%(600,0,440)"))
    await hears(call, Phrase.NOBODY)
    await call.diary.wait("CHANNEL_HANGUP")


@pytest.mark.parametrize(("ending", "phrase", "times"), [("16", Phrase.OFF, 2), ("20", Phrase.NO_SUCH, 1)])
async def test_an_announcement_that_is_the_answer_is_heard(
    exchange: Exchange, tmp_path: Path, ending: str, phrase: Phrase, times: int
) -> None:
    call = await listening(exchange, ending, tmp_path)
    await hears(call, phrase, at_least=times)
    await call.diary.wait("CHANNEL_HANGUP")


async def test_who_hangs_up_at_once_has_answered(exchange: Exchange) -> None:
    await exchange.originate("19")
    await (await exchange.calls.get()).diary.wait("CHANNEL_HANGUP")


async def test_the_attempt_is_counted_once_however_the_call_ends(exchange: Exchange) -> None:
    attempt = await exchange.originate("01")
    await exchange.esl.hang_up(attempt)
    assert [each.attempt for each in exchange.counted] == [attempt]
    replaced = replace(exchange.counted[0], call="another")
    assert most([*exchange.counted, replaced]) == 2
