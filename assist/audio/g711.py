"""G.711, the codec of the telephone network: mu-law in North America and Japan, A-law elsewhere."""

from assist.audio._audioop import audioop
from assist.audio.formats import Encoding

_SILENCE = {Encoding.PCM: b"\0\0", Encoding.PCMU: b"\xff", Encoding.PCMA: b"\xd5"}


def encode(pcm: bytes, encoding: Encoding) -> bytes:
    """Return *pcm*, whole 16-bit samples, in *encoding*: one byte a sample for either law."""
    match encoding:
        case Encoding.PCM:
            return pcm
        case Encoding.PCMU:
            return audioop.lin2ulaw(pcm, 2)
        case Encoding.PCMA:
            return audioop.lin2alaw(pcm, 2)


def decode(data: bytes, encoding: Encoding) -> bytes:
    """Return *data*, which is in *encoding*, as 16-bit samples."""
    match encoding:
        case Encoding.PCM:
            return data
        case Encoding.PCMU:
            return audioop.ulaw2lin(data, 2)
        case Encoding.PCMA:
            return audioop.alaw2lin(data, 2)


def silence(encoding: Encoding, samples: int) -> bytes:
    """Return that many *samples* of what is heard as nothing, in *encoding*."""
    return _SILENCE[encoding] * samples
