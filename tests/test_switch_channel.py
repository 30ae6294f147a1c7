"""The line of a call over an Event Socket that is moved by hand; on the real switch: tests/live/test_channel.py."""

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from assist.aio import Stream
from assist.audio import g711
from assist.audio.formats import Encoding
from assist.call.channel import Channel, Direction, Line, TransferOutcome
from assist.errors import ConnectionLost, HungUp, MediaLost, ProtocolError, ProviderError
from assist.switch.channel import FreeSwitchChannel, open_channel
from assist.switch.connection import Connection
from assist.switch.events import Event
from assist.switch.listening import hear_from_now_on
from assist.switch.media import Media
from tests.diary import Diary
from tests.scripted_switch import CALL, ScriptedSwitch, scripted


@dataclass
class Rig:
    channel: FreeSwitchChannel
    switch: ScriptedSwitch
    connection: Connection
    media: Media


@pytest.fixture
async def media(tmp_path: Path) -> AsyncIterator[Media]:
    async with Media(tmp_path, beat=0.001) as running:
        yield running


@pytest.fixture
async def rig(media: Media) -> AsyncIterator[Rig]:
    async with scripted() as (connection, connect, switch):
        async with open_channel(connection, connect, media) as channel:
            yield Rig(channel, switch, connection, media)
            await channel.hang_up()
        assert media.directory.files() == []


async def stream(*pieces: bytes) -> Stream[bytes]:
    for piece in pieces:
        yield piece


async def unending(first: bytes) -> Stream[bytes]:
    yield first
    await asyncio.Event().wait()


PIECE = b"\0\1" * 8000


def in_law(pcm: bytes, encoding: Encoding = Encoding.PCMA) -> bytes:
    return g711.encode(pcm, encoding)


async def test_it_fulfils_the_contract(rig: Rig) -> None:
    channel: Channel = rig.channel
    assert channel.line == Line(CALL, Direction.INBOUND, "600000001", "Ana system(true)", "910000001", "clinica")


async def test_a_call_is_answered_once(rig: Rig) -> None:
    await rig.channel.answer()
    await rig.channel.answer()
    assert rig.switch.asked.count("answer") == 1


async def test_an_answered_call_is_not_answered_again(media: Media) -> None:
    async with scripted() as (connection, connect, switch):
        answered = Event({**connect.headers, "Answer-State": "answered"})
        async with open_channel(connection, answered, media) as channel:
            await channel.answer()
        assert "answer" not in switch.asked


async def test_a_reply_is_one_playback_in_the_lines_law(rig: Rig) -> None:
    await rig.channel.play(stream(PIECE, PIECE))
    assert rig.switch.played == [in_law(PIECE + PIECE)]
    assert rig.channel.heard == 16000


async def test_a_reply_without_audio_plays_nothing(rig: Rig) -> None:
    await rig.channel.play(stream())
    assert rig.switch.played == []
    assert rig.channel.heard == 0


async def test_cancelled_it_is_broken_and_what_was_heard_is_known(rig: Rig) -> None:
    rig.switch.counts = 80 + 9 * 160
    playing = asyncio.create_task(rig.channel.play(unending(PIECE)))
    await rig.switch.started.wait()
    playing.cancel()
    await asyncio.gather(playing, return_exceptions=True)
    assert f"api uuid_break {CALL}" in rig.switch.asked
    assert rig.channel.heard == 1600
    assert not [file for file in rig.media.directory.files() if file.kind == "PCMA"]


async def test_cancelled_twice_it_is_broken_all_the_same_and_the_next_reply_waits(rig: Rig) -> None:
    playing = asyncio.create_task(rig.channel.play(unending(PIECE)))
    await rig.switch.started.wait()
    for _ in range(6):
        playing.cancel()
        await asyncio.sleep(0)
    await asyncio.gather(playing, return_exceptions=True)
    await rig.channel.play(stream(PIECE))
    assert rig.switch.asked.count(f"api uuid_break {CALL}") == 1
    assert rig.switch.played[-1] == in_law(PIECE)


