"""Whether an engine is worth asking now, from how its last requests went. Nothing here waits: the time is passed in.

A circuit is closed while all is well. Too many failures open it: the engine is left alone for a pause. After that it
is half open: one request at a time is let through, or a probe; its end closes the circuit, or opens it again for twice
as long.
"""

from collections import deque
from enum import IntEnum

from assist.errors import ProviderError

RECENT = 10
"""Requests that are remembered."""
FAILURES = 3
"""Of those, so many open the circuit. A service that fails one request in twenty stays in use; one that is down costs
three requests a wait, of all the calls of a process."""
SHORTEST = 5.0
"""Seconds of the first pause: a restarted server is back by then."""
LONGEST = 300.0
"""Seconds that the pause grows to; and of the first one, if only an admin can mend it."""
LONGEST_ASKED = 3600.0
"""Seconds that a service may ask to be left alone: one that says "tomorrow" may have been mended before."""


class State(IntEnum):
    """Of a circuit, from well to ill."""

    CLOSED = 0
    HALF_OPEN = 1
    OPEN = 2


class Circuit:
    """One opened engine's, for all the calls of the process. Times are seconds of any one clock."""

    def __init__(self) -> None:
        self._recent: deque[bool] = deque(maxlen=RECENT)
        """Which of the last requests failed."""
        self._closed = True
        self._until = 0.0
        self._pause = SHORTEST
        self._probed = False
        self._period = 0
        """Grows with each opening and closing: what began before says nothing any more."""
        self.refused = False
        """It is open because the key or the account was not accepted."""

    @property
    def due(self) -> float | None:
        """When the engine may be tried again; `None` if the circuit is closed, or somebody is trying."""
        return None if self._closed or self._probed else self._until

    def state(self, now: float) -> State:
        """Return how it is."""
        if self._closed:
            return State.CLOSED
        return State.HALF_OPEN if self._probed or now >= self._until else State.OPEN

    def admits(self, now: float) -> bool:
        """Return whether a request has a prospect."""
        return self._closed or (now >= self._until and not self._probed)

    def begin(self, now: float) -> "Attempt":
        """Return the attempt that a request makes now, with a prospect or without. End it in one of its ways."""
        probe = not self._closed and self.admits(now)
        self._probed = self._probed or probe
        return Attempt(self, self._period, probe)

    def end(self, attempt: "Attempt") -> None:
        """Forget *attempt*: it told nothing."""
        if attempt.probe and attempt.period == self._period:
            self._probed = False

    def succeeded(self, attempt: "Attempt") -> None:
        if attempt.period != self._period:
            return
        if self._closed:
            self._recent.append(False)
            return
        self._turn(closed=True)
        self._recent.clear()
        self._pause = SHORTEST
        self.refused = False

    def failed(self, attempt: "Attempt", now: float, error: ProviderError) -> None:
        its_own_fault = error.temporary or error.refused
        if attempt.period != self._period or not its_own_fault:
            # What no engine would do is no sign of this one's health.
            self.end(attempt)
            return
        self._recent.append(True)
        told_to_go = error.refused or error.retry_after is not None
        if self._closed and sum(self._recent) >= FAILURES:
            told_to_go = True
        if attempt.probe:
            self._pause = min(self._pause * 2, LONGEST)
        if attempt.probe or told_to_go:
            self._open(now, error)

    def _open(self, now: float, error: ProviderError) -> None:
        if error.refused:
            self._pause = LONGEST
        self.refused = error.refused
        asked = min(error.retry_after or 0.0, LONGEST_ASKED)
        self._until = now + max(self._pause, asked)
        self._turn(closed=False)

    def _turn(self, *, closed: bool) -> None:
        self._closed = closed
        self._probed = False
        self._period += 1


class Attempt:
    """One request on its way. What is told after its first end is not heard."""

    def __init__(self, circuit: Circuit, period: int, probe: bool) -> None:
        self._circuit: Circuit | None = circuit
        self.period = period
        self.probe = probe
        """The circuit was half open: what becomes of this request decides."""

    def succeeded(self) -> None:
        """All of the answer came."""
        if circuit := self._ended():
            circuit.succeeded(self)

    def failed(self, now: float, error: ProviderError) -> None:
        """It came to nothing, or broke off."""
        if circuit := self._ended():
            circuit.failed(self, now, error)

    def dropped(self) -> None:
        """Nobody wanted the answer any more: that says nothing about the engine."""
        if circuit := self._ended():
            circuit.end(self)

    def _ended(self) -> Circuit | None:
        circuit, self._circuit = self._circuit, None
        return circuit
