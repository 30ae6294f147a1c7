"""One sentence as the line wants it: synthesised, and brought to 8 kHz."""

from contextlib import aclosing

from assist.aio import Stream
from assist.audio.formats import LINE, AudioFormat, Encoding
from assist.audio.g711 import decode
from assist.audio.resample import Resampler
from assist.tts import TextToSpeech

BREATH = {",": 0.10, ";": 0.15, ":": 0.15}
"""Seconds of silence after a piece, by its last character."""
BREATH_AFTER_SENTENCE = 0.25


class Voice:
    """A voice that speaks in the line's own format."""

    def __init__(self, tts: TextToSpeech) -> None:
        self._tts = tts

    async def speak(self, text: str, language: str, pace: float) -> Stream[bytes]:
        """Yield *text* as `LINE` audio. Raises `ProviderError`."""
        to_line = _Converter(self._tts.format)
        async with aclosing(self._tts.synthesize(text, language, pace=pace)) as pieces:
            async for piece in pieces:
                if audio := to_line.feed(piece):
                    yield audio
        if audio := to_line.flush():
            yield audio


def breath(text: str) -> bytes:
    """Return the silence (`LINE`) that is natural after *text*: voices deliver sentences without any."""
    return bytes(round(BREATH.get(text[-1:], BREATH_AFTER_SENTENCE) * LINE.rate) * LINE.sample_bytes)


class _Converter:
    """From a provider's format to `LINE`, in pieces."""

    def __init__(self, source: AudioFormat) -> None:
        self._encoding = source.encoding
        self._resampler = None if source.rate == LINE.rate else Resampler(source.rate, LINE.rate)

    def feed(self, piece: bytes) -> bytes:
        pcm = piece if self._encoding is Encoding.PCM else decode(piece, self._encoding)
        return self._resampler.feed(pcm) if self._resampler else pcm

    def flush(self) -> bytes:
        return self._resampler.flush() if self._resampler else b""
