import pytest

from assist.errors import ProtocolError
from assist.switch.events import Event, from_json, from_plain
from assist.switch.wire import Parser, parse_headers
from tests.event_socket import CAPTURES


def captured(name: str, kind: str) -> list[bytes]:
    return [frame.body for frame in Parser().feed((CAPTURES / name).read_bytes()) if frame.kind == kind]


def test_a_call_is_told_in_order() -> None:
    call = parse_headers((CAPTURES / "outbound.esl").read_bytes().partition(b"\n\n")[0])["Unique-ID"]
    everybodys = (from_json(body) for body in captured("outbound.esl", "text/event-json"))
    events = [event for event in everybodys if event.get("Unique-ID", call) == call]
    assert [event.name for event in events] == [
        "CHANNEL_EXECUTE_COMPLETE",
        "PLAYBACK_START",
        "PLAYBACK_STOP",
        "CHANNEL_EXECUTE_COMPLETE",
        "BACKGROUND_JOB",
        "CHANNEL_HANGUP",
        "CHANNEL_EXECUTE_COMPLETE",
        "CHANNEL_EXECUTE_COMPLETE",
        "CHANNEL_HANGUP_COMPLETE",
    ]
    assert events[0]["Application"] == "answer"
    assert events[0].get("Caller-Caller-ID-Name") == 'José "Pepe" 50%'
    assert events[2].get("variable_playback_last_offset_pos").isdigit()
    assert events[4].body == "false"
    assert events[-1]["Hangup-Cause"] == "NORMAL_CLEARING"


def test_plain_events_say_the_same() -> None:
    job, first, second = (from_plain(body) for body in captured("inbound.esl", "text/event-plain"))
    assert (job.name, job.body) == ("BACKGROUND_JOB", "false")
    assert first.name == second.name == "CHANNEL_ANSWER"
    assert first["Caller-Caller-ID-Name"] == 'José "Pepe" 50% a:b'
    assert first["variable_x_list"] == "ARRAY::uno|:dos"


def test_a_name_in_latin_1_spoils_nothing_but_its_letter() -> None:
    (event,) = (from_json(body) for body in captured("latin1.esl", "text/event-json")[:1])
    assert event["Caller-Caller-ID-Name"] == "Jos\N{REPLACEMENT CHARACTER}"
    assert event["Application"] == "answer"


@pytest.mark.parametrize("lead", [b"\xc3", b"\xe1", b"\xf0\x9f", b"\xff"])
def test_half_a_letter_does_not_swallow_the_quotation_mark(lead: bytes) -> None:
    event = from_json(b'{"Name":"a' + lead + b'","Next":"1"}')
    assert event["Name"] == "a\N{REPLACEMENT CHARACTER}"
    assert event["Next"] == "1"


def test_lists_are_written_alike_in_both_forms() -> None:
    assert from_json(b'{"variable_x":["uno","dos"]}') == from_plain(b"variable_x: ARRAY%3A%3Auno%7C%3Ados\n\n")


def test_of_two_headers_of_one_name_the_first_counts() -> None:
    assert from_json(b'{"A":"1","A":"2"}')["A"] == "1"


def test_a_control_character_in_a_value_is_kept() -> None:
    assert from_json(b'{"A":"1\t2"}')["A"] == "1\t2"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"text"', b"\xff"])
def test_what_is_no_event_is_refused(body: bytes) -> None:
    with pytest.raises(ProtocolError):
        from_json(body)


def test_what_an_event_lacks() -> None:
    event = Event({"Event-Name": "CUSTOM"})
    assert (event.name, event.get("X"), event.get("X", "y")) == ("CUSTOM", "", "y")
    with pytest.raises(KeyError):
        event["X"]
