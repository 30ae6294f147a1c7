"""Text to speech: the contract. One file per engine beside it; fallback and cache are wrappers of it."""

from typing import Protocol

from assist.aio import Stream


class TextToSpeech(Protocol):
    """Reads one sentence aloud."""

    def synthesize(self, text: str, language: str, *, pace: float = 1.0) -> Stream[bytes]:
        """Yield *text* as audio in `assist.audio.formats.LINE`, starting before all of it is ready.

        *language* is ISO 639-1; *pace* 0.8 is a fifth slower than usual. Pieces hold whole samples, and there is
        no silence before the first word or after the last. Raises `ProviderError`.
        """
        ...
