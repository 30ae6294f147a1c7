"""The conversation as it is shown on a terminal."""

import io

import pytest
from rich.console import Console

from assist.call.answer_words import Kind
from assist.call.events import Answered, CallBack, Ended, Event, Heard, OptedOut, Said, Started, Transferred, Turn
from assist.demo.show import show


def shown(event: Event) -> str:
    page = io.StringIO()
    show(Console(file=page, width=200), event)
    return page.getvalue()


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (Started("clinica", "es", resumed=False), "clinica takes the call"),
        (Started("clinica", "es", resumed=True), "clinica goes on with the call"),
        (Heard("¿Horario?", keyed=False), "   caller  ¿Horario?"),
        (Heard("42", keyed=True), "   caller  ⌨ 42"),
        (Said("De nueve a seis.", interrupted=False), "assistant  De nueve a seis."),
        (Said("De nueve", interrupted=True), "assistant  De nueve ✂"),
        (Transferred("recepcion", "busy"), "           transfer to recepcion: busy"),
        (Answered(Kind.VOICEMAIL), "           answered by: voicemail"),
        (OptedOut(kept=True), "           is not to be called again"),
        (CallBack(None), "           wants to be called later"),
        (Ended("NORMAL_CLEARING", {}), "\nThe call is over (NORMAL_CLEARING)."),
    ],
)
def test_who_does_what(event: Event, line: str) -> None:
    assert shown(event).rstrip() == line


def test_the_wait_is_split_by_stage() -> None:
    turn = Turn("¿Horario?", "De nueve a seis.", False, 612, 10, 20, 8, 650)
    assert shown(turn).strip() == "612 end of turn + 10 speech to text + 20 brain + 8 voice = 650 ms"


def test_what_did_not_happen_is_not_shown() -> None:
    assert shown(Turn("42", "", True, None, 0, None, None, None)).strip() == "0 speech to text"


@pytest.mark.parametrize("text", ["[bold]no[/]", "[/]", ":smile:", "[link=x]y[/link]"])
def test_what_is_said_is_shown_as_it_is(text: str) -> None:
    """Neither the caller nor a language model writes markup, though it may look so."""
    assert text in shown(Heard(text, keyed=False))
    assert text in shown(Said(text, interrupted=False))
    assert text in shown(Transferred(text, "failed"))