async def test_cancelled_before_it_began_nothing_is_left(rig: Rig) -> None:
    playing = asyncio.create_task(rig.channel.play(stream(PIECE)))
    for _ in range(4):
        await asyncio.sleep(0)
    playing.cancel()
    await asyncio.gather(playing, return_exceptions=True)
    assert rig.channel.heard == 0
    assert rig.media.directory.files() == []


async def test_the_error_of_a_stream_comes_after_what_it_gave(rig: Rig) -> None:
    async def breaking() -> Stream[bytes]:
        yield PIECE
        raise ProviderError("voice", "down", temporary=True)

    with pytest.raises(ProviderError):
        await rig.channel.play(breaking())
    assert rig.switch.played == [in_law(PIECE)]


async def test_a_change_of_law_goes_on_in_the_new_one_from_what_was_heard(rig: Rig) -> None:
    rig.switch.counts = 80 + 24 * 160
    playing = asyncio.create_task(rig.channel.play(unending(PIECE)))
    await rig.switch.started.wait()
    rig.switch.started.clear()
    rig.switch.variables["variable_rtp_use_codec_name"] = "PCMU"
    rig.switch.tell("CODEC", Channel_Write_Codec_Name="PCMU")
    await rig.switch.started.wait()
    assert rig.switch.played[1]
    assert in_law(PIECE[8000:], Encoding.PCMU).startswith(rig.switch.played[1])
    playing.cancel()
    await asyncio.gather(playing, return_exceptions=True)


async def test_a_law_that_no_pipe_can_carry_is_said(media: Media) -> None:
    async with scripted() as (connection, connect, _switch):
        foreign = Event({**connect.headers, "variable_rtp_use_codec_name": "G722"})
        async with open_channel(connection, foreign, media) as channel:
            with pytest.raises(MediaLost, match="G722: let FreeSWITCH offer PCMA and PCMU only"):
                await channel.play(stream(PIECE))


async def test_on_hold_the_voice_waits_and_the_listener_knows(rig: Rig) -> None:
    diary = Diary()
    await rig.channel.listen(diary)
    rig.switch.tell("CHANNEL_HOLD")
    await diary.was_told(True)
    playing = asyncio.create_task(rig.channel.play(stream(PIECE)))
    rig.switch.tell("DTMF", DTMF_Digit="5")
    await diary.was_told(True, "5")
    assert rig.switch.played == []
    rig.switch.tell("CHANNEL_UNHOLD")
    await playing
    assert diary.told == [True, "5", False]
    assert rig.switch.played == [in_law(PIECE)]


async def test_the_ear_gives_what_the_caller_says(rig: Rig) -> None:
    diary = Diary()
    await rig.channel.listen(diary)
    for said in (b"\1\0" * 160, b"\2\0" * 160):
        rig.switch.says(said)
    await diary.heard(b"\1\0" * 160 + b"\2\0" * 160)


async def test_whoever_takes_over_hears_what_was_said_before(media: Media) -> None:
    said = b"\1\0" * 100 + b"\2\0" * 100
    media.directory.ear(CALL, 0).write_bytes(said)
    async with scripted() as (connection, connect, switch):
        switch.ear = media.directory.ear(CALL, 0)
        os.mkfifo(media.directory.voice(CALL, 3, Encoding.PCMA))
        async with open_channel(connection, connect, media) as channel:
            diary = Diary()
            await channel.listen(diary, since=50)
            assert diary.audio == said[100:]
            assert not [asked for asked in switch.asked if asked.startswith("api uuid_record")]
            assert [file.kind for file in media.directory.files()] == ["r8"]
        assert media.directory.ear(CALL, 0).exists()


async def test_what_is_said_in_an_answered_call_before_anybody_listens_is_heard(media: Media) -> None:
    async with scripted() as (connection, connect, switch):
        answered = Event({**connect.headers, "Answer-State": "answered"})
        await hear_from_now_on(connection, answered, media)
        switch.says(PIECE)
        async with open_channel(connection, answered, media) as channel:
            diary = Diary()
            await channel.listen(diary)
            assert diary.audio == PIECE
            assert switch.ears.qsize() == 1
            await channel.hang_up()
    assert media.directory.files() == []


