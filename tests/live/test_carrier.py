"""The carrier's people behind a real FreeSWITCH, and what is counted on the wire."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

from assist.errors import HungUp
from assist.simulate.carrier.carrier import Places, carrier
from assist.simulate.carrier.invites import Invites, most, read
from assist.simulate.carrier.people import Manners
from assist.simulate.carrier.voices import Phrase, Voices, beep
from assist.simulate.freeswitch import Installation, PrivateFreeSwitch, private_freeswitch
from assist.stt.whisper import Whisper
from assist.switch.control import Control
from tests.live.conftest import lent
from tests.live.house import carriers_voices, transcribed
from tests.recordings import plain_words, recording
from tests.rigs import Call, Diary, worker

HUMAN = {
    Phrase.GREETING: recording("es", "vm-nobodyavail").audio,
    Phrase.MENU: recording("es", "dir-instr").audio,
}
"""Said by a person."""


@dataclass(frozen=True, slots=True)
class Carried:
    """A FreeSWITCH whose carrier is ours."""

    switch: PrivateFreeSwitch
    manners: Manners
    invites: Path


PLACES = Places.found()


@pytest.fixture(scope="module")
def carried_switch(freeswitch: Installation) -> Iterator[PrivateFreeSwitch]:
    yield from lent(private_freeswitch(freeswitch, {}, PLACES.environment))


@pytest.fixture(scope="module")
def voices() -> Voices:
    """What a machine says by a human recording, the rest by Pico."""
    return {**carriers_voices(), **HUMAN}


@pytest.fixture
async def carried(carried_switch: PrivateFreeSwitch, voices: Voices, tmp_path: Path) -> AsyncIterator[Carried]:
    manners = Manners(voices, rings=0.2, replies=1)
    with Invites(tmp_path / "invites.jsonl", b"key") as invites:
        async with carrier(carried_switch, PLACES, invites, manners):
            yield Carried(carried_switch, manners, invites.path)


@pytest.fixture
async def esl(carried: Carried) -> AsyncIterator[Control]:
    async with carried.switch.control() as connected:
        yield connected


Dial = Callable[..., Awaitable[str]]


@pytest.fixture
def dial(esl: Control) -> Dial:
    """Calls the number that ends so; returns the attempt once it is answered."""

    async def originate(ending: str, attempt: str = "", **variables: str) -> str:
        attempt = attempt or str(uuid4())
        settings = {"sip_h_X-Assist-Attempt": attempt, "ignore_early_media": "true", "assist_direction": "outbound"}
        await esl.originate(
            f"sofia/gateway/carrier/346000000{ending}",
            "346",
            uuid=attempt,
            context="assist",
            variables=settings | variables,
        )
        return attempt

    return originate


def counted(carried: Carried, attempt: str) -> int:
    return sum(invite.attempt == attempt for invite in read(carried.invites))


@pytest.mark.parametrize(
    ("ending", "cause", "status"),
    [
        ("00", "UNALLOCATED_NUMBER", "404"),
        ("05", "NO_ANSWER", "487"),
        ("06", "SUBSCRIBER_ABSENT", "480"),
        ("07", "CALL_REJECTED", "603"),
        ("08", "USER_BUSY", "486"),
        ("10", "UNALLOCATED_NUMBER", "404"),
        ("29", "NORMAL_CIRCUIT_CONGESTION", "503"),
    ],
)
async def test_who_does_not_answer_says_why(
    carried: Carried, esl: Control, dial: Dial, ending: str, cause: str, status: str
) -> None:
    diary, attempt = Diary(), str(uuid4())
    esl.connection.subscribe(lambda event: diary.write(event) if event.get("Unique-ID") == attempt else None)
    await esl.connection.command("event json CHANNEL_HANGUP_COMPLETE")
    with pytest.raises(HungUp) as refused:
        await dial(ending, attempt, originate_timeout="10" if ending in ("06", "10") else "2")
    assert refused.value.cause == cause
    ended = await diary.wait("CHANNEL_HANGUP_COMPLETE")
    assert ended["variable_sip_invite_failure_status"] == status
    assert counted(carried, attempt) == 1


async def test_what_is_sent_again_for_want_of_an_answer_is_not_counted(carried: Carried, dial: Dial) -> None:
    attempt = str(uuid4())
    with pytest.raises(HungUp, match="NO_ANSWER"):
        await dial("09", attempt, originate_timeout="4")
    assert counted(carried, attempt) == 1


async def test_the_same_attempt_called_again_is_counted(carried: Carried, dial: Dial) -> None:
    """It is what must never be, so it has to be seen."""
    attempt = str(uuid4())
    for _ in range(2):
        with pytest.raises(HungUp, match="USER_BUSY"):
            await dial("08", attempt)
    assert counted(carried, attempt) == 2
    assert most(read(carried.invites)) == 2


@asynccontextmanager
async def heard(carried: Carried, dial: Dial, ending: str, path: Path) -> AsyncIterator[Call]:
    """Call that number and record it; yields the worker's end."""
    async with worker(carried.switch.ports.worker) as calls:
        await dial(ending)
        call = await asyncio.wait_for(calls.get(), 5)
        await call.api("uuid_record", f"start {path} 0 {{RECORD_READ_ONLY=true}}")
        yield call
        await call.diary.wait("CHANNEL_HANGUP", seconds=30)


async def test_a_person_answers_when_spoken_to(carried: Carried, dial: Dial, whisper: Whisper, tmp_path: Path) -> None:
    path = tmp_path / "person.r8"
    async with heard(carried, dial, "01", path) as call:
        for pause in (2.0, 4.0):
            await asyncio.sleep(pause)
            await call.done(await call.run("playback", "tone_stream://%(800,0,440)"))
    words = plain_words(await transcribed(path.read_bytes(), whisper))
    assert "digame" in words
    assert "acuerdo" in words


async def test_a_voicemail_greets_beeps_and_takes_a_message(
    carried: Carried, dial: Dial, whisper: Whisper, tmp_path: Path
) -> None:
    path = tmp_path / "voicemail.r8"
    message = tmp_path / "message.raw"
    message.write_bytes(recording("es", "vm-passchanged").audio)
    async with heard(carried, dial, "02", path) as call:
        await asyncio.sleep(len(HUMAN[Phrase.GREETING] + beep()) / 16000 + 1.5)
        await call.done(await call.run("playback", str(message)), seconds=10)
    assert "llamada" in plain_words(await transcribed(path.read_bytes(), whisper))
    left = plain_words(await transcribed(carried.manners.messages[call.id], whisper))
    assert {"sido", "cambiadas"} <= set(left)


async def test_an_announcement_before_the_answer_is_heard(
    carried: Carried, esl: Control, whisper: Whisper, tmp_path: Path
) -> None:
    path, attempt = tmp_path / "off.r8", str(uuid4())
    async with worker(carried.switch.ports.worker):
        dialing = asyncio.create_task(
            esl.connection.bgapi(
                f"originate {{origination_uuid={attempt},originate_timeout=10}}"
                "sofia/gateway/carrier/34600000006 346 XML assist"
            )
        )
        await dialing
        await esl.connection.api(f"uuid_record {attempt} start {path} 0 {{RECORD_READ_ONLY=true}}")
        async with asyncio.timeout(15):
            while await esl.uuid_exists(attempt):  # noqa: ASYNC110 -- nobody is told of it
                await asyncio.sleep(0.1)
    assert {"apagado", "cobertura"} & set(plain_words(await transcribed(path.read_bytes(), whisper)))
