"""What every voice must do, whoever speaks.

`VOICE` is asked of every engine, of the real services too; `SERVED` of those that have a local server, which speaks
by `speaker.beeps`, `STREAMED` of most of them; so is `fails`, with each of `hosted.FAULTS`, and `words_arrive` with the
embedded ears.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, aclosing
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pytest
from numpy.typing import NDArray
from pydantic import JsonValue

from assist.aio import Stream
from assist.audio.formats import LINE, LINE_BYTES_PER_SECOND
from assist.errors import ProviderError
from assist.provider import Kind, Opened
from assist.stt import Pause
from assist.tts import TextToSpeech
from tests.contracts import hosted
from tests.providers import Fault, ProviderServer
from tests.recordings import word_errors

if TYPE_CHECKING:
    from assist.stt.whisper import Whisper

SENTENCES = {
    "es": "Ha llamado a la clínica. Soy un asistente automático, ¿en qué puedo ayudarle?",
    "en": "I did not understand you. Could you say it again, please?",
}
GREETING = SENTENCES["es"]
SHORT = "Buenos días."
CLASSIC: dict[str, JsonValue] = {"es": "es-ES-Neural2-A", "en": "en-US-Neural2-C"}
"""Voices of Google's that do not stream."""

SOON = 5.0
"""Seconds that something may take that is to happen at once."""


Voice: TypeAlias = Callable[[TextToSpeech], Awaitable[None]]
Served: TypeAlias = Callable[[ProviderServer, Opened[TextToSpeech]], Awaitable[None]]


def examined(
    server: ProviderServer, monkeypatch: pytest.MonkeyPatch, **options: JsonValue
) -> AbstractAsyncContextManager[Opened[TextToSpeech]]:
    """Lend the engine of *server*, opened as a call would have it whose assistant chose *options*."""
    return hosted.examined(Kind.TTS, server, monkeypatch, options)


@pytest.fixture
async def opened(server: ProviderServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Opened[TextToSpeech]]:
    """The engine of a test module's *server*."""
    async with examined(server, monkeypatch) as engine:
        yield engine


async def said(voice: TextToSpeech, text: str, language: str = "es", pace: float = 1.0) -> list[bytes]:
    async with aclosing(voice.synthesize(text, language, pace=pace)) as speech:
        return [piece async for piece in speech]


def samples(speech: list[bytes]) -> NDArray[np.float64]:
    return np.frombuffer(b"".join(speech), "<i2").astype(np.float64)


def seconds(speech: list[bytes]) -> float:
    return sum(map(len, speech)) / LINE_BYTES_PER_SECOND


def through_telephone(speech: list[bytes]) -> bytes:
    """Return it as `LINE`, in the band from 300 to 3400 Hz."""
    line = samples(speech)
    spectrum = np.fft.rfft(line)
    frequencies = np.fft.rfftfreq(len(line), 1 / LINE.rate)
    spectrum[(frequencies < 300) | (frequencies > 3400)] = 0
    return np.fft.irfft(spectrum, len(line)).astype("<i2").tobytes()


async def understood(whisper: "Whisper", audio: bytes, language: str) -> str:
    async def speech() -> Stream[bytes | Pause]:
        yield audio

    async with aclosing(whisper.transcribe(speech(), (language,))) as transcripts:
        return [transcript.text async for transcript in transcripts][-1]


# Of every voice


async def a_sentence_comes_in_whole_samples(voice: TextToSpeech) -> None:
    for language, text in SENTENCES.items():
        speech = await said(voice, text, language)
        assert 2 <= seconds(speech) <= 12
        assert all(piece and len(piece) % LINE.sample_bytes == 0 for piece in speech)
        assert np.abs(samples(speech)).max() > 1000


async def no_silence_is_around_the_words(voice: TextToSpeech) -> None:
    for text in (GREETING, SHORT, "Sí."):
        speech = samples(await said(voice, text))
        loud = np.flatnonzero(np.abs(speech) > 60)
        assert loud[0] <= 0.05 * LINE.rate
        assert len(speech) - loud[-1] <= 0.05 * LINE.rate


