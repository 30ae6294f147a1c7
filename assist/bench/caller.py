"""A caller who asks, waits for the answer and asks again: 20 ms at a time, no clock of his own."""

from dataclasses import dataclass, field
from random import Random
from typing import TypeAlias

from assist.bench.speech import FRAME, FRAME_SECONDS

Seconds: TypeAlias = float

PAUSES = (0.3, 1.0)
"""Seconds between an answer and the next question: at least, at most."""
PATIENCE = round(5 / FRAME_SECONDS)
"""Frames that a greeting or an answer may take to begin before it counts as missed."""


@dataclass(slots=True)
class Answers:
    """What came of one call's questions."""

    asked: int
    waits: list[Seconds] = field(default_factory=list)
    """From the end of a question to the first audio of its answer, in order."""
    uncalled_for: int = 0
    """Replies to nothing, or to half a question."""

    @property
    def missed(self) -> int:
        return self.asked - len(self.waits)


class Caller:
    """One, with so many questions. Whoever moves time tells him what time it is."""

    def __init__(self, questions: list[bytes], room: list[bytes], random: Random) -> None:
        """*questions* end with speech; *room* is what the line sounds like before and after, in frames."""
        self.answers = Answers(len(questions))
        self.over = False
        """Everything was answered and heard to the end, or he has given up."""
        self._questions = [_frames(question) for question in questions]
        self._room = room
        self._random = random
        self._saying: list[bytes] = []
        self._pause: int | None = None
        self._asked_at: Seconds | None = None
        self._greeted = False
        self._hearing = False
        self._waited = 0

    def next_frame(self) -> bytes:
        """Return what goes into the line next."""
        if self._pause is not None:
            self._pause -= 1
            if self._pause <= 0:
                self._pause = None
                self._saying = self._questions.pop(0)
        if self._saying:
            return self._saying[0]
        return self._room[self._random.randrange(len(self._room))]

    def sent(self, now: Seconds) -> None:
        """What `next_frame` returned is in the line."""
        if self._saying:
            self._waited = 0
            del self._saying[0]
            if not self._saying:
                self._asked_at = now
        elif self._pause is None and not self._hearing:
            self._waited += 1
            self.over = self.over or self._waited > PATIENCE

    def hears(self, now: Seconds) -> None:
        """The assistant begins to speak."""
        self._hearing = True
        if self._asked_at is not None:
            self.answers.waits.append(now - self._asked_at)
            self._asked_at = None
        elif self._greeted:
            self.answers.uncalled_for += 1
        self._greeted = True

    def heard(self) -> None:
        """The assistant has finished, or was silenced."""
        self._hearing = False
        self._waited = 0
        if self._saying or self._asked_at is not None:
            return
        if self._questions:
            self._pause = round(self._random.uniform(*PAUSES) / FRAME_SECONDS)
        else:
            self.over = True


def _frames(audio: bytes) -> list[bytes]:
    return [audio[start : start + FRAME] for start in range(0, len(audio), FRAME)]
