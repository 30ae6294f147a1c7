"""What Deepgram's Flux says of an utterance, put together: no socket, no clock."""

import pytest
from pydantic import JsonValue

from assist.errors import ProviderError
from assist.stt import Transcript
from assist.stt.deepgram_draft import Message
from assist.stt.deepgram_flux import FluxDraft


def turn(event: str, until: float, text: str = "", *languages: str) -> Message:
    detected: list[JsonValue] = [*languages]
    return {
        "type": "TurnInfo",
        "request_id": "1",
        "sequence_id": 1,
        "event": event,
        "turn_index": 0,
        "audio_window_start": 0.0,
        "audio_window_end": until,
        "transcript": text,
        "words": [],
        "end_of_turn_confidence": 0.5,
        "languages": detected,
    }


def heard(draft: FluxDraft, *messages: Message) -> list[tuple[str, bool]]:
    told = [transcript for message in messages if (transcript := draft.hear(message))]
    assert not any(transcript.final for transcript in told)
    return [(transcript.text, transcript.turn_over) for transcript in told]


def test_a_turn_grows_until_the_model_holds_that_it_is_over() -> None:
    draft = FluxDraft(0, "es")
    told = heard(
        draft,
        turn("Update", 0.25),
        turn("StartOfTurn", 0.5, "quiero"),
        turn("Update", 0.75, "quiero"),
        turn("Update", 1, "quiero una cita"),
        turn("EndOfTurn", 1.5, "quiero una cita"),
        turn("Update", 1.75),
    )
    assert told == [("quiero", False), ("quiero una cita", False), ("quiero una cita", True)]
    assert draft.final() == Transcript("quiero una cita", ("quiero una cita",), "es")


def test_what_follows_a_turn_that_was_over_is_added() -> None:
    draft = FluxDraft(0, "es")
    told = heard(draft, turn("EndOfTurn", 1, "no"), turn("StartOfTurn", 2, "espere"), turn("EndOfTurn", 3, "espere"))
    assert told == [("no", True), ("no espere", False), ("no espere", True)]


def test_the_turn_is_ended_once_the_last_voice_was_listened_to() -> None:
    """Before it has begun the service would take no notice."""
    draft = FluxDraft(0, "es")
    draft.progress.pause(2)
    draft.progress.end(2.4)
    draft.hear(turn("Update", 1.5))
    assert (draft.unasked, draft.complete) == (False, False)
    draft.hear(turn("StartOfTurn", 2, "sí"))
    assert (draft.unasked, draft.complete) == (True, False)
    draft.ask(2.4)
    assert (draft.unasked, draft.complete) == (False, False)
    draft.hear(turn("EndOfTurn", 2.4, "sí"))
    assert draft.complete
    assert draft.final().text == "sí"


def test_nothing_is_asked_for_while_the_caller_may_go_on() -> None:
    draft = FluxDraft(0, "es")
    draft.hear(turn("StartOfTurn", 2, "sí"))
    draft.progress.pause(2)
    assert not draft.unasked


@pytest.mark.parametrize("messages", [[turn("Update", 2)], [turn("EndOfTurn", 2, "sí")]])
def test_without_a_turn_under_way_all_is_known_when_all_was_listened_to(messages: list[Message]) -> None:
    draft = FluxDraft(0, "es")
    draft.progress.pause(2)
    draft.progress.end(2.4)
    heard(draft, *messages)
    assert draft.complete


def test_turns_of_the_utterance_before_are_nobodys() -> None:
    draft = FluxDraft(4, "es")
    assert heard(draft, turn("EndOfTurn", 4, "adiós")) == []
    assert draft.final().text == ""


def test_where_several_languages_may_be_spoken_the_last_turn_tells_which() -> None:
    draft = FluxDraft(0, "es", detect=True)
    assert draft.final().language == "es"
    heard(draft, turn("EndOfTurn", 1, "hola", "es"), turn("EndOfTurn", 2, "hello there", "en-US", "es"))
    assert draft.final().language == "en"


def test_messages_about_something_else_are_passed_over() -> None:
    other: list[Message] = [{"type": "Connected", "request_id": "1", "sequence_id": 0}, {"type": "SomethingNew"}]
    assert heard(FluxDraft(0, "es"), *other) == []


def test_what_is_no_turn_is_told_without_its_words() -> None:
    with pytest.raises(ProviderError, match=r"^deepgram: the answer is malformed$") as caught:
        FluxDraft(0, "es").hear({"type": "TurnInfo", "transcript": "clínica"})
    assert caught.value.temporary
    assert caught.value.__suppress_context__