@pytest.mark.parametrize(("state", "kept"), [("ringing", False), ("answered", True)])
async def test_nothing_is_kept_of_what_rings_nor_begun_again_where_it_is_kept(
    media: Media, state: str, kept: bool
) -> None:
    if kept:
        media.directory.ear(CALL, 0).write_bytes(PIECE)
    async with scripted() as (connection, connect, switch):
        await hear_from_now_on(connection, Event({**connect.headers, "Answer-State": state}), media)
        assert switch.asked == []


async def test_an_ear_that_cannot_be_begun_before_anybody_listens_is_told_to_who_does(media: Media) -> None:
    async with scripted() as (connection, connect, switch):
        switch.refuses["uuid_record"] = "-ERR Cannot record session!\n"
        answered = Event({**connect.headers, "Answer-State": "answered"})
        await hear_from_now_on(connection, answered, media)
        async with open_channel(connection, answered, media) as channel:
            with pytest.raises(MediaLost):
                await channel.listen(Diary())
            await channel.hang_up()


async def test_a_recording_that_had_ended_is_gone_on_with(media: Media) -> None:
    media.directory.ear(CALL, 0).write_bytes(b"\1\0" * 100)
    async with scripted() as (connection, connect, switch), open_channel(connection, connect, media) as channel:
        diary = Diary()
        await channel.listen(diary)
        switch.says(b"\2\0" * 5)
        await diary.heard(b"\1\0" * 100 + b"\2\0" * 5)
        await channel.hang_up()


async def test_a_recording_that_cannot_be_made_is_said(rig: Rig) -> None:
    rig.switch.refuses["uuid_record"] = "-ERR Cannot record session!\n"
    with pytest.raises(MediaLost, match=str(rig.media.directory.path)):
        await rig.channel.listen(Diary())


async def test_a_listener_that_fails_ends_the_hearing_and_not_the_call(rig: Rig) -> None:
    class Failing(Diary):
        def hear(self, audio: bytes) -> None:
            raise ValueError("no")

    await rig.channel.listen(Failing())
    rig.switch.says(b"\1\0")
    with pytest.raises(MediaLost):
        await rig.channel.hung_up()
    assert await rig.channel.transfer("user/reception") is TransferOutcome.FAILED


@pytest.mark.parametrize(
    ("disposition", "outcome"),
    [
        ("SUCCESS", TransferOutcome.ENDED),
        ("USER_BUSY", TransferOutcome.BUSY),
        ("NO_ANSWER", TransferOutcome.NO_ANSWER),
        ("CALL_REJECTED", TransferOutcome.FAILED),
        ("", TransferOutcome.FAILED),
    ],
)
async def test_a_transfer_pauses_the_ear_and_tells_how_it_ended(
    rig: Rig, disposition: str, outcome: TransferOutcome
) -> None:
    diary = Diary()
    await rig.channel.listen(diary)
    rig.switch.says(b"\1\0" * 10)
    rig.switch.variables["variable_originate_disposition"] = disposition
    assert await rig.channel.transfer("user/reception") is outcome
    asked = [text.removeprefix("api ").split()[0:3:2] for text in rig.switch.asked[-3:]]
    assert asked == [["uuid_record", "stop"], ["bridge"], ["uuid_record", "start"]]
    rig.switch.says(b"\2\0" * 10)
    await diary.heard(b"\1\0" * 10 + b"\2\0" * 10)


async def test_every_wait_ends_with_the_call(rig: Rig) -> None:
    waits = [rig.channel.play(unending(PIECE)), rig.channel.hung_up()]
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    await rig.switch.started.wait()
    rig.switch.hang_up("USER_BUSY")
    played, cause = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(played, HungUp)
    assert played.cause == cause == "USER_BUSY"
    for late in (rig.channel.answer(), rig.channel.listen(Diary()), rig.channel.transfer("user/reception")):
        with pytest.raises(HungUp):
            await late
    await rig.channel.hang_up()


