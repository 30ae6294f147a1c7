"""What engines do, counted in the units that providers bill by."""

from dataclasses import dataclass

LETTERS = 4
"""Characters of a token, about, in Spanish and in English."""


@dataclass(frozen=True, slots=True)
class Amount:
    """So much; zero where a unit does not apply. Amounts can be added."""

    requests: int = 0
    seconds: float = 0.0
    """Of audio: heard, or made."""
    characters: int = 0
    """To read aloud."""
    input: int = 0
    """Tokens."""
    cached: int = 0
    """Of `input`, those that the provider still knew."""
    output: int = 0
    """Tokens."""

    def __add__(self, other: "Amount") -> "Amount":
        return Amount(
            self.requests + other.requests,
            self.seconds + other.seconds,
            self.characters + other.characters,
            self.input + other.input,
            self.cached + other.cached,
            self.output + other.output,
        )


def tokens(characters: int) -> int:
    """Return about how many tokens a text is, for requests whose provider did not come to tell."""
    return -(-characters // LETTERS)
