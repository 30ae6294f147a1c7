import pytest
from hypothesis import given
from hypothesis import strategies as st

from assist.llm.sentences import LONGEST, Sentences


def cut(text: str, size: int = 1) -> list[str]:
    sentences = Sentences()
    pieces = [sentence for at in range(0, len(text), size) for sentence in sentences.feed(text[at : at + size])]
    return pieces + sentences.flush()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hola. ¿Qué tal? ¡Bien!", ["Hola.", "¿Qué tal?", "¡Bien!"]),
        ("Le atiende la Dra. García. Buenos días.", ["Le atiende la Dra. García.", "Buenos días."]),
        ("Cuesta 3.50 euros. Nada más.", ["Cuesta 3.50 euros.", "Nada más."]),
        ("Son las 5. Adiós.", ["Son las 5.", "Adiós."]),
        ("Dijo «hola.» Y se fue.", ["Dijo «hola.»", "Y se fue."]),
        ("Una línea\notra línea", ["Una línea", "otra línea"]),
        ("Sin punto final", ["Sin punto final"]),
        ("  \n . … ", []),
    ],
)
@pytest.mark.parametrize("size", [7, 1000])
def test_cuts_at_the_end_of_sentences(text: str, expected: list[str], size: int) -> None:
    assert cut(text, size) == expected


def test_an_ellipsis_is_one_end() -> None:
    assert cut("Bueno... ya veremos.", 1000) == ["Bueno...", "ya veremos."]


def test_a_full_stop_cuts_without_waiting_for_what_follows() -> None:
    assert Sentences().feed("Abrimos a las nueve.") == ["Abrimos a las nueve."]


def test_the_first_piece_ends_at_a_comma_and_later_ones_do_not() -> None:
    text = "Claro que sí, le explico ahora mismo, con mucho gusto. Primero, dígame su nombre, por favor."
    assert cut(text) == [
        "Claro que sí, le explico ahora mismo,",
        "con mucho gusto.",
        "Primero, dígame su nombre, por favor.",
    ]


def test_text_without_punctuation_is_cut_between_words() -> None:
    pieces = cut("palabra " * 100)
    assert all(len(piece) <= LONGEST and not piece.startswith(" ") for piece in pieces)
    assert " ".join(pieces).split() == ["palabra"] * 100


@given(st.text(alphabet="aé .,!?¿\n3Dr", max_size=400), st.integers(1, 20))
def test_no_letter_is_lost_however_it_arrives(text: str, size: int) -> None:
    letters = [character for character in text if character.isalnum()]
    assert [character for piece in cut(text, size) for character in piece if character.isalnum()] == letters
