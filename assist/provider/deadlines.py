"""How long an engine is waited for."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limit:
    """Seconds, after which silence is a failure."""

    usual: float
    """While there is another engine to ask."""
    alone: float
    """If there is none: late is better than never."""

    def of(self, *, alone: bool) -> float:
        return self.alone if alone else self.usual
