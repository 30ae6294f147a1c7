"""The Event Socket's bytes, both ways: plain objects that never wait.

Whoever speaks sends a block of ``Name: value`` lines closed by an empty line, and after it a body if
the block holds a ``Content-Length``. FreeSWITCH's blocks are frames: a ``Content-Type`` says what
one is, and every value may be percent-encoded. Ours are commands: the first line is the command itself.

Nothing but position ties an answer to a command and nothing but a line break ends a line, so a line
break in a value would be a command of its own, and ``${...}`` in an application's argument is
expanded by the switch, ``${system(...)}`` included. `encode` refuses both, for everybody; but for
`assist.switch.hook.HOOK`, in which nothing varies. Text that came from a caller, a model or a list
goes through `clean` first; what the project itself wrote does not, so that a mistake of ours is an
error and not a silently different command.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote_from_bytes, unquote_to_bytes

from assist.errors import ProtocolError
from assist.switch.hook import HOOK

MAX_HEAD_BYTES = 1 << 20
"""Of one block. A channel with a hundred SIP headers has some 30 kB; a peer without empty lines is no FreeSWITCH."""

MAX_BODY_BYTES = 16 << 20
"""Of one body. FreeSWITCH itself takes 10 MiB; ``show channels`` of 10,000 channels is 5 MB."""

_EXPANDED = re.compile(r"[${}\x00-\x1f\x7f\x80-\x9f\u2028\u2029]")


def clean(text: str) -> str:
    """Return foreign *text* on one line and without what the switch would expand: ``$ { }`` and control characters."""
    return " ".join(_EXPANDED.sub(" ", text).split())


def encode(command: str, headers: Mapping[str, str] | None = None, body: str = "") -> bytes:
    """Return *command* as FreeSWITCH reads it. Raises `ProtocolError` for whatever could be read as more than one."""
    lines = [command, *(f"{name}: {value}" for name, value in (headers or {}).items())]
    content = body.encode()
    if content:
        lines.append(f"Content-Length: {len(content)}")
    _refuse(lines, body)
    return "\n".join(lines).encode() + b"\n\n" + content


def _refuse(lines: list[str], body: str) -> None:
    # The messages name no value: it may be a telephone number or words.
    if any(character in line for line in lines for character in "\r\n\0") or "\0" in body:
        raise ProtocolError("line break or NUL in a command")
    if any("${" in text.replace(HOOK, "") for text in (*lines, body)):
        raise ProtocolError("a variable to expand in a command")
    if not lines[0].strip():
        raise ProtocolError("empty command")
    if lines[0].startswith("getvar"):
        # Its answer is the bare value, so one with an empty line in it would be read as a frame.
        raise ProtocolError("getvar is not safe to read: use uuid_getvar")


@dataclass(frozen=True, slots=True)
class Frame:
    """What FreeSWITCH sent at once."""

    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def kind(self) -> str:
        """The content type, as ``command/reply``."""
        return self.headers["Content-Type"]


@dataclass(frozen=True, slots=True)
class Command:
    """What we sent at once, as the far end sees it."""

    text: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""


class _Blocks:
    """Cuts a stream of bytes into heads and bodies, however it was cut before."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._searched = 0
        self._head: bytes | None = None
        self._length = 0

    def feed(self, data: bytes) -> Iterator[tuple[bytes, bytes]]:
        self._buffer += data
        while self._has_head() and len(self._buffer) >= self._length:
            head, body = self._head or b"", bytes(self._buffer[: self._length])
            del self._buffer[: self._length]
            self._head, self._searched = None, 0
            yield head, body

    def _has_head(self) -> bool:
        if self._head is not None:
            return True
        if self._searched == 0:
            # An answer whose text ends in a line break leaves an empty line too many.
            while self._buffer.startswith(b"\n"):
                del self._buffer[:1]
        end = self._buffer.find(b"\n\n", self._searched)
        if (len(self._buffer) if end < 0 else end) > MAX_HEAD_BYTES:
            raise ProtocolError("headers without an end")
        if end < 0:
            self._searched = max(0, len(self._buffer) - 1)
            return False
        self._head = bytes(self._buffer[:end])
        self._length = _content_length(self._head)
        del self._buffer[: end + 2]
        return True


def _content_length(head: bytes) -> int:
    for line in head.split(b"\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            number = value.strip()
            if not number.isdigit() or len(number) > 9 or int(number) > MAX_BODY_BYTES:
                raise ProtocolError("content length out of bounds")
            return int(number)
    return 0


class Parser:
    """Reads what FreeSWITCH sends."""

    def __init__(self) -> None:
        self._blocks = _Blocks()

    def feed(self, data: bytes) -> list[Frame]:
        """Return the frames that *data* completes. Raises `ProtocolError`; then feed no more."""
        return [_frame(head, body) for head, body in self._blocks.feed(data)]


def _frame(head: bytes, body: bytes) -> Frame:
    headers = parse_headers(head)
    if "Content-Type" not in headers:
        raise ProtocolError("a frame without a content type")
    return Frame(headers, body)


def parse_headers(head: bytes) -> dict[str, str]:
    """Return ``Name: value`` lines as they were before FreeSWITCH encoded them; of two of one name, the first.

    A value may hold anything afterwards, line breaks included.
    """
    headers: dict[str, str] = {}
    for line in head.split(b"\n"):
        name, colon, value = line.partition(b":")
        if colon:
            value = value.lstrip(b" \t").rstrip(b"\r")
            if b"%" in value:
                value = unquote_to_bytes(value)
            headers.setdefault(name.decode(errors="replace"), value.decode(errors="replace"))
    return headers


class CommandParser:
    """Reads what we send: FreeSWITCH's side, for a line that is simulated."""

    def __init__(self) -> None:
        self._blocks = _Blocks()

    def feed(self, data: bytes) -> list[Command]:
        """Return the commands that *data* completes. Raises `ProtocolError`; then feed no more."""
        return [_command(head, body) for head, body in self._blocks.feed(data)]


def _command(head: bytes, body: bytes) -> Command:
    first, _, rest = head.partition(b"\n")
    pairs = (line.partition(b":") for line in rest.split(b"\n"))
    headers = {
        name.decode(errors="replace"): value.strip().decode(errors="replace") for name, colon, value in pairs if colon
    }
    return Command(first.decode(errors="replace"), headers, body.decode(errors="replace"))


def frame(headers: Mapping[str, str], body: bytes = b"") -> bytes:
    """Return a frame as FreeSWITCH sends it: the length is added if there is a *body*.

    Values are percent-encoded, as the switch does in all but its short answers, which read alike.
    """
    lines = [f"{name}: {_quote(value)}" for name, value in headers.items()]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\n".join(lines).encode() + b"\n\n" + body


def _quote(value: str) -> str:
    return quote_from_bytes(value.encode(errors="surrogateescape"), safe="!$'()*,/=")
