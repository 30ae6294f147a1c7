from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assist.flow.slots import names

NOW = datetime(2026, 11, 23, 10, 0)

SPANISH = {
    "me llamo Ana García": "Ana García",
    "Soy ana garcía.": "Ana García",
    "Ana García López, gracias": "Ana García López",
    "a nombre de Luis de la Torre": "Luis de la Torre",
    "Póngala a nombre de Luis de la Torre, por favor.": "Luis de la Torre",
    "Hola, buenos días, mi nombre es JOSÉ PÉREZ.": "José Pérez",
    "Sí, María José": "María José",
    "pues, eh, Ana": "Ana",
    "Eh, me llamo Íñigo Núñez": "Íñigo Núñez",
    "soy el doctor Pérez": "Pérez",
    "soy la señora García": "García",
    "No, me llamo Marta, no Ana": "Marta",
    "me llamo Ana, perdón, Eva": "Eva",
    "Domingo Pérez": "Domingo Pérez",
    "Ana García y quiero una cita": None,
    "quiero una cita": None,
    "no sé": None,
    "sí": None,
    "mañana": None,
    "612 345 678": None,
    "": None,
}
ENGLISH = {
    "My name is Ann Lee": "Ann Lee",
    "my name's ann lee": "Ann Lee",
    "It's John Smith.": "John Smith",
    "john o'brien": "John O'Brien",
    "Mary-Jane McDonald, please": "Mary-Jane McDonald",
    "under the name of Peter Parker": "Peter Parker",
    "This is Dr. Brown speaking": "Brown",
    "yes, Peter Parker": "Peter Parker",
    "Hi, I'm Sue": "Sue",
    "It's Jon, sorry, John": "John",
    "I'm calling about my appointment": None,
    "I don't know": None,
    "": None,
}


@pytest.mark.parametrize(("said", "name"), SPANISH.items())
def test_spanish_names(said: str, name: str | None) -> None:
    assert names.parse(said, "es", NOW) == name


@pytest.mark.parametrize(("said", "name"), ENGLISH.items())
def test_english_names(said: str, name: str | None) -> None:
    assert names.parse(said, "en", NOW) == name


@pytest.mark.parametrize("language", ["es", "en"])
@given(text=st.text(max_size=80))
def test_anything_may_be_said(language: str, text: str) -> None:
    names.parse(text, language, NOW)


def test_a_name_is_read_back_as_it_is() -> None:
    assert names.say("Ana García", "es") == "Ana García"


@pytest.mark.parametrize(("said", "name"), [("Ana García", None), ("me llamo Ana García", "Ana García")])
def test_unasked_only_what_is_introduced_is_a_name(said: str, name: str | None) -> None:
    assert names.parse(said, "es", NOW, asked=False) == name
