"""What FreeSWITCH tells unasked."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from assist.errors import ProtocolError
from assist.switch.wire import parse_headers


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened in the switch. The values are anybody's: a caller chooses his own display name."""

    headers: Mapping[str, str]
    """Names are spelt as FreeSWITCH spells them. A list is ``ARRAY::first|:second``."""
    body: str = ""

    @property
    def name(self) -> str:
        """As ``CHANNEL_HANGUP``."""
        return self.headers.get("Event-Name", "")

    def __getitem__(self, header: str) -> str:
        return self.headers[header]

    def get(self, header: str, default: str = "") -> str:
        """Return the value of *header*, or *default* if the event has none."""
        return self.headers.get(header, default)


def from_json(body: bytes) -> Event:
    """Return the event of a ``text/event-json`` frame. Raises `ProtocolError`."""
    try:
        pairs = json.loads(body.decode(errors="replace"), strict=False, object_pairs_hook=_first_of_each)
    except ValueError as error:
        raise ProtocolError("an event is no JSON") from error
    if not isinstance(pairs, dict):
        raise ProtocolError("an event is no JSON object")
    text = pairs.pop("_body", "")
    return Event(pairs, text)


def _first_of_each(pairs: list[tuple[str, object]]) -> dict[str, str]:
    return {name: _text(value) for name, value in reversed(pairs)}


def _text(value: object) -> str:
    if isinstance(value, list):
        return "ARRAY::" + "|:".join(map(str, value))
    return value if isinstance(value, str) else ""


def from_plain(body: bytes) -> Event:
    """Return the event of a ``text/event-plain`` frame."""
    head, _, text = body.partition(b"\n\n")
    return Event(parse_headers(head), text.decode(errors="replace"))
