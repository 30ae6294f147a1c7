"""What is wrong in a row of a list, and the mend."""

from dataclasses import dataclass


class Unfit(ValueError):
    """A value that cannot be used. Never repeats it."""

    def __init__(self, mistake: str, mend: str) -> None:
        super().__init__(f"{mistake}; {mend}")
        self.mistake = mistake
        self.mend = mend


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something wrong in a row."""

    field: str
    """Name of the column; empty: the whole row."""
    mistake: str
    """Never repeats what is written there."""
    mend: str

    def __str__(self) -> str:
        return f"{self.field + ': ' if self.field else ''}{self.mistake}; {self.mend}"
