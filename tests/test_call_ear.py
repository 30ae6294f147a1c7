import asyncio
import gc
import weakref
from collections.abc import AsyncIterator, Iterable
from contextlib import aclosing

import pytest

from assist.aio import race
from assist.audio.endpointing import Rules
from assist.audio.vad import Vad
from assist.call.ear import Ear, Ears, Keyed, Spoken
from assist.stt import Pause
from tests.line_audio import frames, on_a_line
from tests.recordings import recording

VAD = Vad()
SORRY = recording("es", "vm-sorry").audio
TURN = on_a_line(SORRY, before=1, after=1)
SILENCE = bytes(16000)
"""A second."""


@pytest.fixture
async def ears() -> AsyncIterator[Ears]:
    ears = Ears(VAD)
    yield ears
    ears.close()


@pytest.fixture
async def ear(ears: Ears) -> AsyncIterator[Ear]:
    ear = ears.open(digit_gap=0.03)
    yield ear
    ear.close()


async def listen(ear: Ear, audio: bytes) -> None:
    """Let *ear* hear *audio* in frames of 20 ms, each in a turn of the loop of its own."""
    await listen_all([ear], [audio])


async def listen_all(ears: Iterable[Ear], audios: Iterable[bytes]) -> None:
    for together in zip(*(frames(audio) for audio in audios), strict=True):
        for ear, frame in zip(ears, together, strict=True):
            ear.hear(frame)
        await asyncio.sleep(0)
    await asyncio.sleep(0)


async def spoken_by(ear: Ear) -> Spoken:
    utterance = await ear.next_utterance()
    assert isinstance(utterance, Spoken)
    return utterance


async def keyed_by(ear: Ear) -> Keyed:
    utterance = await ear.next_utterance()
    assert isinstance(utterance, Keyed)
    return utterance


async def pieces(spoken: Spoken) -> list[bytes | Pause]:
    async with aclosing(spoken.speech()) as speech:
        return [piece async for piece in speech]


def audio_of(told: Iterable[bytes | Pause]) -> bytes:
    return b"".join(piece for piece in told if isinstance(piece, bytes))


async def test_an_utterance_is_told_at_its_onset_and_its_audio_while_it_lasts(ear: Ear) -> None:
    hearing = asyncio.create_task(listen(ear, TURN))
    spoken = await spoken_by(ear)
    assert not hearing.done()
    assert spoken.ended_at is None
    async with aclosing(spoken.speech()) as speech:
        assert isinstance(await anext(speech), bytes)
        assert ear.position < len(TURN) // 4
        assert spoken.ended_at is None
    await pieces(spoken)
    await hearing


async def test_the_audio_is_that_of_the_call_from_before_the_voice_to_the_end_of_the_turn(ear: Ear) -> None:
    await listen(ear, TURN)
    spoken = await spoken_by(ear)
    told = await pieces(spoken)
    audio = audio_of(told)
    assert audio == TURN[spoken.start * 2 : spoken.start * 2 + len(audio)]
    assert spoken.voice_end is not None
    assert spoken.start < 8000 < spoken.voice_end
    assert spoken.start + len(audio) // 2 == pytest.approx(spoken.voice_end + 4800, abs=160)
    assert [piece for piece in told if isinstance(piece, Pause)] == [Pause.BEGAN]


async def test_a_pause_that_is_over_is_told_between_the_audio(ear: Ear) -> None:
    await listen(ear, on_a_line(SORRY + bytes(3200) + SORRY, before=0.5, after=1))
    told = await pieces(await spoken_by(ear))
    assert [piece for piece in told if isinstance(piece, Pause)] == [Pause.BEGAN, Pause.OVER, Pause.BEGAN]


async def test_a_listener_that_comes_late_or_twice_hears_the_same(ear: Ear) -> None:
    hearing = asyncio.create_task(listen(ear, TURN))
    spoken = await spoken_by(ear)
    early = asyncio.create_task(pieces(spoken))
    await hearing
    assert audio_of(await early) == audio_of(await pieces(spoken))


async def test_the_end_of_the_voice_is_told_in_the_time_of_the_loop(ear: Ear) -> None:
    await listen(ear, TURN)
    spoken = await spoken_by(ear)
    assert spoken.ended_at is not None
    assert spoken.voice_ended_at is not None
    assert spoken.ended_at <= asyncio.get_running_loop().time()
    assert 0.6 <= spoken.ended_at - spoken.voice_ended_at <= 0.63


