import asyncio
from collections.abc import Iterable

import pytest

from assist.aio import Stream
from assist.call.speech import REWIND, Fillers, Manner, Speech, breath
from assist.errors import ProviderError
from assist.llm import HangUp, Language, Notes, Pace, Part
from tests.fakes import WORD, FakeChannel, FakeVoice


async def parts(*items: Part | ProviderError, gate: asyncio.Event | None = None) -> Stream[Part]:
    for item in items:
        if isinstance(item, ProviderError):
            raise item
        yield item
    if gate:
        await gate.wait()


def speech(reply: Iterable[Part | ProviderError], voice: FakeVoice | None = None) -> Speech:
    return Speech(parts(*reply), voice or FakeVoice(), Manner("es"))


async def interrupted(spoken: Speech, channel: FakeChannel) -> None:
    """Play until the channel goes no further, then break it off."""
    playing = asyncio.create_task(spoken.play(channel))
    await channel.stuck.wait()
    playing.cancel()
    await asyncio.gather(playing, return_exceptions=True)


async def test_a_reply_is_spoken_sentence_by_sentence_and_heard_whole() -> None:
    voice, channel = FakeVoice(), FakeChannel()
    async with speech(["Hola. ¿Qué ", "tal está? Bien."], voice) as spoken:
        await spoken.play(channel)
        assert voice.diary == ["Hola.", "¿Qué tal está?", "Bien."]
        assert spoken.heard == spoken.text == "Hola. ¿Qué tal está? Bien."
        assert len(channel.played) == 1


async def test_the_first_sentence_is_heard_while_the_rest_is_being_written() -> None:
    gate, channel = asyncio.Event(), FakeChannel(WORD)
    async with Speech(parts("Hola. ", gate=gate), FakeVoice(), Manner("es")) as spoken:
        await interrupted(spoken, channel)
        assert spoken.marks.first_audio is not None


async def test_an_interrupted_reply_is_remembered_as_far_as_it_was_heard() -> None:
    async with speech(["Uno dos tres cuatro. Cinco seis."]) as spoken:
        await interrupted(spoken, FakeChannel(3 * WORD))
        assert spoken.heard == "Uno dos tres"
        assert spoken.text == "Uno dos tres cuatro. Cinco seis."


async def test_a_reply_goes_on_a_moment_before_it_was_broken_off() -> None:
    long = " ".join(["palabra"] * 25)
    channel = FakeChannel(20 * WORD)
    async with speech([long]) as spoken:
        await interrupted(spoken, channel)
        await spoken.play(channel)
        assert spoken.heard == long
        whole = 25 * WORD + len(breath(long)) // 2
        assert channel.played == [20 * WORD, whole - (20 * WORD - REWIND)]


async def test_the_next_word_of_a_broken_off_reply_is_already_made_when_it_goes_on() -> None:
    voice, channel = FakeVoice(), FakeChannel(WORD)
    async with speech(["Uno. Dos. Tres."], voice) as spoken:
        await interrupted(spoken, channel)
        for _ in range(20):
            await asyncio.sleep(0)
        assert voice.diary == ["Uno.", "Dos.", "Tres."]


async def test_what_is_to_be_done_is_kept_for_when_it_was_heard() -> None:
    async with speech([Notes({"step": 2}), "Adiós.", HangUp()]) as spoken:
        await spoken.play(FakeChannel())
        assert spoken.outcome.notes == {"step": 2}
        assert spoken.outcome.ending == HangUp()


async def test_pace_and_language_change_from_the_next_sentence_on() -> None:
    voice = FakeVoice()
    async with speech(["Hola.", Pace(0.8), "Despacio.", Language("en"), "Hello."], voice) as spoken:
        await spoken.play(FakeChannel())
    assert voice.manners == [("es", 1.0), ("es", 0.8), ("en", 0.8)]


async def test_a_brain_that_fails_ends_the_reply_and_says_why() -> None:
    error = ProviderError("fake", "down", temporary=True)
    async with speech(["Hola.", error]) as spoken:
        await spoken.play(FakeChannel())
        assert spoken.heard == "Hola."
        assert spoken.outcome.failure is error


@pytest.mark.parametrize("reply", [[], ["  "], ["…"]])
async def test_a_reply_without_words_is_heard_at_once(reply: list[Part]) -> None:
    async with speech(reply) as spoken:
        await spoken.play(FakeChannel())
        assert spoken.heard == ""


async def test_nothing_is_heard_before_the_reply_was_announced() -> None:
    announced, channel = asyncio.Event(), FakeChannel(WORD)

    async def announce(sentence: str, notes: object) -> None:
        assert (sentence, notes) == ("Hola.", {"a": 1})
        assert channel.played == [0]
        announced.set()

    async with Speech(parts(Notes({"a": 1}), "Hola. Adiós."), FakeVoice(), Manner("es"), None, announce) as spoken:
        await interrupted(spoken, channel)
        assert announced.is_set()


async def test_a_filler_breaks_the_silence_and_is_not_remembered() -> None:
    voice, channel, gate = FakeVoice(), FakeChannel(WORD), asyncio.Event()

    async def slow() -> Stream[Part]:
        await gate.wait()
        yield "Ya está."

    async with Speech(slow(), voice, Manner("es"), Fillers(["Un momento."], after=0)) as spoken:
        await interrupted(spoken, channel)
        assert voice.diary == ["Un momento."]
        assert not spoken.noticed
        gate.set()
        await spoken.play(FakeChannel())
        assert spoken.heard == "Ya está."
        assert spoken.noticed


async def test_nothing_is_left_running_when_it_is_abandoned() -> None:
    async with Speech(
        parts("Hola. ", gate=asyncio.Event()), FakeVoice(), Manner("es"), Fillers(["Un momento."], after=60)
    ) as spoken:
        await interrupted(spoken, FakeChannel(WORD))
    assert asyncio.all_tasks() == {asyncio.current_task()}