async def a_slower_pace_takes_longer(voice: TextToSpeech) -> None:
    usual, slow = seconds(await said(voice, GREETING)), seconds(await said(voice, GREETING, pace=0.7))
    assert 1.2 <= slow / usual <= 1.7


async def a_text_without_words_makes_no_sound(voice: TextToSpeech) -> None:
    for text in ("", "  \n", "...", "¿?", "😀", "\0"):
        assert await said(voice, text) == []


async def markup_in_a_text_is_not_obeyed(voice: TextToSpeech) -> None:
    plain = seconds(await said(voice, SHORT))
    for text in (
        f'<break time="10s"/>{SHORT}',
        f'<speak><break time="10s"/>{SHORT}</speak>',
        f'{SHORT}</prosody><break time="10s"/>',
        f'{SHORT}]]><break time="10s" ',
        f'&lt;break time="10s"/&gt;{SHORT}',
    ):
        for pace in (1.0, 0.9):
            assert plain * 0.9 <= seconds(await said(voice, text, pace=pace)) < plain + 9


async def odd_texts_are_spoken(voice: TextToSpeech) -> None:
    for text in (
        "hola\0 mundo\x1b\u200b \udcff \ufffe",
        "5 < 7 && 8 > 2, «100 %» o \"nada\" y 'ya' \U0001f469\u200d\u2695\ufe0f",
        "**Importante:** use `código`, uno_dos y [esto](aquí).",
        '<?xml version="1.0"?><!DOCTYPE speak [<!ENTITY a "b">]><!-- nada --> hola &a; &#0;',
        "línea\r\n\r\nnueva\tlínea 😀😀",
    ):
        assert seconds(await said(voice, text)) > 0.3


async def several_sentences_at_once_all_arrive(voice: TextToSpeech) -> None:
    texts = [SHORT, GREETING, SHORT, GREETING]
    lengths = [seconds(speech) for speech in await asyncio.gather(*(said(voice, text) for text in texts))]
    assert max(lengths[0::2]) < min(lengths[1::2])


async def a_listener_that_leaves_does_not_spoil_the_next_sentence(voice: TextToSpeech) -> None:
    usual = seconds(await said(voice, SHORT))
    async with aclosing(voice.synthesize(GREETING, "es")) as speech:
        assert await anext(speech)
    assert seconds(await said(voice, SHORT)) == pytest.approx(usual, rel=0.15)


async def a_language_it_does_not_speak_is_refused(voice: TextToSpeech) -> None:
    with pytest.raises(ProviderError) as error:
        await said(voice, "xin chào", "xx")
    assert not error.value.temporary
    assert not error.value.refused


VOICE: list[Voice] = [
    a_sentence_comes_in_whole_samples,
    no_silence_is_around_the_words,
    a_slower_pace_takes_longer,
    a_text_without_words_makes_no_sound,
    markup_in_a_text_is_not_obeyed,
    odd_texts_are_spoken,
    several_sentences_at_once_all_arrive,
    a_listener_that_leaves_does_not_spoil_the_next_sentence,
    a_language_it_does_not_speak_is_refused,
]


def name(behaviour: Voice | Served) -> str:
    return getattr(behaviour, "__name__", "")


async def words_arrive(voice: TextToSpeech, whisper: "Whisper", language: str, errors: int = 1) -> None:
    """A telephone's listener understands the sentence of *language*, but for so many *errors*."""
    text = SENTENCES[language]
    heard = await understood(whisper, through_telephone(await said(voice, text, language)), language)
    assert word_errors(text, heard) <= errors, heard


# Of those with a local server


async def the_beginning_is_there_before_the_end(server: ProviderServer, opened: Opened[TextToSpeech]) -> None:
    server.fault = Fault.STALLED
    async with aclosing(opened.engine.synthesize(GREETING, "es")) as speech:
        assert await asyncio.wait_for(anext(speech), SOON)
        assert not server.client_left.is_set()


