"""What a service sends as speech, made ready for the line."""

from assist.audio.conversion import ToLine
from assist.audio.formats import AudioFormat
from assist.audio.trimming import Trim
from assist.errors import ProviderError

TYPES = ("audio/", "application/octet-stream")
"""How the types begin that are audio: not that of the page which a network puts in place of an answer."""


class Sound:
    """Takes the answer of *provider* to one sentence, in *source*, and returns it as `TextToSpeech` yields it."""

    def __init__(self, provider: str, source: AudioFormat) -> None:
        self._provider = provider
        self._to_line = ToLine(source)
        self._trim = Trim()
        self._said = False

    def announce(self, content_type: str) -> None:
        """Raises `ProviderError` unless what comes is audio."""
        if not content_type.startswith(TYPES):
            raise ProviderError(self._provider, "the answer is no audio", temporary=True)

    def feed(self, piece: bytes) -> bytes:
        """Return what of the sentence is known once *piece*, cut anywhere, has followed."""
        return self._told(self._trim.feed(self._to_line.feed(piece)))

    def flush(self) -> bytes:
        """Return the end of the sentence. Raises `ProviderError` if nothing was said at all."""
        rest = self._told(self._trim.feed(self._to_line.flush()) + self._trim.flush())
        if not self._said:
            raise ProviderError(self._provider, "the answer is silence", temporary=True)
        return rest

    def _told(self, speech: bytes) -> bytes:
        self._said = self._said or bool(speech)
        return speech
