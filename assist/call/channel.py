"""The contract of a telephone line that a call is held over."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from assist.aio import Stream


class Direction(StrEnum):
    """Who called whom."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


class TransferOutcome(StrEnum):
    """How an attempt to connect the caller to somebody else ended."""

    BUSY = "busy"
    NO_ANSWER = "no_answer"
    FAILED = "failed"
    ENDED = "ended"
    """They talked, and the other side hung up first: the caller is still on the line."""


@dataclass(frozen=True, slots=True)
class Line:
    """What is known of a call when it starts. The numbers are personal: never logged."""

    id: str
    """FreeSWITCH's UUID of the channel."""
    direction: Direction
    caller_number: str
    caller_name: str
    """Anybody's text: cleaned of what a dialplan would expand."""
    called_number: str
    assistant: str
    """Name of the assistant the dialplan chose."""


class Listener(Protocol):
    """Is told what happens on the line, in order, on the event loop's thread. Returns at once."""

    def hear(self, audio: bytes) -> None:
        """The caller's next *audio*, `assist.audio.formats.LINE`: speech, noise or silence, without gaps."""
        ...

    def patience(self, speaking: bool) -> int:
        """Return how many samples from now on may be told together: to hear of the first sooner makes no difference.

        *speaking*: somebody speaks to the caller, who may interrupt.
        """
        ...

    def press(self, digit: str) -> None:
        """The caller pressed a key: one of ``0123456789*#ABCD``."""
        ...

    def hold(self, held: bool) -> None:
        """The far end put the call on hold, or took it back. Meanwhile no audio comes and none is heard."""
        ...


class Channel(Protocol):
    """One call's line. Every method raises `HungUp` once the call is over, also in the middle of a wait."""

    @property
    def line(self) -> Line: ...

    @property
    def heard(self) -> int:
        """Samples of the last `play` that the caller has heard: exact after it ended or was cancelled."""
        ...

    async def answer(self) -> None:
        """Pick up, unless that has happened."""
        ...

    async def listen(self, listener: Listener, since: int = 0) -> None:
        """Send everything heard from sample *since* of the call on to *listener*, until the end of the call.

        Audio that was heard before is delivered at once. Raises `MediaLost` if there is no ear.
        """
        ...

    def forget(self, before: int) -> None:
        """Free what was heard before that sample of the call: nobody will listen to it again."""
        ...

    async def play(self, audio: Stream[bytes]) -> None:
        """Return when the caller has heard all of *audio* (`LINE`); cancel it and the line is silent at once.

        *audio* may come slower than it is heard: the line is kept alive with silence meanwhile.
        """
        ...

    async def transfer(self, destination: str) -> TransferOutcome:
        """Connect the caller with *destination*, and return how that ended if the caller is still there.

        *destination* is a dial string from the configuration. Nothing is heard or recorded meanwhile.
        """
        ...

    async def hang_up(self, cause: str = "NORMAL_CLEARING") -> None:
        """End the call. Returns when it is over; also if it already is."""
        ...

    async def hung_up(self) -> str:
        """Wait for the end of the call, whoever ends it, and return the hang-up cause."""
        ...
