"""Where an utterance begins, pauses and ends, decided in audio time.

The voice detector is slow at the end of speech: it goes on for 50 to 100 ms. So it only says where a voice may be, and
silence is counted from the middle of the last slice of 8 ms therein that is loud: where in it the voice ends is not
known, and counting from its end would cost a whole frame every other time. And it judges 32 ms at a time, while audio
comes 20 ms at a time: a window that is not whole yet, but quiet so far, does not delay the end of a turn.

A voice begins when, of the last 64 ms, 48 are loud and the detector agrees: the louder they are, the less sure it has
to be. So a click is no voice, and neither does it lengthen a turn. An end that falls due while a voice may be
beginning waits for that to be decided.

On human recordings at -20 to -30 dBFS, after two seconds of a quiet line, a beginning is known 50 ms (median; 130
at the 95th percentile) after the first sample over -40 dBFS, and an end 8 ms (median; at most 16) after it is due.
"""

from collections import deque
from dataclasses import dataclass
from typing import TypeAlias

from assist.audio._audioop import audioop
from assist.audio.vad import WINDOW

RATE = 8000
SLICE = 64
"""Samples: 8 ms. Four make a window of the voice detector."""

_HALF = SLICE // 2
_SLICE_BYTES = SLICE * 2
_WINDOW_BYTES = WINDOW * 2

_BEHIND = 8 * _WINDOW_BYTES
"""Of audio that is not judged: then it is the detector that is waited for, and looking at all of it would take long."""

_MAYBE = 0.3
_SURE = 0.5
_RECENT = 8
"""Slices that are looked at for a beginning."""
_ENOUGH = 6
_EVIDENCE = ((1036, 6, 0.2), (328, 3, 0.3), (0, _ENOUGH, _SURE))
"""Of the recent slices: over which level how many have to be, for which probability to do; -30 and -40 dBFS.

No noise so loud gets such a probability for as long; keypad tones do now and then.
"""
_HANGS_TOGETHER = RATE // 10
"""A loud slice so soon after the last belongs to the same word; a later one has to begin anew."""
_LATEST = RATE
"""Samples before a beginning is known that may belong to it, the silence before it aside."""

_QUIETEST = 33.0
"""Root mean square, of 16 bits: -60 dBFS. Nothing below is a voice."""
_ABOVE_FLOOR = 2.0
_BELOW_PEAK = 0.035
_FLOOR_RISES = 1.01
"""In each slice: 11 dB a second. It falls at once."""
_PEAK_FALLS = 0.9985
"""In each slice: 1.6 dB a second."""


@dataclass(frozen=True, slots=True)
class Began:
    """The caller speaks."""

    at: int
    """Sample at which this was known."""
    start: int
    """First sample that belongs to the utterance, some silence before the voice included."""


@dataclass(frozen=True, slots=True)
class Paused:
    """The caller may have finished."""

    at: int


@dataclass(frozen=True, slots=True)
class Resumed:
    """The caller goes on."""

    at: int


@dataclass(frozen=True, slots=True)
class Ended:
    """The caller has finished, or has been speaking for too long."""

    at: int
    """Sample that ends the silence after which a turn is over."""
    voice_end: int
    """Sample after the last that was voice."""


Event: TypeAlias = Began | Paused | Resumed | Ended


@dataclass(frozen=True, slots=True)
class Rules:
    """How long is long, in milliseconds."""

    end_of_turn: int = 600
    sure_end: int = 350
    """Ends a turn of which somebody who understands the words says that it is complete."""
    pause: int = 250
    pre_roll: int = 300
    longest: int = 60_000

    def samples(self, milliseconds: int) -> int:
        return milliseconds * RATE // 1000


class _Loudness:
    """Tells which slices may be voice, by the line's noise and by how loud the caller speaks."""

    __slots__ = ("_floor", "_peak")

    def __init__(self) -> None:
        self._floor = _QUIETEST / _ABOVE_FLOOR
        self._peak = 0.0

    def loud(self, level: float) -> bool:
        return level > max(_QUIETEST, self._floor * _ABOVE_FLOOR, self._peak * _BELOW_PEAK)

    def learn(self, level: float, probability: float) -> None:
        if probability >= _SURE:
            self._peak = max(level, self._peak * _PEAK_FALLS)
        else:
            self._floor = max(_QUIETEST / _ABOVE_FLOOR, min(level, self._floor * _FLOOR_RISES))

    def forget_the_voice(self) -> None:
        """The next one may be somebody else's."""
        self._peak = 0.0


