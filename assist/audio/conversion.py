"""From any format to the line's own."""

from assist.audio.formats import LINE, AudioFormat, Encoding
from assist.audio.g711 import decode
from assist.audio.resample import Resampler


class ToLine:
    """Brings audio that comes in pieces, cut anywhere, from *source* to `LINE`."""

    def __init__(self, source: AudioFormat) -> None:
        self._source = source
        self._resampler = None if source.rate == LINE.rate else Resampler(source.rate, LINE.rate)
        self._begun = b""
        """The first byte of a sample whose second has not come yet."""

    def feed(self, piece: bytes) -> bytes:
        """Return what is known of the output once *piece* has followed."""
        audio = self._begun + piece
        whole = len(audio) // self._source.sample_bytes * self._source.sample_bytes
        self._begun = audio[whole:]
        pcm = audio[:whole] if self._source.encoding is Encoding.PCM else decode(audio[:whole], self._source.encoding)
        return self._resampler.feed(pcm) if self._resampler else pcm

    def flush(self) -> bytes:
        """Return the end of the output."""
        return self._resampler.flush() if self._resampler else b""
