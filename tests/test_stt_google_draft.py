"""What is made of Google's answers."""

from typing import Any

import pytest
from google.cloud.speech_v2 import StreamingRecognizeResponse

from assist.stt import Transcript
from assist.stt.google_draft import Draft

Part = tuple[str, ...]
"""The readings of a part."""


def answer(*parts: Part, final: bool = False, language: str = "es-es") -> StreamingRecognizeResponse:
    """Return an answer of which the first part is final, if any is."""
    results: list[dict[str, Any]] = [
        {
            "alternatives": [{"transcript": reading} for reading in readings],
            "is_final": final and number == 0,
            "language_code": language,
        }
        for number, readings in enumerate(parts)
    ]
    return StreamingRecognizeResponse(results=results)


def test_the_parts_of_a_result_that_may_still_change_are_joined() -> None:
    draft = Draft()
    assert draft.feed(answer(("quiero",), (" una cita",))) == Transcript("quiero una cita", language="es", final=False)


def test_what_is_final_is_kept_while_the_rest_changes() -> None:
    draft = Draft()
    draft.feed(answer(("quiero una cita",), (" para",), final=True))
    heard = draft.feed(answer((" parar",)))
    assert heard
    assert heard.text == "quiero una cita parar"
    heard = draft.feed(answer((" para el martes",), final=True))
    assert heard
    assert heard.text == "quiero una cita para el martes"
    draft.settle()
    assert draft.final(5) == Transcript("quiero una cita para el martes", ("quiero una cita para el martes",), "es")


def test_the_readings_come_best_first() -> None:
    draft = Draft()
    draft.feed(answer(("sí", "si", "así"), final=True))
    draft.settle()
    assert draft.final(2) == Transcript("sí", ("sí", "si"), "es")


def test_readings_of_several_parts_are_combined_the_likeliest_first() -> None:
    draft = Draft()
    draft.feed(answer(("uno", "huno"), final=True))
    draft.feed(answer((" dos", " doce"), final=True))
    draft.settle()
    assert draft.final(3).alternatives == ("uno dos", "uno doce", "huno dos")


def test_what_google_never_called_final_is_kept_when_no_more_comes() -> None:
    draft = Draft()
    draft.feed(answer(("uno",), final=True))
    draft.feed(answer((" dos",)))
    draft.settle()
    draft.feed(answer(("tres",)))
    draft.settle()
    assert draft.final(5) == Transcript("uno dos tres", ("uno dos tres",), "es")


@pytest.mark.parametrize(("told", "language"), [("es-es", "es"), ("en-US", "en"), ("es-419", "es"), ("", "")])
def test_the_language_is_told_without_its_region(told: str, language: str) -> None:
    draft = Draft()
    draft.feed(answer(("hola",), final=True, language=told))
    assert draft.final(1).language == language


def test_the_language_is_that_of_most_of_what_was_said() -> None:
    draft = Draft()
    draft.feed(answer(("quiero una cita",), final=True, language="es-es"))
    draft.feed(answer((" ok",), final=True, language="en-us"))
    assert draft.final(1).language == "es"


def test_nothing_that_was_understood_is_no_words() -> None:
    draft = Draft()
    assert draft.feed(StreamingRecognizeResponse()) is None
    draft.feed(answer(("",), (), final=True))
    draft.settle()
    assert draft.final(5) == Transcript("", (), "es")
