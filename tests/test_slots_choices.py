import pytest
from hypothesis import given
from hypothesis import strategies as st

from assist.flow.slots.choices import choose, is_plain

ANSWERS = {"es": {"yes": ["sí"], "no": ["no"]}, "en": {"yes": ["yes"], "no": ["no"]}}
MENU = {
    "book": ["cita", "pedir cita", "reservar"],
    "hours": ["horario", "a qué hora abren"],
    "person": ["persona", "hablar con alguien", "operador"],
}
WEEKDAYS = {day: [day] for day in "lunes martes miércoles jueves viernes sábado domingo".split()}

YES = {
    "es": (
        "sí", "Si.", "Sí, sí, claro.", "sí por favor", "bueno", "vale", "vale, vale", "ya, vale", "correcto", "Coreto",
        "claro que sí", "creo que sí", "pues sí", "bueno, sí", "eso es", "Sí, eso es.", "Sí, está bien.", "perfecto",
        "está bien, gracias", "Sí, a las cuatro", "¿Por qué no?", "No, perdón, sí", "no hay problema", "de acuerdo",
        "Hola, sí, dígame", "SÍ", "sí quiero", "adelante",
    ),
    "en": (
        "yes", "Yes please", "yeah, that's right", "well, yes", "sure", "Um, yes", "no wait, yes", "no, sorry, yes",
        "okay", "correct", "of course", "Yep.", "that's fine, thank you", "why not?", "go ahead",
    ),
}  # fmt: skip
NO = {
    "es": (
        "no", "No.", "no, no, no", "No, gracias", "no gracias", "para nada", "bueno, no", "vale, pero no", "pues no",
        "claro que no", "creo que no", "no es correcto", "no, no es correcto", "no está bien", "eso no", "qué va",
        "No, tengo coche", "No, mejor el martes", "nada más, gracias", "no quiero", "sí, perdón, no",
    ),
    "en": (
        "no", "nope", "no thank you", "no, thanks", "that's not right", "okay, no", "not really", "of course not",
        "no, the other one", "I don't think so", "not at all", "yes, sorry, no",
    ),
}  # fmt: skip
UNDECIDED = {
    "es": (
        "", "!!", "no, sí", "Sí, no", "no sé", "No lo sé.", "depende", "no tengo coche",
        "mi hermano no vino ayer porque estaba malo", "me dijeron que sí podía ir el martes pero no sé la hora",
        "mí", "el martes",
    ),
    "en": ("", "I don't know", "not sure", "yes and no", "I have no car", "my brother said no to that", "Tuesday"),
}  # fmt: skip


def spoken(table: dict[str, tuple[str, ...]]) -> list[tuple[str, str]]:
    return [(language, said) for language, all_ in table.items() for said in all_]


@pytest.mark.parametrize(("language", "said"), spoken(YES))
def test_every_way_to_agree_is_a_yes(language: str, said: str) -> None:
    assert choose([said], ANSWERS[language], language) == "yes"


@pytest.mark.parametrize(("language", "said"), spoken(NO))
def test_every_way_to_refuse_is_a_no(language: str, said: str) -> None:
    assert choose([said], ANSWERS[language], language) == "no"


@pytest.mark.parametrize(("language", "said"), spoken(UNDECIDED))
def test_what_merely_contains_an_answer_or_holds_both_is_none(language: str, said: str) -> None:
    assert choose([said], ANSWERS[language], language) is None


@pytest.mark.parametrize(
    ("said", "option"),
    [
        ("cita", "book"),
        ("Citas.", "book"),
        ("Sita", "book"),
        ("Quiero una cita", "book"),
        ("pues mire, quería pedir una cita para mi madre, que está mala", "book"),
        ("El orario.", "hours"),
        ("¿A qué hora abren?", "hours"),
        ("una persona, por favor", "person"),
        ("Quiero hablar con alguien", "person"),
        ("cita no, una persona", "person"),
        ("no quiero cita, quiero hablar con alguien", "person"),
        ("no quiero cita", None),
        ("cita o persona", None),
        ("casa", None),
        ("no", None),
    ],
)
def test_menu_words_are_found_also_within_sentences(said: str, option: str | None) -> None:
    assert choose([said], MENU, "es") == option


@pytest.mark.parametrize(
    ("readings", "day"),
    [
        (["Lunas"], "lunes"),
        (["Miercoles."], "miércoles"),
        (["Bernes", "viernes"], "viernes"),
        (["martes", "Marta es"], "martes"),
        (["el martes, digo, el jueves"], "jueves"),
        (["Sábado, por favor", "Sabo"], "sábado"),
    ],
)
def test_other_readings_and_similar_sounds_help(readings: list[str], day: str) -> None:
    assert choose(readings, WEEKDAYS, "es") == day


def test_the_best_reading_wins_over_a_worse_one() -> None:
    assert choose(["sí", "no"], ANSWERS["es"], "es") == "yes"


@pytest.mark.parametrize("said", ["Ahora sí.", "creo que sí", "así está bien", "sí, señor"])
def test_a_yes_that_sounds_like_a_no_is_none(said: str) -> None:
    assert choose([said], ANSWERS["es"], "es") == "yes"


@pytest.mark.parametrize(
    ("said", "plain"),
    [
        ("Sí, está bien.", True),
        ("No, gracias.", True),
        ("sí, eso es, gracias", True),
        ("no, gracias, adiós", False),
        ("sí, a las once", False),
        ("gracias", False),
        ("", False),
    ],
)
def test_a_plain_answer_says_nothing_else(said: str, plain: bool) -> None:
    assert is_plain(said, "es") is plain


def test_a_number_is_no_misheard_yes() -> None:
    assert choose(["A las 10 estaría bien."], ANSWERS["es"], "es") is None


def test_nothing_to_choose_from_is_none() -> None:
    assert choose(["sí"], {}, "es") is None
    assert choose([], ANSWERS["es"], "es") is None


@pytest.mark.parametrize("language", ["es", "en"])
@given(text=st.text(max_size=80))
def test_anything_may_be_said(language: str, text: str) -> None:
    choose([text, text[::-1]], ANSWERS[language], language)
