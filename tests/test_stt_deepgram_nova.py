"""What Deepgram's Nova says of an utterance, put together: no socket, no clock."""

import json

import pytest
from pydantic import JsonValue

from assist.errors import ProviderError
from assist.stt import Transcript
from assist.stt.deepgram_draft import Message, parse
from assist.stt.deepgram_nova import NovaDraft


def message(start: float, end: float, text: str = "", *languages: str, **marks: bool) -> str:
    """Return the result for those seconds; *languages* are those of its words."""
    words: list[JsonValue] = [
        {"word": word, "start": start, "end": end, "confidence": 1.0, "language": language}
        for word, language in zip(text.split(), languages, strict=False)
    ]
    return json.dumps(
        {
            "type": "Results",
            "channel_index": [0, 1],
            "start": start,
            "duration": end - start,
            "channel": {"alternatives": [{"transcript": text, "confidence": 1.0, "words": words}]},
            "metadata": {
                "request_id": "1",
                "model_uuid": "2",
                "model_info": {"name": "nova", "version": "1", "arch": "nova-3"},
            },
            "is_final": True,
            **marks,
        }
    )


def result(start: float, end: float, text: str = "", *languages: str, **marks: bool) -> Message:
    return parse(message(start, end, text, *languages, **marks))


def heard(draft: NovaDraft, *said: Message) -> list[Transcript]:
    return [transcript for one in said if (transcript := draft.hear(one))]


def test_what_is_final_is_kept_and_what_is_not_is_replaced() -> None:
    draft = NovaDraft(0, "es")
    told = heard(
        draft,
        result(0, 1, "quiero", is_final=False),
        result(0, 1.5, "quiero una"),
        result(1.5, 2, "cinta", is_final=False),
        result(1.5, 3, "cita"),
    )
    assert [transcript.text for transcript in told] == ["quiero", "quiero una", "quiero una cinta", "quiero una cita"]
    assert not any(transcript.final for transcript in told)
    assert draft.final() == Transcript("quiero una cita", ("quiero una cita",), "es")


def test_no_words_are_no_news() -> None:
    draft = NovaDraft(0, "es")
    assert heard(draft, result(0, 1, is_final=False), result(0, 2)) == []
    assert draft.final() == Transcript("", language="es")


def test_results_of_the_utterance_before_are_nobodys() -> None:
    draft = NovaDraft(4, "es")
    assert heard(draft, result(2, 4, "adiós"), result(2, 4.01, "adiós", is_final=False)) == []
    assert draft.final().text == ""


def test_an_utterance_is_complete_when_its_last_voice_is_known() -> None:
    draft = NovaDraft(0, "es")
    draft.hear(result(0, 2, "sí"))
    draft.progress.pause(2.25)
    assert draft.unasked
    draft.ask(2.25)
    draft.progress.end(2.6)
    assert not draft.complete
    assert not draft.unasked
    draft.hear(result(2, 2.25, from_finalize=True))
    assert draft.complete


def test_what_is_known_already_is_not_asked_for() -> None:
    """The service answers nothing where there is nothing to finalise."""
    draft = NovaDraft(0, "es")
    draft.progress.pause(2.25)
    draft.hear(result(0, 2.2, "sí", speech_final=True))
    assert not draft.unasked
    draft.progress.end(2.6)
    assert draft.complete


def test_a_caller_who_goes_on_is_asked_for_again() -> None:
    draft = NovaDraft(0, "es")
    draft.progress.pause(2.25)
    draft.ask(2.25)
    draft.hear(result(0, 2.25, "no", from_finalize=True))
    draft.progress.resume()
    draft.progress.end(4)
    assert draft.unasked
    assert not draft.complete
    draft.ask(4)
    draft.hear(result(2.25, 4, "espere", from_finalize=True))
    assert draft.complete
    assert draft.final().text == "no espere"


def test_an_answer_counts_for_what_was_asked_even_if_it_reaches_less_far() -> None:
    draft = NovaDraft(0, "es")
    draft.progress.end(2)
    draft.ask(2)
    draft.hear(result(0, 1.8, "sí", from_finalize=True))
    assert draft.complete


def test_an_interim_result_completes_nothing() -> None:
    draft = NovaDraft(0, "es")
    draft.progress.end(2)
    draft.ask(2)
    draft.hear(result(0, 2, "sí", is_final=False))
    assert not draft.complete


def test_an_utterance_without_sound_is_complete_at_once() -> None:
    draft = NovaDraft(7, "es")
    draft.progress.end(7)
    assert draft.complete
    assert not draft.unasked


def test_silence_after_speech_ends_the_turn_and_so_does_a_gap_between_words() -> None:
    draft = NovaDraft(4, "es")
    gap: Message = {"type": "UtteranceEnd", "channel": [0, 1], "last_word_end": 5.5}
    old: Message = {"type": "UtteranceEnd", "channel": [0, 1], "last_word_end": 3.5}
    told = heard(draft, gap, result(4, 6, "sí", speech_final=True), result(6, 7, "eso"), old, gap)
    assert [(transcript.text, transcript.turn_over) for transcript in told] == [
        ("sí", True),
        ("sí eso", False),
        ("sí eso", True),
    ]


def test_where_several_languages_may_be_spoken_most_of_the_words_decide() -> None:
    draft = NovaDraft(0, "es", detect=True)
    draft.hear(result(0, 1, "okay the appointment", "es", "en-US", "en-US"))
    assert draft.final().language == "en"
    assert NovaDraft(0, "es", detect=True).final().language == "es"


def test_messages_about_something_else_are_passed_over() -> None:
    draft = NovaDraft(0, "es")
    assert heard(draft, {"type": "Metadata", "request_id": "1"}, {"type": "SomethingNew"}) == []


@pytest.mark.parametrize("wrong", [{"channel": {"alternatives": 3}}, {"start": None}])
def test_what_is_no_result_is_told_without_its_words(wrong: dict[str, JsonValue]) -> None:
    with pytest.raises(ProviderError, match=r"^deepgram: the answer is malformed$") as caught:
        NovaDraft(0, "es").hear({**result(0, 1, "clínica"), **wrong})
    assert caught.value.temporary
    assert caught.value.__suppress_context__
