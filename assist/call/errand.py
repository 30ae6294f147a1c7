"""What a call that we place is about, besides what the assistant says in any call."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from assist.call.optout import OptOut


@dataclass(frozen=True, slots=True)
class Errand:
    """One call's. Texts are said as they are."""

    greeting: str
    """Once somebody says hello: who calls, that it is an automatic assistant, and why."""
    language: str = ""
    """ISO 639-1, of the texts; empty: the assistant's first."""
    message: str = ""
    """Left on a voicemail after the beep; empty: the call ends there."""
    introduction: str = ""
    """Said to a machine that asks who calls, and why; empty: the call ends there."""
    opt_out: OptOut = field(default_factory=OptOut)
    opted_out: Callable[[], Awaitable[None]] | None = None
    """Awaited as soon as the person does not want to be called again, before that is confirmed. Raises `StoreError`.

    None: whoever follows the call's events sees to it.
    """
