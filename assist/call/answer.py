"""Who or what answered a call that we placed, and what to do about it, decided as it is heard.

A person is spoken to first and doubted afterwards: as soon as a short utterance pauses it counts as a hello, and the
greeting begins, long before its words are known. If the far end goes on as a machine does (its words, a monologue, a
beep), the greeting is broken off. `Answer` is told what happens and returns what to do; nothing here waits.
"""

from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from typing import TypeAlias

from assist.call.answer_words import Kind, holds, is_hello, machine

HELLO = 1.8
"""Seconds of voice up to its first pause that are taken for a hello without waiting for the words."""
MONOLOGUE = 8.0
"""Seconds of voice without a pause that no person begins with."""
BEFORE_A_BEEP = 1.0
"""Seconds of voice that a voicemail has said, at least, when it beeps: a beep before may be the network's."""
INTRODUCTIONS = 2
"""Times that a machine is told who calls; after that nobody comes."""

TO_HELLO = 2.0
"""Seconds of silence after which whoever answered is greeted."""
TO_REPLY = 3.0
"""Seconds of silence after the greeting; then the conversation goes on as any."""
TO_BEEP = 4.0
"""Seconds of silence after a voicemail's words that count as its beep."""
TO_COME = 25.0
"""Seconds in which somebody comes to the telephone once a machine was told who calls."""


@dataclass(frozen=True, slots=True)
class Began:
    """The far end speaks, or goes on after a pause."""

    utterance: int
    """Numbered as they begin."""


@dataclass(frozen=True, slots=True)
class Paused:
    """It has been silent for a moment, and may go on."""

    utterance: int
    voice: float
    """Seconds of this utterance so far, without the pause."""


@dataclass(frozen=True, slots=True)
class Words:
    """An utterance is over, and this is what it said; another may have begun since."""

    utterance: int
    text: str
    """Empty: no words."""
    voice: float


@dataclass(frozen=True, slots=True)
class Keyed:
    """Keys were pressed."""


@dataclass(frozen=True, slots=True)
class Beeped:
    """A beep has ended."""


@dataclass(frozen=True, slots=True)
class Intercepted:
    """The three notes of a number that cannot be reached."""


@dataclass(frozen=True, slots=True)
class Quiet:
    """It has been silent for `Answer.patience`."""


@dataclass(frozen=True, slots=True)
class Finished:
    """What we were saying has been heard."""


Event: TypeAlias = Began | Paused | Words | Keyed | Beeped | Intercepted | Quiet | Finished


class Act(StrEnum):
    """What to do. Each ends what is being said."""

    GREET = "greet"
    """Say the greeting, or go on with it."""
    INTRODUCE = "introduce"
    """Tell the machine who calls, and why."""
    LEAVE_MESSAGE = "leave_message"
    """Say the message from its beginning."""
    HUSH = "hush"
    CONVERSE = "converse"
    """A person listens: answer what was just said or keyed, if anything was."""
    HANG_UP = "hang_up"


class _Stage(Enum):
    WAITING = auto()
    """For a hello."""
    GREETING = auto()
    """It is said, or will be gone on with."""
    GREETED = auto()
    HUSHED = auto()
    """A voicemail talks, and will beep."""
    LEAVING = auto()
    INTRODUCING = auto()
    INTRODUCED = auto()
    """Somebody may come."""
    OVER = auto()


_PATIENCE = {
    _Stage.WAITING: TO_HELLO,
    _Stage.GREETED: TO_REPLY,
    _Stage.HUSHED: TO_BEEP,
    _Stage.INTRODUCED: TO_COME,
}


