"""Who calls whom, and when what became of it: what the events of a simulated channel say of the call."""

import time
from dataclasses import dataclass

MOMENTS = ("Created", "Progress", "Progress-Media", "Answered", "Hangup")
"""Of a call, which every event tells in microseconds since the epoch; 0: not yet."""


@dataclass(frozen=True, slots=True)
class Profile:
    """Who calls whom."""

    caller_number: str
    caller_name: str
    """May hold bytes that are no UTF-8, as ``surrogateescape`` writes them."""
    called_number: str
    direction: str = "inbound"

    @property
    def channel_name(self) -> str:
        """That of a channel which is opened for it."""
        outgoing = self.direction == "outbound"
        return f"sofia/trunk/{self.called_number if outgoing else f'{self.caller_number}@127.0.0.1'}"

    def headers(self, prefix: str) -> dict[str, str]:
        """Return it in headers that begin with *prefix*."""
        return {
            f"{prefix}-Direction": self.direction,
            f"{prefix}-Caller-ID-Name": self.caller_name,
            f"{prefix}-Caller-ID-Number": self.caller_number,
            f"{prefix}-Destination-Number": self.called_number,
        }


class Times:
    """When each of `MOMENTS` was; the first is now."""

    def __init__(self) -> None:
        self._times = dict.fromkeys(MOMENTS, "0")
        self.mark("Created")

    def mark(self, moment: str) -> None:
        """It is now."""
        self._times[moment] = str(time.time_ns() // 1000)

    def headers(self, prefix: str) -> dict[str, str]:
        """Return them in headers that begin with *prefix*."""
        return {f"{prefix}-Channel-{moment}-Time": at for moment, at in self._times.items()}