async def test_without_the_connection_the_call_is_lost_but_not_over(media: Media) -> None:
    async with scripted() as (connection, connect, switch):
        async with open_channel(connection, connect, media) as channel:
            await channel.listen(Diary())
            playing = asyncio.create_task(channel.play(unending(PIECE)))
            await switch.started.wait()
            connection.close()
            with pytest.raises(ConnectionLost):
                await playing
            with pytest.raises(ConnectionLost):
                await channel.hung_up()
        assert [file.kind for file in media.directory.files()] == ["r8"]


async def test_a_call_that_is_over_before_it_began(media: Media) -> None:
    async with scripted() as (connection, connect, switch):
        switch.refuses["uuid_setvar_multi"] = "-ERR No such channel!\n"
        with pytest.raises(HungUp):
            media.directory.ear(CALL, 0).write_bytes(PIECE)
            async with open_channel(connection, connect, media):
                pass
    assert media.directory.files() == []


async def test_events_of_another_call_are_not_ours(rig: Rig) -> None:
    diary = Diary()
    await rig.channel.listen(diary)
    rig.switch.tell("DTMF", Unique_ID="another", DTMF_Digit="1")
    rig.switch.tell("CHANNEL_HANGUP", Unique_ID="another", Hangup_Cause="NORMAL_CLEARING")
    rig.switch.tell("DTMF", DTMF_Digit="2")
    await diary.was_told("2")


async def test_nothing_runs_after_the_call(media: Media) -> None:
    async with scripted() as (connection, connect, switch):
        before = asyncio.all_tasks()
        async with open_channel(connection, connect, media) as channel:
            await channel.listen(Diary())
            await channel.play(stream(PIECE))
            switch.hang_up()
            await channel.hung_up()
        assert asyncio.all_tasks() <= before | {switch._playing}
    assert media.directory.files() == []


async def test_whoever_lost_the_ear_may_say_goodbye(rig: Rig) -> None:
    class Failing(Diary):
        def hear(self, audio: bytes) -> None:
            raise ValueError("no")

    await rig.channel.listen(Failing())
    playing = asyncio.create_task(rig.channel.play(unending(PIECE)))
    await rig.switch.started.wait()
    rig.switch.says(b"\1\0")
    with pytest.raises(MediaLost):
        await playing
    await rig.channel.play(stream(PIECE))
    assert rig.channel.heard == 8000


async def test_another_listener_takes_the_place_of_the_first(rig: Rig) -> None:
    first, second = Diary(), Diary()
    await rig.channel.listen(first)
    rig.switch.says(b"\1\0" * 10)
    await first.heard(b"\1\0" * 10)
    await rig.channel.listen(second)
    rig.switch.says(b"\2\0" * 10)
    await second.heard(b"\1\0" * 10 + b"\2\0" * 10)
    assert first.audio == b"\1\0" * 10


async def test_a_call_may_be_taken_over_on_hold(media: Media) -> None:
    async with scripted() as (connection, connect, switch):
        held = Event({**connect.headers, "Channel-Call-State": "HELD"})
        async with open_channel(connection, held, media) as channel:
            diary = Diary()
            await channel.listen(diary)
            playing = asyncio.create_task(channel.play(stream(PIECE)))
            assert diary.told == [True]
            switch.tell("CHANNEL_UNHOLD")
            await playing
            assert diary.told == [True, False]
            await channel.hang_up()


async def test_a_kept_recording_is_masked_during_a_transfer(rig: Rig, tmp_path: Path) -> None:
    await rig.channel.record(tmp_path / "kept.wav")
    await rig.channel.transfer("user/reception")
    asked = [text.removeprefix("api ").split()[0:3:2] for text in rig.switch.asked[-4:]]
    assert asked == [["uuid_record", "start"], ["uuid_record", "mask"], ["bridge"], ["uuid_record", "unmask"]]


async def test_a_path_that_is_no_single_word_is_refused(rig: Rig) -> None:
    with pytest.raises(ProtocolError):
        await rig.channel.record(Path("/tmp/a b.wav"))
