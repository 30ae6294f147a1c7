"""What a check tells."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    OK = "ok"
    WARNING = "warning"
    """It works, but not as it should, or nobody can tell."""
    WRONG = "wrong"
    """Calls are lost, or strangers let in."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. Nothing in it is secret."""

    subject: str
    state: State
    found: str
    mend: str = ""
    """Empty if there is nothing to mend."""


def ok(subject: str, found: str) -> Finding:
    """Return that all is well with *subject*."""
    return Finding(subject, State.OK, found)


def warning(subject: str, found: str, mend: str) -> Finding:
    """Return that somebody should look at *subject*."""
    return Finding(subject, State.WARNING, found, mend)


def wrong(subject: str, found: str, mend: str) -> Finding:
    """Return that *subject* must be mended."""
    return Finding(subject, State.WRONG, found, mend)
