"""Who asks not to be called again: everybody who does, and nobody else."""

import pytest

from assist.call.optout import OptOut
from assist.llm import Message, Speaker
from tests.answering import table


def said(text: str, *alternatives: str) -> Message:
    return Message(Speaker.CALLER, text, alternatives)


def keyed(digits: str) -> Message:
    return Message(Speaker.CALLER, digits, (digits,), keyed=True)


def test_nobody_is_taken_to_ask_for_it_who_does_not() -> None:
    others = [words for wanted, words in table("optout") if wanted == "no"]
    assert len(others) >= 80
    assert [words for words in others if OptOut().asked(said(words))] == []


def test_everybody_who_asks_for_it_is_understood() -> None:
    asking = [words for wanted, words in table("optout") if wanted == "yes"]
    assert len(asking) >= 80
    assert [words for words in asking if not OptOut().asked(said(words))] == []


def test_nobody_asks_for_it_by_picking_up_or_by_wanting_another_time() -> None:
    others = [words for wanted, words in table("answers") if wanted == "human"]
    others += [words for wanted, words in table("callback") if wanted != "-"]
    assert [words for words in others if OptOut().asked(said(words))] == []


@pytest.mark.parametrize(("digits", "asked"), [("9", True), ("99", False), ("1", False), ("", False)])
def test_the_key_means_it_only_alone(digits: str, asked: bool) -> None:
    assert OptOut().asked(keyed(digits)) is asked


def test_another_key_can_be_agreed_on() -> None:
    assert OptOut(key="0").asked(keyed("0"))
    assert not OptOut(key="0").asked(keyed("9"))


def test_a_number_that_is_spoken_is_no_key() -> None:
    assert not OptOut().asked(said("9"))


def test_any_reading_of_what_was_said_counts() -> None:
    assert OptOut().asked(said("no me llamen Marx", "no me llamen más"))


@pytest.mark.parametrize(
    ("words", "asked"),
    [("Basta ya", True), ("Pues basta ya, por favor.", True), ("Basta ya de ruido en la calle", False), ("", False)],
)
def test_own_words_mean_it_when_nothing_else_is_said(words: str, asked: bool) -> None:
    assert OptOut(words=("basta ya",)).asked(said(words)) is asked
