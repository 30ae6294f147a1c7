"""A mistake in a file: where, what, and the mend."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mistake:
    """Something wrong in an assistant's file."""

    file: str
    line: int
    """From 1."""
    field: str
    """As ``intents.hours.answers``; empty for the whole file."""
    mistake: str
    mend: str

    def __str__(self) -> str:
        field = f" {self.field}:" if self.field else ""
        return f"{self.file}:{self.line}:{field} {self.mistake}; {self.mend}"
