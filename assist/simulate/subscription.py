"""Which events a connection of the simulated Event Socket is told of, and how they are written."""

import json
from collections.abc import Mapping

from assist.switch.wire import frame

MYEVENTS = frozenset(
    """CHANNEL_ANSWER CHANNEL_APPLICATION CHANNEL_BRIDGE CHANNEL_CREATE CHANNEL_DATA CHANNEL_DESTROY CHANNEL_EXECUTE
    CHANNEL_EXECUTE_COMPLETE CHANNEL_HANGUP CHANNEL_HANGUP_COMPLETE CHANNEL_ORIGINATE CHANNEL_OUTGOING CHANNEL_PARK
    CHANNEL_PROGRESS CHANNEL_PROGRESS_MEDIA CHANNEL_STATE CHANNEL_UNBRIDGE CHANNEL_UNPARK CHANNEL_UUID DETECTED_SPEECH
    DTMF NOTALK TALK""".split()
)
"""What ``myevents`` means: neither PLAYBACK nor RECORD, CODEC, CHANNEL_HOLD or CUSTOM."""

FORMATS = ("plain", "json")

NOT_FOUND = "-ERR command not found"


class Subscription:
    """Decides for one connection."""

    def __init__(self, session: str | None) -> None:
        """*session* is the call it serves, if it serves one."""
        self.format = "plain"
        self._session = session
        self._names: set[str] = set()
        self._filters: list[tuple[str, str]] = []
        self._mine_only = False

    def obey(self, verb: str, words: list[str]) -> str:
        """Return the answer to a command about what is told, nothing if it is about something else."""
        match verb:
            case "event":
                return self.add(words)
            case "filter":
                return self.filter(words)
            case "nixevent":
                return self.drop(words)
            case "noevents":
                return self.clear()
        return ""

    def mine(self, words: list[str]) -> str:
        """Obey ``myevents``."""
        if self._mine_only:
            return "-ERR aready enabled."
        self._mine_only = True
        self._names |= MYEVENTS
        self._take_format(words)
        return "+OK Events Enabled"

    def add(self, words: list[str]) -> str:
        """Obey ``event``."""
        names = set(words) - set(FORMATS)
        if not names:
            return "-ERR no keywords supplied"
        self._take_format(words)
        self._names |= names
        return f"+OK event listener enabled {self.format}"

    def drop(self, words: list[str]) -> str:
        """Obey ``nixevent``."""
        self._names -= set(words)
        return "+OK events nixed"

    def clear(self) -> str:
        """Obey ``noevents``."""
        if not self._names:
            return "-ERR not listening for events"
        self._names.clear()
        return "+OK no longer listening for events"

    def filter(self, words: list[str]) -> str:
        """Obey ``filter``."""
        verb, rest = (words[0], words[1:]) if words[:1] in (["delete"], ["add"]) else ("add", words)
        name, value = [*rest, "", ""][:2]
        if verb == "delete":
            self._filters = [each for each in self._filters if each[0] != name or value not in ("", each[1])]
            return f"+OK filter deleted. [{name}][{value}]"
        if not value:
            return "-ERR invalid syntax"
        self._filters.append((name, value))
        return f"+OK filter added. [{name}]=[{value}]"

    def wants(self, event: Mapping[str, str]) -> bool:
        """Return whether that event is to be told."""
        if not self._names & {event["Event-Name"], "ALL"}:
            return False
        if self._filters and not any(event.get(name) == value for name, value in self._filters):
            return False
        return not self._mine_only or self._session in (event.get("Unique-ID"), event.get("Job-Owner-UUID"))

    def write(self, event: Mapping[str, str]) -> bytes:
        """Return the frame that tells it."""
        if self.format == "json":
            # A caller's display name may hold bytes that are no UTF-8: FreeSWITCH passes them on as they are.
            text = json.dumps(event, ensure_ascii=False).encode(errors="surrogateescape")
            return frame({"Content-Type": "text/event-json"}, text)
        headers = dict(event)
        body = headers.pop("_body", "").encode()
        return frame({"Content-Type": "text/event-plain"}, frame(headers, body))

    def _take_format(self, words: list[str]) -> None:
        self.format = next((word for word in words if word in FORMATS), self.format)


def reply(text: str) -> bytes:
    """Return the frame that answers a command."""
    return frame({"Content-Type": "command/reply", "Reply-Text": text})
