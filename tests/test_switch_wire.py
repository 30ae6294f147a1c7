from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assist.errors import ProtocolError
from assist.switch.wire import (
    MAX_BODY_BYTES,
    MAX_HEAD_BYTES,
    Command,
    CommandParser,
    Frame,
    Parser,
    clean,
    encode,
    frame,
)
from tests.event_socket import CAPTURES

CAPTURED = b"".join((CAPTURES / name).read_bytes() for name in ("inbound.esl", "latin1.esl"))


def parse(*pieces: bytes) -> list[Frame]:
    parser = Parser()
    return [frame for piece in pieces for frame in parser.feed(piece)]


def cut(data: bytes, places: Sequence[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


def test_a_command_is_its_lines_and_an_empty_one() -> None:
    assert encode("api status") == b"api status\n\n"
    assert encode("sendmsg", {"call-command": "execute"}) == b"sendmsg\ncall-command: execute\n\n"


def test_the_length_of_a_body_is_in_bytes() -> None:
    assert encode("sendevent CUSTOM", body="año") == "sendevent CUSTOM\nContent-Length: 4\n\naño".encode()


@pytest.mark.parametrize("text", ["a\nb", "a\rb", "a\0b", "${system(reboot)}", "$${password}"])
def test_what_could_be_a_second_command_is_refused_wherever_it_stands(text: str) -> None:
    for command, headers in ((text, {}), ("sendmsg", {"execute-app-arg": text}), ("sendmsg", {text: "x"})):
        with pytest.raises(ProtocolError) as error:
            encode(command, headers)
        assert text not in str(error.value), "it may be somebody's words"


def test_a_body_may_have_lines_but_nothing_to_expand() -> None:
    assert encode("sendevent X", body="a\nb").endswith(b"a\nb")
    for body in ("${system(reboot)}", "a\0b"):
        with pytest.raises(ProtocolError):
            encode("sendevent X", body=body)


@pytest.mark.parametrize("command", ["", " ", "getvar sip_h_X-Anything"])
def test_commands_whose_answer_cannot_be_told_from_a_frame_are_refused(command: str) -> None:
    with pytest.raises(ProtocolError):
        encode(command)


@given(st.text())
def test_clean_text_is_never_refused(text: str) -> None:
    encode("sendmsg", {"execute-app-arg": clean(text)})


def test_clean_keeps_what_people_are_called() -> None:
    assert clean("José  Núñez, S.A.\r\nX-Evil: 1") == "José Núñez, S.A. X-Evil: 1"
    assert clean("a ${system(reboot)} b") == "a system(reboot) b"


def test_values_are_decoded_after_the_lines_are_told_apart() -> None:
    name = "Eve%0AReply-Text: -ERR%0A%0AContent-Type: api/response"
    (only,) = parse(f"Content-Type: command/reply\nChannel-Caller-ID-Name: {name}\n\n".encode())
    assert set(only.headers) == {"Content-Type", "Channel-Caller-ID-Name"}
    assert only.headers["Channel-Caller-ID-Name"] == "Eve\nReply-Text: -ERR\n\nContent-Type: api/response"


@pytest.mark.parametrize("name", [b"Jos\xe9", b"Jos%E9"])
def test_invalid_utf8_is_replaced(name: bytes) -> None:
    (only,) = parse(b"Content-Type: command/reply\nName: " + name + b"\nNext: 1\n\n")
    assert only.headers["Name"] == "Jos\N{REPLACEMENT CHARACTER}"
    assert only.headers["Next"] == "1"


def test_of_two_headers_of_one_name_the_first_counts() -> None:
    (only,) = parse(b"Content-Type: command/reply\nA: 1\nA: 2\n\n")
    assert only.headers["A"] == "1"


def test_empty_lines_between_frames_are_passed_over() -> None:
    answer = b"Content-Type: command/reply\nReply-Text: -ERR no reply\n\n\n"
    assert [frame.headers["Reply-Text"] for frame in parse(answer, b"\n", answer)] == ["-ERR no reply", "-ERR no reply"]


def test_the_length_is_found_however_it_is_spelt() -> None:
    assert parse(b"content-length: 2\nContent-Type: api/response\n\nok")[0].body == b"ok"


@pytest.mark.parametrize("length", [b"-1", b"", b"1e3", b"\xb2", str(MAX_BODY_BYTES + 1).encode(), b"9" * 5000])
def test_impossible_lengths_are_refused(length: bytes) -> None:
    with pytest.raises(ProtocolError):
        parse(b"Content-Type: api/response\nContent-Length: " + length + b"\n\n")


def test_a_server_that_speaks_something_else_is_told_by_its_first_block() -> None:
    with pytest.raises(ProtocolError):
        parse(b"HTTP/1.1 400 Bad Request\nServer: x\n\n")


@pytest.mark.parametrize("data", [b"x" * (MAX_HEAD_BYTES + 1), b"x" * (MAX_HEAD_BYTES + 1) + b"\n\n"])
def test_headers_without_end_are_refused(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        parse(data)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(min_value=0), max_size=30))
def test_any_chunking_gives_the_same_frames(places: list[int]) -> None:
    assert parse(*cut(CAPTURED, places)) == parse(CAPTURED)


NAMES = st.text("abcXYZ-_", min_size=1).filter(lambda name: name.lower() not in ("content-type", "content-length"))


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.dictionaries(NAMES, st.text(st.characters(codec="utf-8"))), st.binary()), max_size=4),
    st.lists(st.integers(min_value=0), max_size=8),
)
def test_frames_arrive_as_they_were_sent(sent: list[tuple[dict[str, str], bytes]], places: list[int]) -> None:
    frames = [({"Content-Type": "x", **headers}, body) for headers, body in sent]
    received = parse(*cut(b"".join(frame(headers, body) for headers, body in frames), places))
    assert [({**got.headers, "Content-Length": ""}, got.body) for got in received] == [
        ({**headers, "Content-Length": ""}, body) for headers, body in frames
    ]


WORDS = st.text("abc xyz/:@ñ", min_size=1).map(lambda text: f"x{text}x")


@settings(deadline=None)
@given(
    st.lists(st.tuples(WORDS, st.dictionaries(NAMES, WORDS), WORDS | st.just("")), max_size=4),
    st.lists(st.integers(min_value=0), max_size=8),
)
def test_commands_arrive_as_they_were_sent(sent: list[tuple[str, dict[str, str], str]], places: list[int]) -> None:
    parser = CommandParser()
    data = b"".join(encode(*command) for command in sent)
    received = [command for piece in cut(data, places) for command in parser.feed(piece)]
    for command in received:
        assert isinstance(command.headers, dict)
        command.headers.pop("Content-Length", None)
    assert received == [Command(*command) for command in sent]
