"""Who spoke when, and the last beep, by the call's audio: in whatever order one is told of it."""

from dataclasses import dataclass

from assist.call.answer_events import Beeped

BEFORE_A_BEEP = 1.0
"""Seconds of voice that a voicemail has said, at least, when it beeps: a beep before may be the network's."""
AROUND_A_BEEP = 0.2
"""Seconds around a beep within which a voice that begins is the beep itself."""


@dataclass(slots=True)
class _Voice:
    """An utterance, as far as it is known."""

    start: float
    latest: float
    """When it began, or went on after its last pause."""
    seconds: float | None = None
    """Until its last pause; None: it has not paused since it began or went on."""


class Timeline:
    """Of whoever answered."""

    def __init__(self) -> None:
        self._voices: dict[int, _Voice] = {}
        self._beep: Beeped | None = None

    def began(self, utterance: int, at: float) -> None:
        """Take note that *utterance* began, or goes on."""
        voice = self._voices.setdefault(utterance, _Voice(at, at))
        voice.latest, voice.seconds = at, None

    def spoke(self, utterance: int, seconds: float) -> None:
        """Take note that there were so many seconds of voice in *utterance*, and then a pause."""
        if utterance in self._voices:
            self._voices[utterance].seconds = seconds

    def beeped(self, beep: Beeped) -> None:
        self._beep = beep

    @property
    def longest(self) -> float:
        """Seconds of voice without a pause, at most."""
        return max((voice.seconds or 0.0 for voice in self._voices.values()), default=0.0)

    @property
    def listens(self) -> bool:
        """Whether there was a beep, and nobody has spoken since."""
        beep = self._beep
        return beep is not None and all(voice.latest < beep.end + AROUND_A_BEEP for voice in self._voices.values())

    @property
    def listens_after_words(self) -> bool:
        """Whether it does, and the beep came after so much voice that it is a voicemail's.

        How much of an utterance lies before the beep is known once it pauses; until then nothing is.
        """
        if not self._beep or not self.listens:
            return False
        said = 0.0
        for voice in self._voices.values():
            before = self._beep.start - voice.start
            if before > AROUND_A_BEEP and voice.seconds is None:
                return False
            said += max(min(voice.seconds or 0.0, before), 0.0)
        return said >= BEFORE_A_BEEP