class Endpointer:
    """Cuts one call's audio into utterances."""

    def __init__(self, rules: Rules, since: int = 0) -> None:
        """*since* is the call's sample that is fed first."""
        self._pause = rules.samples(rules.pause)
        self._usual_end = self._end = rules.samples(rules.end_of_turn)
        self._sure_end = min(self._end, rules.samples(rules.sure_end))
        self._pre_roll = rules.samples(rules.pre_roll)
        self._longest = rules.samples(rules.longest)
        self._unjudged = bytearray()
        self._judged = since
        self._loudness = _Loudness()
        self._recent: deque[int] = deque([0] * _RECENT, _RECENT)
        """The last slices: how loud, or 0 for those that are not."""
        self._loud_since = since
        self._loud_until = since
        self._sure = 0
        self._probability = 0.0
        self._start: int | None = None
        self._paused = False
        self._voice_end = since

    @property
    def position(self) -> int:
        """Samples of the call that were fed."""
        return self._judged + len(self._unjudged) // 2

    @property
    def reached(self) -> int:
        """Samples of the call that have been judged, the window that is not whole yet included."""
        return self._judged + min(len(self._unjudged) // 2, WINDOW - 1)

    @property
    def settled(self) -> int:
        """The sample from which on there may be an utterance that has not ended."""
        return self.next_start if self._start is None else self._start

    @property
    def next_start(self) -> int:
        """The sample from which on there may be an utterance that has not begun."""
        return max(self._voice_end, self._word() - self._pre_roll)

    @property
    def due(self) -> int | None:
        """The sample at which the caller may have finished, or paused, if no voice comes; `None` if nobody speaks."""
        if self._start is None:
            return None
        return self._voice_end + (self._end if self._paused else self._pause)

    @property
    def behind(self) -> bool:
        """Whether so much has not been judged yet that more audio tells nothing."""
        return len(self._unjudged) > _BEHIND

    def still(self, audio: bytes | bytearray) -> bool:
        """Whether no voice can begin for now: *audio*, which comes next, is as quiet as the last that was fed."""
        return not any(self._recent) and self._quiet(self._unjudged + audio)

    def complete(self) -> None:
        """Take it from somebody who understands the words that the turn is complete, unless the voice goes on."""
        if self._paused:
            self._end = self._sure_end

    def feed(self, audio: bytes, probabilities: list[float]) -> list[Event]:
        """Return what happened, in order.

        *audio* is what was heard next, and *probabilities* those of the voice detector for the windows that have been
        judged since the last time: it may come later than their audio.
        """
        events: list[Event] = []
        self._unjudged += audio
        for probability in probabilities:
            window = bytes(self._unjudged[:_WINDOW_BYTES])
            del self._unjudged[:_WINDOW_BYTES]
            self._judge(window, probability, events)
        if self._start is not None and not self.behind and self._due(self.position) and self._quiet(self._unjudged):
            self._silent(self.position, events)
        return events

    def _judge(self, window: bytes, probability: float, events: list[Event]) -> None:
        self._probability = probability
        self._sure = self._sure + 1 if probability >= _SURE else 0
        for level in _levels(window):
            loud = self._loudness.loud(level)
            self._loudness.learn(level, probability)
            if loud:
                self._loud_since = self._word()
                self._loud_until = self._judged + SLICE
            self._judged += SLICE
            self._recent.append(level if loud else 0)
            if self._start is None:
                if self._begins():
                    self._begin(events)
            elif loud and probability >= _MAYBE and (self._hangs_together() or self._begins()):
                self._voice(events)
            elif self._due(self._judged):
                self._silent(self._judged, events)

    def _quiet(self, audio: bytearray) -> bool:
        return not any(map(self._loudness.loud, _levels(audio)))

    def _begins(self) -> bool:
        loud = _RECENT - self._recent.count(0)
        if self._sure >= 2:
            return loud >= 2
        return loud >= _ENOUGH and any(
            self._probability >= probability and sum(heard > level for heard in self._recent) >= number
            for level, number, probability in _EVIDENCE
        )

    def _word(self) -> int:
        """Return where that begins which might turn out to be the first word of an utterance."""
        if self._judged - self._loud_until >= _HANGS_TOGETHER:
            return self._judged
        return max(self._loud_since, self._judged - _LATEST)

    def _hangs_together(self) -> bool:
        return self._judged - SLICE - self._voice_end < _HANGS_TOGETHER

    def _begin(self, events: list[Event]) -> None:
        self._start = self.next_start
        self._voice_end = self._judged - _HALF
        events.append(Began(self._judged, self._start))

    def _voice(self, events: list[Event]) -> None:
        self._voice_end = self._judged - _HALF
        self._end = self._usual_end
        if self._paused:
            self._paused = False
            events.append(Resumed(self._judged))
        if self._start is not None and self._judged - self._start >= self._longest:
            self._finish(self._judged, events)

    def _due(self, at: int) -> bool:
        return at - self._voice_end >= (self._end if self._paused else self._pause)

    def _silent(self, at: int, events: list[Event]) -> None:
        """Take note that nothing up to *at* was voice."""
        if not self._paused:
            self._paused = True
            events.append(Paused(self._voice_end + self._pause))
        beginning = self._probability >= _MAYBE and self._recent.count(0) <= _RECENT - 2
        if self._due(at) and not beginning:
            self._finish(self._voice_end + self._end, events)

    def _finish(self, at: int, events: list[Event]) -> None:
        self._start = None
        self._paused = False
        self._end = self._usual_end
        self._loudness.forget_the_voice()
        events.append(Ended(at, self._voice_end))


def _levels(audio: bytes | bytearray) -> list[int]:
    """Return the loudness of each slice of *audio*, the rest of it included."""
    return [audioop.rms(audio[offset : offset + _SLICE_BYTES], 2) for offset in range(0, len(audio), _SLICE_BYTES)]