async def test_every_turn_is_kept_until_it_is_asked_for(ear: Ear) -> None:
    await listen(ear, TURN + TURN)
    first, second = await spoken_by(ear), await spoken_by(ear)
    assert first.voice_end is not None
    assert first.voice_end <= second.start


async def test_the_next_turn_may_begin_with_the_silence_that_ended_the_last(ear: Ear) -> None:
    heard = on_a_line(SORRY + bytes(8000) + SORRY, before=0.5, after=1)
    await listen(ear, heard)
    for _ in range(2):
        spoken = await spoken_by(ear)
        audio = audio_of(await pieces(spoken))
        assert audio == heard[spoken.start * 2 : spoken.start * 2 + len(audio)]


async def test_an_utterance_that_loses_a_race_is_not_lost(ear: Ear) -> None:
    async def nothing() -> None:
        return None

    assert await race(nothing(), ear.next_utterance()) is None
    await listen(ear, TURN)
    assert await race(ear.next_utterance(), nothing()) is not None


async def test_a_backlog_is_heard_as_if_it_had_come_in_time(ears: Ears, ear: Ear) -> None:
    late = ears.open()
    late.hear(TURN + TURN)
    await listen(ear, TURN + TURN)
    for _ in range(2):
        one, other = await spoken_by(ear), await spoken_by(late)
        assert (one.start, one.voice_end) == (other.start, other.voice_end)
        assert audio_of(await pieces(one)) == audio_of(await pieces(other))
    late.close()


async def test_a_call_taken_over_goes_on_in_the_samples_of_the_call(ears: Ears, ear: Ear) -> None:
    later = ears.open(since=80_000)
    await listen_all([ear, later], [TURN, TURN])
    one, other = await spoken_by(ear), await spoken_by(later)
    assert other.start == one.start + 80_000
    assert later.position == ear.position + 80_000 == len(TURN) // 2 + 80_000
    later.close()


async def test_many_calls_are_judged_apart_from_the_loop_and_as_each_alone(ears: Ears, ear: Ear) -> None:
    crowd = [ears.open() for _ in range(100)]
    await listen_all([ear], [TURN])
    await listen_all(crowd, [TURN] * 100)
    alone = await spoken_by(ear)
    for one in crowd:
        spoken = await spoken_by(one)
        await pieces(spoken)
        assert spoken.start == alone.start
        assert spoken.voice_end == alone.voice_end
        one.close()


async def test_digits_end_with_the_hash_key(ear: Ear) -> None:
    for digit in "123#4#":
        ear.press(digit)
    assert [await (await keyed_by(ear)).digits() for _ in range(2)] == ["123", "4"]


async def test_the_hash_key_alone_is_an_answer(ear: Ear) -> None:
    ear.press("#")
    assert await (await keyed_by(ear)).digits() == "#"


async def test_digits_end_with_the_expected_count_once(ear: Ear) -> None:
    ear.expect_digits(2)
    for digit in "12345":
        ear.press(digit)
    assert [await (await keyed_by(ear)).digits() for _ in range(2)] == ["12", "345"]


async def test_a_count_that_has_been_reached_already_ends_the_group(ears: Ears) -> None:
    ear = ears.open(digit_gap=1000)
    ear.press("1")
    ear.press("2")
    ear.expect_digits(2)
    assert await (await keyed_by(ear)).digits() == "12"
    ear.close()


async def test_digits_end_with_a_gap_and_the_first_is_told_at_once(ear: Ear) -> None:
    ear.press("7")
    keyed = await keyed_by(ear)
    ear.press("8")
    assert not keyed.complete
    assert await keyed.digits() == "78"


async def test_a_gap_does_not_run_out_while_the_call_is_on_hold(ear: Ear) -> None:
    ear.press("7")
    ear.hold(True)
    keyed = await keyed_by(ear)
    much_later = asyncio.Event()
    asyncio.get_running_loop().call_later(0.06, much_later.set)
    await much_later.wait()
    assert not keyed.complete
    ear.hold(False)
    ear.press("8")
    assert await keyed.digits() == "78"


async def test_a_key_pressed_while_the_caller_speaks_comes_next(ear: Ear) -> None:
    await listen(ear, TURN[:30000])
    ear.press("1")
    await listen(ear, TURN[30000:])
    assert isinstance(await ear.next_utterance(), Spoken)
    assert isinstance(await ear.next_utterance(), Keyed)


