"""Whom a simulated call can be transferred to, and what they do."""

import re
from dataclasses import dataclass

from assist.simulate.sounds import Frames


@dataclass(frozen=True, slots=True)
class Destination:
    """Somebody's behaviour when he is called."""

    cause: str = ""
    """Why he does not answer, as ``USER_BUSY``; empty if he does."""
    rings: float = 0.0
    """Seconds before that."""
    talks: float | None = None
    """Seconds before he hangs up; `None`: he waits for the other to do so."""
    voice: str = "silence_stream://-1"
    """What he says, as ``playback`` would play it."""
    echoes: bool = False
    """He says what he hears."""
    announces: bool = False
    """While it rings, something else is heard."""


FOREVER = float("inf")

BY_LAST_DIGIT = {
    "1": Destination(),
    "2": Destination(voice="tone_stream://%(1000,200,440);loops=-1"),
    "3": Destination("NO_ANSWER", rings=FOREVER),
    "4": Destination("UNALLOCATED_NUMBER"),
    "5": Destination("NORMAL_TEMPORARY_FAILURE"),
    "6": Destination("CALL_REJECTED"),
    "7": Destination(rings=0.5, echoes=True),
    "8": Destination(rings=1.0, announces=True),
    "9": Destination(talks=1.0),
}
BUSY = Destination("USER_BUSY")


def find_destination(dial_string: str) -> Destination:
    """Return who is called: as of the far end of a private FreeSWITCH, the last digit decides."""
    digits = re.sub(r"@.*", "", dial_string)
    return BY_LAST_DIGIT.get(digits[-1:], BUSY)


class OtherLeg:
    """A call to somebody, on behalf of a simulated call."""

    def __init__(self, destination: Destination, variables: dict[str, str]) -> None:
        self.destination = destination
        self.variables = variables
        self.cause = ""
        """Why it is over."""
        self._voice = Frames(destination.voice)

    def hang_up(self, cause: str) -> None:
        self.cause = self.cause or cause

    def speak(self, heard: bytes) -> bytes:
        """Return a frame of what he says while he hears *heard*."""
        if self.destination.echoes:
            return heard
        return self._voice.next()
