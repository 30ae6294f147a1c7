"""Embedded text to speech: what a telephone makes of it, and that no text breaks it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from assist.aio import Stream
from assist.audio.formats import LINE
from assist.errors import ConfigurationError, ProviderError
from assist.stt import Pause
from assist.stt.whisper import Whisper
from assist.tts.pico import LONGEST, Pico, pieces, speakable
from tests.recordings import plain_words, word_errors

pytestmark = pytest.mark.models

GREETING = "Ha llamado a la clínica. Soy un asistente automático, ¿en qué puedo ayudarle?"
LONG = (
    "Su cita queda reservada para el martes por la tarde, en la consulta de la calle Mayor. "
    "Por favor, venga un poco antes y traiga su tarjeta. Si no puede venir, avise otra vez a este número."
)


@pytest.fixture
async def pico() -> AsyncIterator[Pico]:
    engine = Pico()
    await engine.load()
    yield engine
    await engine.close()


async def said(pico: Pico, text: str, language: str = "es", pace: float = 1.0) -> list[bytes]:
    async with aclosing(pico.synthesize(text, language, pace=pace)) as speech:
        return [piece async for piece in speech]


def samples(speech: list[bytes]) -> NDArray[np.float64]:
    return np.frombuffer(b"".join(speech), "<i2").astype(np.float64)


def through_telephone(speech: list[bytes]) -> bytes:
    """Return it as `LINE`, in the band from 300 to 3400 Hz."""
    line = np.frombuffer(b"".join(speech), "<i2")
    spectrum = np.fft.rfft(line)
    frequencies = np.fft.rfftfreq(len(line), 1 / LINE.rate)
    spectrum[(frequencies < 300) | (frequencies > 3400)] = 0
    return np.fft.irfft(spectrum, len(line)).astype("<i2").tobytes()


async def understood(whisper: Whisper, audio: bytes, language: str) -> str:
    async def speech() -> Stream[bytes | Pause]:
        yield audio

    async with aclosing(whisper.transcribe(speech(), (language,))) as transcripts:
        return [transcript.text async for transcript in transcripts][-1]


@pytest.mark.parametrize(
    ("language", "text", "errors"),
    [
        ("es", GREETING, 1),
        ("es", LONG, 4),
        ("en", "I did not understand you. Could you say it again, please?", 0),
    ],
)
async def test_the_words_arrive_through_a_telephone(
    pico: Pico, whisper: Whisper, language: str, text: str, errors: int
) -> None:
    heard = await understood(whisper, through_telephone(await said(pico, text, language)), language)
    assert word_errors(text, heard) <= errors, heard


@pytest.mark.parametrize("text", [GREETING, LONG, "Sí.", "Un momento, por favor."])
async def test_no_silence_around_the_words(pico: Pico, text: str) -> None:
    speech = samples(await said(pico, text))
    loud = np.flatnonzero(np.abs(speech) > 300)
    assert loud[0] <= 0.05 * LINE.rate
    assert len(speech) - loud[-1] <= 0.05 * LINE.rate


@pytest.mark.parametrize("text", [GREETING, LONG, "Sí.", "¡No!"])
async def test_everything_is_equally_loud_and_nothing_clips(pico: Pico, text: str) -> None:
    speech = samples(await said(pico, text))
    frames = np.sqrt(np.square(speech[: len(speech) // 80 * 80].reshape(-1, 80)).mean(axis=1))
    active = frames[frames > frames.max() / 100]
    assert -22 <= 20 * np.log10(np.sqrt(np.square(active).mean()) / 32768) <= -18
    assert np.abs(speech).max() <= 0.9 * 32768


async def test_a_slower_pace_takes_longer(pico: Pico) -> None:
    usual, slow = len(samples(await said(pico, GREETING))), len(samples(await said(pico, GREETING, pace=0.7)))
    assert 1.25 <= slow / usual <= 1.6


async def test_a_long_text_starts_before_all_of_it_is_ready(pico: Pico) -> None:
    speech = await said(pico, LONG)
    assert len(speech) == 2
    assert all(len(piece) % LINE.sample_bytes == 0 for piece in speech)


async def test_two_sentences_at_once_both_arrive(pico: Pico) -> None:
    one, other = await asyncio.gather(said(pico, GREETING), said(pico, "One moment, please.", "en"))
    assert len(samples(one)) > len(samples(other)) > 4000


# Odd texts


@pytest.mark.parametrize("text", ["", "  \n", "...", "¿?", "😀", "日本語", "\0"])
async def test_what_has_no_words_makes_no_sound(pico: Pico, text: str) -> None:
    assert await said(pico, text) == []


@pytest.mark.parametrize(
    "text",
    [
        '<speed level="500">Buenos días</speed>',
        '< pitch level="20">Buenos días',
        "Buenos \\pau=3000\\ días",
        "<ignore>Buenos días</ignore>",
    ],
)
async def test_markup_in_a_text_is_not_obeyed(pico: Pico, text: str) -> None:
    length = len(samples(await said(pico, text)))
    assert length >= len(samples(await said(pico, "Buenos días")))


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("hola\0mundo\x1b\u200b\udcff", "hola mundo"),
        ("**Importante:** use `código` y uno_dos", "Importante: use código y uno dos"),
        ("Pulse * o #.", "Pulse * o #."),
        ("5 < 7 y 8 > 2", "5 < 7 y 8 > 2"),
        ("línea\n\nnueva  línea 😀", "línea nueva línea 😀"),
        ("a" * 30 + " " + "b" * 61, "a" * 30 + " " + "b" * 30 + " " + "b" * 30 + " b"),
    ],
)
def test_only_what_is_meant_to_be_heard_is_read(text: str, spoken: str) -> None:
    assert speakable(text) == spoken


@pytest.mark.parametrize("language", ["es", "en"])
@pytest.mark.parametrize("letter", ["Ñ", "€", "9", "½"])
async def test_a_word_without_end_is_spoken(pico: Pico, language: str, letter: str) -> None:
    assert await said(pico, letter * LONGEST, language)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=60))
async def test_no_text_breaks_it(pico: Pico, text: str) -> None:
    assert len(b"".join(await said(pico, text))) % 2 == 0


@given(st.text(alphabet="ab ,.;¿?", max_size=600))
def test_cutting_loses_nothing(text: str) -> None:
    cut = list(pieces(text.strip()))
    assert all(0 < len(piece) <= LONGEST for piece in cut)
    assert "".join("".join(cut).split()) == "".join(text.split())


def test_text_is_cut_after_a_sentence_if_it_can() -> None:
    first, second = pieces(LONG)
    assert first.endswith("calle Mayor.")
    assert plain_words(first + " " + second) == plain_words(LONG)


# What goes wrong


async def test_a_language_without_a_voice_is_refused(pico: Pico) -> None:
    with pytest.raises(ProviderError) as error:
        await said(pico, "Olá", "pt")
    assert not error.value.temporary


async def test_a_voice_that_is_not_there_is_named_with_the_mend() -> None:
    engine = Pico({"pt": "pt-PT"})
    with pytest.raises(ConfigurationError, match=r"pt-PT.*pip install"):
        await engine.load()
    await engine.close()


async def test_a_reader_that_leaves_in_the_middle_of_a_text_does_not_spoil_the_next(pico: Pico) -> None:
    usual = len(samples(await said(pico, GREETING)))
    async with aclosing(pico.synthesize(LONG, "es")) as speech:
        await anext(speech)
    assert len(samples(await said(pico, GREETING))) == pytest.approx(usual, rel=0.1)


async def test_a_sentence_after_the_end_is_refused() -> None:
    engine = Pico({"es": "es-ES"})
    await engine.load()
    await engine.close()
    with pytest.raises(ProviderError) as error:
        await said(engine, GREETING)
    assert error.value.temporary