async def test_silence_is_counted_in_audio_from_when_it_is_asked_for(ear: Ear) -> None:
    await listen(ear, SILENCE)
    quiet = asyncio.ensure_future(ear.silence(2))
    await asyncio.sleep(0)
    await listen(ear, SILENCE + SILENCE[:15000])
    assert not quiet.done()
    await listen(ear, SILENCE[15000:])
    await quiet


async def test_speech_and_keys_start_the_silence_anew(ear: Ear) -> None:
    await listen(ear, SILENCE)
    quiet = asyncio.create_task(ear.silence(1.5))
    await listen(ear, TURN)
    spoken = await spoken_by(ear)
    await pieces(spoken)
    await listen(ear, SILENCE)
    ear.press("1")
    await (await keyed_by(ear)).digits()
    await listen(ear, SILENCE)
    assert not quiet.done()
    await listen(ear, SILENCE)
    await quiet


async def test_there_is_no_silence_while_something_waits_to_be_answered(ear: Ear) -> None:
    quiet = asyncio.create_task(ear.silence(1.5))
    await listen(ear, TURN + SILENCE + SILENCE)
    assert not quiet.done()
    await spoken_by(ear)
    await listen(ear, bytes(320))
    await quiet


async def test_what_is_settled_leaves_out_what_is_still_to_be_answered(ear: Ear) -> None:
    await listen(ear, SILENCE)
    assert ear.settled == pytest.approx(8000 - 2400, abs=256)
    await listen(ear, TURN)
    spoken = await ear.next_utterance()
    assert isinstance(spoken, Spoken)
    assert spoken.voice_end is not None
    assert ear.settled > spoken.voice_end
    await listen(ear, TURN)
    assert ear.settled < len(TURN) + 8000
    assert ear.settled == (await spoken_by(ear)).start


async def test_the_rules_say_how_long_the_end_is_waited_for(ears: Ears) -> None:
    ear = ears.open(rules=Rules(end_of_turn=300))
    await listen(ear, on_a_line(SORRY, before=0.5, after=0.5))
    spoken = await spoken_by(ear)
    assert spoken.ended_at is not None
    ear.close()


async def test_a_call_that_ends_leaves_nothing(ears: Ears) -> None:
    ear = ears.open(digit_gap=1000)
    await listen(ear, TURN[:30000])
    spoken = await spoken_by(ear)
    ear.press("1")
    keyed = await keyed_by(ear)
    ear.close()
    ear.hear(SILENCE)
    await pieces(spoken)
    assert await keyed.digits() == "1"
    gone = weakref.ref(ear)
    del ear, spoken, keyed
    gc.collect()
    assert gone() is None
    assert len(asyncio.all_tasks()) == 1


async def test_an_utterance_nobody_wants_is_freed(ear: Ear) -> None:
    await listen(ear, TURN)
    unwanted = weakref.ref(await spoken_by(ear))
    await listen(ear, SILENCE)
    gc.collect()
    assert unwanted() is None


async def test_audio_as_late_as_the_ear_has_patience_is_as_good_as_frame_by_frame(ears: Ears, ear: Ear) -> None:
    await listen(ear, TURN)
    usual = await spoken_by(ear)
    patient = ears.open()
    deliveries = 0
    while patient.position < len(TURN) // 2:
        frames_together = max(-(-patient.patience(speaking=False) // 160), 1)
        patient.hear(TURN[2 * patient.position :][: 320 * frames_together])
        deliveries += 1
        for _ in range(10):
            await asyncio.sleep(0)
    late = await spoken_by(patient)
    patient.close()
    assert deliveries < len(TURN) // 320 / 3
    assert (late.start, late.voice_end) == (usual.start, usual.voice_end)
    assert audio_of(await pieces(late)) == audio_of(await pieces(usual))
    assert late.ended_at is not None
    assert late.voice_ended_at is not None
    assert late.ended_at - late.voice_ended_at <= 0.63


async def test_over_the_assistant_a_sound_ends_the_ears_patience(ear: Ear) -> None:
    await listen(ear, SILENCE)
    still = ear.patience(speaking=True)
    assert 320 < still < ear.patience(speaking=False)
    ear.hear(SORRY[8000:8320])
    assert ear.patience(speaking=True) <= 160


async def test_an_ear_that_is_behind_does_not_ask_for_more(ear: Ear) -> None:
    ear.hear(SORRY)
    await asyncio.sleep(0)
    assert ear.patience(speaking=True) >= 800
