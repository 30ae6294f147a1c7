"""One utterance that is spoken, and the audio it is cut from."""

from assist.aio import Growing, Stream
from assist.stt import Pause


class Spoken:
    """Something the caller says: begun, and perhaps still going on."""

    def __init__(self, start: int) -> None:
        self.start = start
        """Sample of the call with which it begins, a little silence before the voice included."""
        self.voice_end: int | None = None
        """Sample after the last that was voice, once it has ended."""
        self.voice_ended_at: float | None = None
        """When that sample was heard, by the loop's clock."""
        self.ended_at: float | None = None
        """When the end was known."""
        self._speech: Growing[bytes | Pause] = Growing()

    def speech(self) -> Stream[bytes | Pause]:
        """Yield the audio (`LINE`) from the beginning on, as it is spoken, and its pauses, until it has ended."""
        return self._speech.read()

    def tell(self, piece: bytes | Pause) -> None:
        self._speech.append(piece)

    def end(self, voice_end: int, voice_ended_at: float, ended_at: float) -> None:
        self.voice_end = voice_end
        self.voice_ended_at = voice_ended_at
        self.ended_at = ended_at
        self._speech.finish()


class Tape:
    """The last of what was heard, by the call's samples."""

    def __init__(self, since: int) -> None:
        self._audio = bytearray()
        self._since = since

    def append(self, audio: bytes) -> None:
        self._audio += audio

    def forget(self, before: int) -> None:
        if before > self._since:
            del self._audio[: (before - self._since) * 2]
            self._since = before

    def cut(self, start: int, stop: int) -> bytes:
        return bytes(self._audio[(start - self._since) * 2 : (stop - self._since) * 2])
