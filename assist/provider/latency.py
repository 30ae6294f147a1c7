"""How long an engine usually takes. Nothing here waits."""

from collections import deque

WINDOW = 100
"""Answers that are remembered: a few minutes of a busy process."""
ENOUGH = 20
"""Answers before which there is no "usually": the 95th percentile of fewer is the slowest of them."""


class Latency:
    """Of the last answers of one engine, in seconds."""

    def __init__(self) -> None:
        self._seconds: deque[float] = deque(maxlen=WINDOW)

    def add(self, seconds: float) -> None:
        """Take note of an answer; of one that was not waited for, how long it was."""
        self._seconds.append(seconds)

    @property
    def p95(self) -> float | None:
        """What one answer in twenty takes longer than; `None` while too few are known."""
        if len(self._seconds) < ENOUGH:
            return None
        return sorted(self._seconds)[len(self._seconds) * 95 // 100]
