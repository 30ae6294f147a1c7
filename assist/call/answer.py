"""Who or what answered a call that we placed, and what to do about it, decided as it is heard.

A person is spoken to first and doubted afterwards: as soon as a short utterance pauses it counts as a hello, and the
greeting begins, long before its words are known. If the far end goes on as a machine does (its words, a monologue, a
beep), the greeting is broken off. To have talked first makes nobody a person: words that no machine says do, or keys.

`Answer` is told what happens and returns what to do; nothing here waits. Voice and beeps are told with their place in
the call's audio, and what they mean is decided by that: on a busy machine one may be told long after the other, or
before it. Beeps are those that `assist.audio.beep` hears.
"""

from enum import Enum, StrEnum, auto

from assist.call.answer_events import Beeped, Began, Event, Finished, Intercepted, Keyed, Paused, Quiet, Words
from assist.call.answer_timeline import Timeline
from assist.call.answer_words import Kind, holds, is_hello, machine

HELLO = 1.8
"""Seconds of voice up to its first pause that are taken for a hello without waiting for the words."""
SENTENCE = 3.0
"""Seconds of voice without a pause that were a machine's, if nothing else tells by the end of the call."""
MONOLOGUE = 8.0
"""Seconds of voice without a pause that no person begins with."""
INTRODUCTIONS = 2
"""Times that a machine is told who calls; after that nobody comes."""

TO_HELLO = 2.0
"""Seconds of silence after which whoever answered is greeted."""
TO_REPLY = 3.0
"""Seconds of silence after the greeting; then the conversation goes on as any."""
TO_BEEP = 4.0
"""Seconds of silence after a voicemail's words that count as its beep."""
TO_END = 2.5
"""Seconds of silence after the network said that nobody can be reached: a voicemail may have gone on."""
TO_COME = 25.0
"""Seconds in which somebody comes to the telephone once a machine was told who calls."""


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
    ANNOUNCED = auto()
    """The network said that nobody can be reached."""
    LEAVING = auto()
    INTRODUCING = auto()
    INTRODUCED = auto()
    """Somebody may come."""
    OVER = auto()