class Answer:
    """Tells who answered, and what to do."""

    def __init__(self, *, leaves_message: bool = False, introduces: bool = False) -> None:
        """A voicemail gets a message, and a machine that asks is told who calls, only where that is wanted."""
        self._leaves_message = leaves_message
        self._introductions = INTRODUCTIONS if introduces else 0
        self._stage = _Stage.WAITING
        self._latest = -1
        """The last utterance that began."""
        self._hello = -1
        """The one that was taken for a hello."""
        self._speaking = False
        """The greeting is being said: nobody broke it off."""
        self._voice: dict[int, float] = {}
        """Seconds of each utterance."""
        self._beeped = False
        """Since somebody spoke last."""
        self.kind: Kind | None = None
        """Who it is, as far as is known by now."""

    @property
    def patience(self) -> float | None:
        """Seconds of silence after which it is to be told that it is `Quiet`; None: it may take as long as it does."""
        return _PATIENCE.get(self._stage)

    def feed(self, event: Event) -> Act | None:
        """Return what to do now; None: go on."""
        match event:
            case Began(utterance):
                return self._began(utterance)
            case Paused(utterance, voice):
                return self._paused(utterance, voice)
            case Words():
                return self._understood(event)
            case Keyed():
                return self._greet() if self._stage is _Stage.WAITING else self._converse(Kind.HUMAN)
            case Beeped():
                return self._beep()
            case Intercepted():
                return self._met(Kind.UNAVAILABLE)
            case Quiet():
                return self._quiet()
            case Finished():
                return self._finished()

    def _began(self, utterance: int) -> Act | None:
        self._latest = utterance
        self._beeped = False
        if self._stage is not _Stage.GREETING:
            return None
        self._speaking = False
        return Act.HUSH

    def _paused(self, utterance: int, voice: float) -> Act | None:
        self._voice[utterance] = voice
        hello = self._stage is _Stage.WAITING or (self._stage is _Stage.GREETING and utterance == self._hello)
        if not hello or voice > HELLO:
            return None
        self._hello = utterance
        return self._greet()

    def _understood(self, words: Words) -> Act | None:
        self._voice[words.utterance] = words.voice
        met = machine(words.text)
        if self._stage in (_Stage.HUSHED, _Stage.LEAVING, _Stage.INTRODUCING):
            return self._met(met) if met is Kind.VOICEMAIL and self.kind is not met else None
        if met:
            return self._met(met)
        if words.utterance != self._latest:
            # Somebody speaks: what that says counts.
            return None
        match self._stage:
            case _Stage.WAITING:
                return self._first_words(words)
            case _Stage.GREETING:
                return self._over_greeting(words)
            case _Stage.INTRODUCED:
                return self._greet() if words.text and not holds(words.text) else None
        # However late the words of the hello come: they were answered by the greeting.
        return self._converse(Kind.HUMAN) if words.text and words.utterance != self._hello else None

    def _first_words(self, words: Words) -> Act | None:
        if not words.text:
            return None
        return self._met(Kind.VOICEMAIL) if words.voice >= MONOLOGUE else self._greet()

    def _over_greeting(self, words: Words) -> Act | None:
        if self._speaking:
            return None
        if not words.text or is_hello(words.text):
            return self._greet()
        if words.utterance == self._hello:
            return self._first_words(words)
        return self._converse(Kind.HUMAN)

    def _greet(self) -> Act:
        """Speak to a person, as far as one knows."""
        self.kind = Kind.HUMAN
        self._stage = _Stage.GREETING
        self._speaking = True
        return Act.GREET

    def _met(self, machine: Kind) -> Act:
        self.kind = machine
        if machine is Kind.VOICEMAIL and self._leaves_message:
            self._stage = _Stage.LEAVING if self._beeped else _Stage.HUSHED
            return Act.LEAVE_MESSAGE if self._beeped else Act.HUSH
        if machine is Kind.SCREENED and self._introductions:
            self._introductions -= 1
            self._stage = _Stage.INTRODUCING
            return Act.INTRODUCE
        return self._end()

    def _beep(self) -> Act | None:
        again, self._beeped = self._beeped, True
        if self._stage is _Stage.HUSHED or (self._stage is _Stage.LEAVING and not again):
            # What was said before the beep is not on the tape.
            return self._met(Kind.VOICEMAIL)
        if self._stage in (_Stage.WAITING, _Stage.GREETING, _Stage.GREETED):
            return self._met(Kind.VOICEMAIL) if sum(self._voice.values()) >= BEFORE_A_BEEP else None
        return None

    def _quiet(self) -> Act | None:
        match self._stage:
            case _Stage.WAITING:
                greet = self._greet()
                # Nobody was heard yet.
                self.kind = None
                return greet
            case _Stage.HUSHED:
                self._stage = _Stage.LEAVING
                return Act.LEAVE_MESSAGE
            case _Stage.GREETED:
                return self._converse(self.kind)
            case _Stage.INTRODUCED:
                return self._end()
        return None

    def _finished(self) -> Act | None:
        match self._stage:
            case _Stage.GREETING:
                self._stage = _Stage.GREETED
            case _Stage.INTRODUCING:
                self._stage = _Stage.INTRODUCED
            case _Stage.LEAVING:
                return self._end()
        return None

    def _converse(self, kind: Kind | None) -> Act:
        self.kind = kind
        self._stage = _Stage.OVER
        return Act.CONVERSE

    def _end(self) -> Act:
        self._stage = _Stage.OVER
        return Act.HANG_UP
