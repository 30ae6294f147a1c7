"""What another worker needs to go on with a call in mid-conversation."""

from dataclasses import dataclass
from typing import Protocol

from pydantic import TypeAdapter

from assist.call.answer_words import Kind
from assist.call.speech import Manner
from assist.llm import Dialog, Json
from assist.provider.bill import Item


@dataclass(slots=True)
class Session:
    """A call at a turn boundary."""

    assistant: str
    version: str
    """Of the assistant's file."""
    dialog: Dialog
    manner: Manner
    started_at: float
    """Seconds since the epoch."""
    position: int = 0
    """Sample of the call up to which everything heard is in the dialog."""
    reply: str = ""
    """What the assistant was about to say; empty while it listens."""
    reply_notes: dict[str, Json] | None = None
    """`Dialog.notes` from there on, once that was heard."""
    turns: int = 0
    answered_by: Kind | None = None
    """Of a call that we placed."""
    spent: tuple[Item, ...] = ()
    """What the call has cost so far."""
    ordered: str = "0"
    """The last order from outside that was done."""

    def to_json(self) -> bytes:
        return _JSON.dump_json(self)

    @staticmethod
    def from_json(data: bytes) -> "Session":
        """Raises `ValueError` if *data* is none."""
        return _JSON.validate_json(data)


_JSON = TypeAdapter(Session)


class Memory(Protocol):
    """Keeps sessions where a worker's death does not reach."""

    async def save_session(self, call_id: str, session: bytes) -> None:
        """Keep *session* in the place of the one before. Raises `StoreError` soon rather than wait for long."""
        ...