_PATIENCE = {
    _Stage.WAITING: TO_HELLO,
    _Stage.GREETED: TO_REPLY,
    _Stage.HUSHED: TO_BEEP,
    _Stage.ANNOUNCED: TO_END,
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
        self._timeline = Timeline()
        self.kind: Kind | None = None
        """Who it is, as far as is known by now; None: nobody said anything that tells."""

    @property
    def patience(self) -> float | None:
        """Seconds of silence after which it is to be told that it is `Quiet`; None: it may take as long as it does."""
        return _PATIENCE.get(self._stage)

    @property
    def likely(self) -> Kind | None:
        """Who it is, by how long it spoke where nothing else tells; None: not even that does."""
        return self.kind or (Kind.VOICEMAIL if self._timeline.longest >= SENTENCE else None)

    def expects_reply(self, words: Words) -> bool:
        """Return whether a person seems to have said *words* to us, though nobody could write them down."""
        spoken_to = self._stage in (_Stage.GREETING, _Stage.GREETED) and words.utterance != self._hello
        return spoken_to and words.voice < SENTENCE

    def feed(self, event: Event) -> Act | None:
        """Return what to do now; None: go on."""
        match event:
            case Began(utterance, at):
                return self._began(utterance, at)
            case Paused(utterance, voice):
                return self._paused(utterance, voice)
            case Words():
                return self._understood(event)
            case Keyed():
                self.kind = Kind.HUMAN
                return self._greet() if self._stage is _Stage.WAITING else self._converse()
            case Beeped():
                return self._beeped(event)
            case Intercepted():
                return self._met(Kind.UNAVAILABLE)
            case Quiet():
                return self._quiet()
            case Finished():
                return self._finished()

    def _began(self, utterance: int, at: float) -> Act | None:
        self._latest = utterance
        self._timeline.began(utterance, at)
        if self._stage is not _Stage.GREETING:
            return None
        self._speaking = False
        return Act.HUSH

    def _paused(self, utterance: int, seconds: float) -> Act | None:
        self._timeline.spoke(utterance, seconds)
        if self._beep_tells():
            return self._met(Kind.VOICEMAIL)
        hello = self._stage is _Stage.WAITING or (self._stage is _Stage.GREETING and utterance == self._hello)
        if not hello or seconds > HELLO:
            return None
        self._hello = utterance
        return self._greet()

    def _understood(self, words: Words) -> Act | None:
        self._timeline.spoke(words.utterance, words.voice)
        met = machine(words.text)
        if self._stage in (_Stage.HUSHED, _Stage.LEAVING, _Stage.INTRODUCING):
            return self._met(met) if met is Kind.VOICEMAIL and self.kind is not met else None
        if self._stage is _Stage.ANNOUNCED:
            return self._announced_more(met)
        if met:
            return self._met(met)
        if self._beep_tells():
            return self._met(Kind.VOICEMAIL)
        return self._said_by_a_person(words)

    def _announced_more(self, met: Kind | None) -> Act | None:
        if met is Kind.VOICEMAIL:
            return self._met(met)
        if met is None:
            return None
        self.kind = Kind.INVALID if met is Kind.INVALID else self.kind
        return self._end()

    def _said_by_a_person(self, words: Words) -> Act | None:
        """Take *words* for a person's, as far as one can tell."""
        if words.text and words.voice < MONOLOGUE and self._stage is not _Stage.INTRODUCED:
            self.kind = Kind.HUMAN
        if words.utterance != self._latest:
            # Somebody speaks: what that says counts.
            return None
        match self._stage:
            case _Stage.WAITING:
                return self._first_words(words)
            case _Stage.GREETING:
                return self._over_greeting(words)
            case _Stage.INTRODUCED:
                return self._come(words)
        # However late the words of the hello come: they were answered by the greeting.
        return self._converse() if words.text and words.utterance != self._hello else None

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
        return self._converse()

    def _come(self, words: Words) -> Act | None:
        if not words.text or holds(words.text):
            return None
        self.kind = Kind.HUMAN
        return self._greet()

    def _greet(self) -> Act:
        """Speak to a person, as far as one knows."""
        self._stage = _Stage.GREETING
        self._speaking = True
        return Act.GREET

    def _met(self, machine: Kind) -> Act:
        self.kind = machine
        if machine is Kind.VOICEMAIL and self._leaves_message:
            listens = self._timeline.listens
            self._stage = _Stage.LEAVING if listens else _Stage.HUSHED
            return Act.LEAVE_MESSAGE if listens else Act.HUSH
        if machine is Kind.SCREENED and self._introductions:
            self._introductions -= 1
            self._stage = _Stage.INTRODUCING
            return Act.INTRODUCE
        if machine is Kind.UNAVAILABLE:
            self._stage = _Stage.ANNOUNCED
            return Act.HUSH
        return self._end()

    def _beeped(self, beep: Beeped) -> Act | None:
        again = self._timeline.listens
        self._timeline.beeped(beep)
        match self._stage:
            case _Stage.HUSHED | _Stage.ANNOUNCED:
                return self._met(Kind.VOICEMAIL)
            case _Stage.LEAVING if not again:
                # What was said before the beep is not on the tape.
                return self._met(Kind.VOICEMAIL)
        return self._met(Kind.VOICEMAIL) if self._beep_tells() else None

    def _beep_tells(self) -> bool:
        """Return whether the last beep is that of a voicemail which nobody has known for one."""
        stages = (_Stage.WAITING, _Stage.GREETING, _Stage.GREETED)
        return self._stage in stages and self._timeline.listens_after_words

    def _quiet(self) -> Act | None:
        match self._stage:
            case _Stage.WAITING:
                return self._greet()
            case _Stage.HUSHED:
                self._stage = _Stage.LEAVING
                return Act.LEAVE_MESSAGE
            case _Stage.GREETED:
                return self._converse()
            case _Stage.ANNOUNCED | _Stage.INTRODUCED:
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

    def _converse(self) -> Act:
        self._stage = _Stage.OVER
        return Act.CONVERSE

    def _end(self) -> Act:
        self._stage = _Stage.OVER
        return Act.HANG_UP
