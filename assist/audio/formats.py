"""How a run of bytes is to be heard."""

from dataclasses import dataclass
from enum import StrEnum


class Encoding(StrEnum):
    """Of one sample."""

    PCM = "PCM"
    """16-bit signed, little endian."""
    PCMU = "PCMU"
    """G.711 mu-law."""
    PCMA = "PCMA"
    """G.711 A-law."""


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """One channel of sound."""

    encoding: Encoding
    rate: int
    """Samples a second."""

    @property
    def sample_bytes(self) -> int:
        return 2 if self.encoding is Encoding.PCM else 1


LINE = AudioFormat(Encoding.PCM, 8000)
"""What travels inside Assist, both ways. Only the edges know another: a codec at the switch, a provider's format."""

LINE_BYTES_PER_SECOND = LINE.rate * LINE.sample_bytes
