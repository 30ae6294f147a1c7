"""Who says it: a person or a machine, by the words alone."""

from collections import Counter

import pytest

from assist.call.answer_words import Kind, holds, is_hello, machine
from tests.answering import table


@pytest.mark.parametrize("kind", list(Kind))
def test_each_is_known_by_its_words(kind: Kind) -> None:
    said = [words for wanted, words in table("answers") if wanted == kind]
    wrong = {words: machine(words) for words in said if (machine(words) or Kind.HUMAN) is not kind}
    assert len(said) >= 10
    assert wrong == {}


def test_there_are_enough_of_both_to_mean_something() -> None:
    counts = Counter(wanted for wanted, _ in table("answers"))
    assert counts["human"] >= 60
    assert sum(counts.values()) - counts["human"] >= 100


def test_nobody_who_asks_not_to_be_called_again_is_a_machine() -> None:
    assert [words for wanted, words in table("optout") if wanted == "yes" and machine(words)] == []


@pytest.mark.parametrize("words", ["¿Hola?", "¿Sí, dígame?", "¿Quién es?", "Hello?", "Who is this?", "Buenas tardes."])
def test_a_hello_is_known(words: str) -> None:
    assert is_hello(words)


@pytest.mark.parametrize("words", ["", "No quiero nada.", "Hola, no me interesa.", "Yes, tell me more."])
def test_what_says_more_is_no_hello(words: str) -> None:
    assert not is_hello(words)


def test_who_only_asks_to_wait_is_known() -> None:
    assert holds("Gracias, espere un momento.")
    assert not holds("¿Diga?")
