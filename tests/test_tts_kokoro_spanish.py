"""Spanish spelling as sounds, by the transcriptions that the voice was trained on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("piper_plus_g2p", reason='pip install "assist[neural]"')

from assist.tts.kokoro_model import vocabulary
from assist.tts.kokoro_spanish import Accent, symbols


@pytest.mark.parametrize(
    ("text", "sounds"),
    [
        ("bien", "bjˈen"),
        ("luego", "lwˈeɣo"),
        ("día", "dˈia"),
        ("país", "paˈis"),
        ("baúl", "baˈul"),
        ("ciudad", "θjuðˈað"),
        ("pingüino", "piŋɡwˈino"),
        ("automático", "Wtomˈatiko"),
        ("seis reyes", "sˈAs rˈeʝes"),
        ("hoy", "ˈoɪ"),
        ("carro rojo", "kˈaro rˈoxo"),
        ("enrique", "enrˈike"),
        ("chico", "ʧˈiko"),
        ("guitarra", "ɡitˈara"),
        ("la deuda", "la ðˈeʊða"),
        ("un vaso", "um bˈaso"),
        ("escena excelente", "esθˈena eksθelˈente"),
        ("examen", "eksˈamen"),
        ("México", "mˈexiko"),
        ("No, es así.", "nˈo, ˈes asˈi."),
        ("¿Sí?", "sˈi?"),
        ("Zürich", "θuɾˈiʧ"),
        ("日本語", ""),
    ],
)
def test_words_are_pronounced(text: str, sounds: str) -> None:
    assert symbols(text, Accent.SPAIN) == sounds


@pytest.mark.parametrize(
    ("text", "spain", "america"),
    [
        ("gracias", "ɡɾˈaθjas", "ɡɾˈasjas"),
        ("zapatos suizos", "θapˈatos swˈiθos", "sapˈatos swˈisos"),
        ("piscina", "pisθˈina", "pisˈina"),
        ("casos", "kˈasos", "kˈasos"),
    ],
)
def test_z_is_an_s_in_america(text: str, spain: str, america: str) -> None:
    assert (symbols(text, Accent.SPAIN), symbols(text, Accent.AMERICA)) == (spain, america)


@given(st.text(), st.sampled_from(Accent))
def test_the_voice_knows_every_symbol(text: str, accent: Accent) -> None:
    assert set(symbols(text, accent)) <= vocabulary().keys()
