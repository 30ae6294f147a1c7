"""Embedded text to speech: what a telephone makes of it, and that no text breaks it."""

from collections.abc import AsyncIterator

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assist.audio.formats import LINE
from assist.errors import ConfigurationError, ProviderError
from assist.stt.whisper import Whisper
from assist.tts.pico import LONGEST, Pico, pieces, speakable
from tests.contracts import tts
from tests.contracts.tts import GREETING, said, samples
from tests.recordings import plain_words, word_errors

pytestmark = pytest.mark.models

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


@pytest.mark.parametrize("behaviour", tts.VOICE, ids=tts.name)
async def test_it_does_what_every_voice_does(pico: Pico, behaviour: tts.Voice) -> None:
    await behaviour(pico)


@pytest.mark.parametrize("language", tts.SENTENCES)
async def test_the_words_arrive(pico: Pico, whisper: Whisper, language: str) -> None:
    await tts.words_arrive(pico, whisper, language)


async def test_a_long_text_arrives_through_a_telephone(pico: Pico, whisper: Whisper) -> None:
    heard = await tts.understood(whisper, tts.through_telephone(await tts.said(pico, LONG)), "es")
    assert word_errors(LONG, heard) <= 4, heard


@pytest.mark.parametrize("text", [GREETING, LONG, "Sí.", "¡No!"])
async def test_everything_is_equally_loud_and_nothing_clips(pico: Pico, text: str) -> None:
    speech = samples(await said(pico, text))
    frames = np.sqrt(np.square(speech[: len(speech) // 80 * 80].reshape(-1, 80)).mean(axis=1))
    active = frames[frames > frames.max() / 100]
    assert -22 <= 20 * np.log10(np.sqrt(np.square(active).mean()) / 32768) <= -18
    assert np.abs(speech).max() <= 0.9 * 32768


async def test_a_long_text_starts_before_all_of_it_is_ready(pico: Pico) -> None:
    speech = await said(pico, LONG)
    assert len(speech) == 2
    assert all(len(piece) % LINE.sample_bytes == 0 for piece in speech)


# Odd texts


async def test_letters_it_cannot_read_make_no_sound(pico: Pico) -> None:
    assert await said(pico, "日本語") == []


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
        ("< speed>hola\0", "speed>hola"),
        ("5 < 7 y 8 > 2", "5 < 7 y 8 > 2"),
        ("a" * 30 + " " + "b" * 61, "a" * 30 + " " + "b" * 30 + " " + "b" * 30 + " b"),
    ],
)
def test_only_what_is_meant_to_be_heard_is_read(text: str, spoken: str) -> None:
    assert speakable(text) == spoken


@pytest.mark.parametrize("language", ["es", "en"])
@pytest.mark.parametrize("letter", ["Ñ", "€", "9", "½"])
async def test_a_word_without_end_is_spoken(pico: Pico, language: str, letter: str) -> None:
    assert await said(pico, f"1 {letter * LONGEST}", language)


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


async def test_a_voice_that_is_not_there_is_named_with_the_mend() -> None:
    engine = Pico({"pt": "pt-PT"})
    with pytest.raises(ConfigurationError, match=r"pt-PT.*pip install"):
        await engine.load()
    await engine.close()


async def test_a_sentence_after_the_end_is_refused() -> None:
    engine = Pico({"es": "es-ES"})
    await engine.load()
    await engine.close()
    with pytest.raises(ProviderError) as error:
        await said(engine, GREETING)
    assert error.value.temporary