async def closing_in_mid_sentence_frees_the_connection(server: ProviderServer, opened: Opened[TextToSpeech]) -> None:
    await said(opened.engine, SHORT)
    before = asyncio.all_tasks()
    server.fault = Fault.STALLED
    async with aclosing(opened.engine.synthesize(GREETING, "es")) as speech:
        assert await asyncio.wait_for(anext(speech), SOON)
    await asyncio.wait_for(server.client_left.wait(), SOON)
    await _nothing_new_runs(before)


async def cancelling_in_mid_sentence_frees_the_connection(server: ProviderServer, opened: Opened[TextToSpeech]) -> None:
    await said(opened.engine, SHORT)
    before = asyncio.all_tasks()
    begun = asyncio.Event()

    async def listen() -> None:
        async with aclosing(opened.engine.synthesize(GREETING, "es")) as speech:
            async for _ in speech:
                begun.set()

    server.fault = Fault.STALLED
    await _cancelled(asyncio.create_task(listen()), begun.wait())
    await asyncio.wait_for(server.client_left.wait(), SOON)
    await _nothing_new_runs(before)


async def cancelling_before_the_first_sound_frees_the_connection(
    server: ProviderServer, opened: Opened[TextToSpeech]
) -> None:
    await said(opened.engine, SHORT)
    before = asyncio.all_tasks()
    server.asked.clear()
    server.fault = Fault.SILENT
    await _cancelled(asyncio.create_task(said(opened.engine, GREETING)), server.asked.wait())
    await asyncio.wait_for(server.client_left.wait(), SOON)
    await _nothing_new_runs(before)


async def a_text_without_words_is_not_sent(server: ProviderServer, opened: Opened[TextToSpeech]) -> None:
    await said(opened.engine, "... ¿? 😀")
    assert server.requests == 0


async def being_warm_already_is_no_trouble(server: ProviderServer, opened: Opened[TextToSpeech]) -> None:
    await asyncio.gather(opened.warm(), opened.warm())
    await opened.warm()
    assert await said(opened.engine, SHORT)


STREAMED: list[Served] = [
    the_beginning_is_there_before_the_end,
    closing_in_mid_sentence_frees_the_connection,
    cancelling_in_mid_sentence_frees_the_connection,
]
"""Of a voice that does not give a sentence all at once."""
SERVED: list[Served] = [
    cancelling_before_the_first_sound_frees_the_connection,
    a_text_without_words_is_not_sent,
    being_warm_already_is_no_trouble,
]


async def fails(server: ProviderServer, opened: Opened[TextToSpeech], fault: Fault) -> None:
    """The *fault* is told as what it is, after one try and without the words; the next sentence is spoken."""
    usual, requests = seconds(await said(opened.engine, SHORT)), server.requests
    server.fault = fault
    with pytest.raises(ProviderError) as caught:
        await said(opened.engine, GREETING)
    hosted.assert_told(caught.value, fault, server, GREETING)
    assert server.requests - requests <= 1
    server.fault = None
    assert seconds(await said(opened.engine, SHORT)) == pytest.approx(usual, rel=0.15)


async def _cancelled(task: asyncio.Task[object], when: Awaitable[object]) -> None:
    await asyncio.wait_for(when, SOON)
    task.cancel()
    await asyncio.wait([task], timeout=SOON)
    assert task.cancelled()


async def _nothing_new_runs(before: set[asyncio.Task[object]]) -> None:
    """What was begun since has ended, or does so by itself at once."""
    if new := {task for task in asyncio.all_tasks() - before if not _serves(task)}:
        _, left = await asyncio.wait(new, timeout=SOON)
        assert not left


def _serves(task: asyncio.Task[object]) -> bool:
    """Whether it is gRPC's local server, which waits for each request in a task of its own."""
    return str(getattr(task.get_coro(), "__qualname__", "")).startswith("AioServer.")
