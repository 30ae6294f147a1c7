"""What FreeSWITCH sends means the same to us as to libesl, its own client library, however the bytes arrive."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

import pytest

from assist.switch.events import from_json, from_plain
from assist.switch.wire import Frame, Parser, encode, frame
from tests.event_socket import CAPTURES

needs_libesl = pytest.mark.skipif(find_spec("ESL") is None, reason="python-ESL is not built: scripts/test does it")

Meaning = tuple[dict[str, str], str]
"""Of a frame: the headers and the body of the event it brings, or else its own."""

GOODBYE = b"Content-Type: text/disconnect-notice\nContent-Length: 4\n\nBye\n"

SIZES = [*range(1, 200), 256, 1000, 1448, 4096, 1 << 20]


def awkward() -> bytes:
    values = [
        "a\nb: c\n\nd",
        "100 %",
        "%41",
        "ARRAY::uno|:dos",
        "ñ € 🙂",
        'a "quoted" \\ thing',
        " spaces ",
        "\t",
        ":",
        "_undef_",
    ]
    headers = {f"variable_{number}": value for number, value in enumerate(values)}
    event = {"Event-Name": "CUSTOM", "Event-Subclass": "a::b", **headers}
    plain = frame(event, "línea\n\notra".encode())
    return b"".join(
        (
            frame({"Event-Name": "CHANNEL_DATA", **headers, "Content-Type": "command/reply", "Reply-Text": "+OK\n"}),
            frame({"Content-Type": "text/event-plain"}, plain),
            frame({"Content-Type": "text/event-json"}, json.dumps({**event, "_body": "línea\n\notra"}).encode()),
            frame({"Content-Type": "text/event-json"}, b'{"Event-Name":"CUSTOM","variable_list":["uno","dos"]}'),
            frame({"Content-Type": "api/response"}, b"Content-Type: text/event-json\n\n{}\n\n"),
            GOODBYE,
        )
    )


@pytest.fixture(params=["outbound", "latin1", "inbound", "wrong_password", "awkward"])
def recording(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A file of what a switch sent, up to its goodbye."""
    if request.param != "awkward":
        return CAPTURES / f"{request.param}.esl"
    (tmp_path / "awkward.esl").write_bytes(awkward())
    return tmp_path / "awkward.esl"


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


def ours(data: bytes, size: int) -> list[Meaning]:
    parser = Parser()
    return [meaning(frame) for piece in pieces(data, size) for frame in parser.feed(piece)]


def meaning(frame: Frame) -> Meaning:
    if frame.kind.startswith("text/event-"):
        event = (from_json if frame.kind == "text/event-json" else from_plain)(frame.body)
        return dict(event.headers), event.body
    return nameless(dict(frame.headers)), frame.body.decode(errors="replace")


def theirs(file: Path, size: int) -> list[Meaning]:
    command = [sys.executable, str(Path(__file__).with_name("libesl.py")), "read", str(file), str(size)]
    lines = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout.splitlines()
    return [told(*json.loads(line)) for line in lines]


def told(headers: list[tuple[str, str]], body: str | None) -> Meaning:
    first = {name: replaced(value) for name, value in reversed(headers)}
    return nameless(first), replaced(body or "")


def nameless(headers: dict[str, str]) -> dict[str, str]:
    """Without the event's name where libesl puts another in its place: in a frame that brings no event."""
    return {name: value for name, value in headers.items() if "Content-Type" not in headers or name != "Event-Name"}


def replaced(text: str) -> str:
    """Invalid UTF-8 as we show it; Python shows libesl's by surrogates."""
    return text.encode(errors="surrogateescape").decode(errors="replace")


def in_libesls_order(meanings: list[Meaning]) -> list[Meaning]:
    """The first answer comes first, as libesl waits for it; the goodbye is the end and is not told."""
    reply = next(at for at, (headers, _) in enumerate(meanings) if headers.get("Content-Type") == "command/reply")
    goodbye = next(at for at, (headers, _) in enumerate(meanings) if is_goodbye(headers))
    return [meanings[reply], *meanings[:reply], *meanings[reply + 1 : goodbye]]


def is_goodbye(headers: Mapping[str, str]) -> bool:
    return headers.get("Content-Type") == "text/disconnect-notice" and headers.get("Content-Disposition") != "linger"


def test_pieces_of_any_size_mean_the_same_to_us(recording: Path) -> None:
    data = recording.read_bytes()
    whole = ours(data, len(data))
    assert len(whole) > 2
    for size in SIZES:
        assert ours(data, size) == whole, f"in pieces of {size} bytes"


@needs_libesl
@pytest.mark.parametrize("size", [1, 2, 7, 1448, 60000])
def test_libesl_reads_the_same(recording: Path, size: int) -> None:
    assert theirs(recording, size) == in_libesls_order(ours(recording.read_bytes(), size))


@needs_libesl
def test_a_name_in_latin_1_crashes_who_answers_by_libesl_and_not_us() -> None:
    file = CAPTURES / "latin1.esl"
    command = [sys.executable, str(Path(__file__).with_name("libesl.py")), "answer", str(file), "1000"]
    assert subprocess.run(command, capture_output=True, timeout=60, check=False).returncode < 0, "killed by a signal"

    headers, _ = ours(file.read_bytes(), 1000)[0]
    name = headers["Caller-Caller-ID-Name"]
    assert encode("sendmsg", {"execute-app-arg": f"caller={name}"}).endswith("caller=Jos\ufffd\n\n".encode())
