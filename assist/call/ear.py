"""What the caller does, as utterances: spoken, with the audio while it is being spoken, or keyed.

One `Ears` serves all calls of a process. What they hear in one turn of the event loop is judged together, in a thread
if there is much of it. An `Ear` is one call's `Listener`; it needs no task and no timer for speech: all of that is
decided in audio time, so that it stands still while the call is on hold.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

from assist.audio.endpointing import RATE, Began, Ended, Endpointer, Event, Paused, Resumed, Rules
from assist.audio.vad import Batch, Vad
from assist.call.keypad import Keyed, Keypad
from assist.call.spoken import Spoken, Tape
from assist.stt import Pause

__all__ = ["Ear", "Ears", "Keyed", "Spoken"]

DEFAULT_RULES = Rules()
DIGIT_GAP = 1.5
"""Seconds without a key that end a group of digits."""

_PIECE = RATE // 10
"""Samples that are worth waking a listener for: 100 ms."""
_WAITING = 3
"""Windows of a call that are worth a run of the model though nothing in them is urgent."""
_UNHURRIED = RATE // 10
"""Samples that may come together while nothing that happens in them is urgent.

Nearly all that hearing costs is the cold caches of whoever wakes up: a run of the model takes half a millisecond, and
an eighth of that if there has just been another.
"""
_STILL = RATE * 6 // 100
"""The same while the assistant speaks and the line is still: a voice cannot be told from a click much sooner."""
_THREAD_FROM = 64
"""Windows in a batch from which on judging them would be felt on the event loop: 2 ms."""


class Ear:
    """One call's `Listener`."""

    def __init__(self, ears: "Ears", row: int, endpointer: Endpointer, digit_gap: float) -> None:
        self._ears = ears
        self.row = row
        self._endpointer = endpointer
        self._keypad = Keypad(digit_gap)
        self._loop = asyncio.get_running_loop()
        self._tape = Tape(endpointer.position)
        self._fresh = bytearray()
        self._heard_at = 0.0
        self._open: Spoken | None = None
        self._told = 0
        self._utterances: deque[Spoken | Keyed] = deque()
        self._arrived = asyncio.Event()
        self._active_until = endpointer.position
        self._silences: dict[asyncio.Future[None], tuple[int, int]] = {}

    # The line's side

    def hear(self, audio: bytes) -> None:
        self._fresh += audio
        self._tape.append(audio)
        self._heard_at = self._loop.time()
        self._ears.heard(self, audio)

    def patience(self, speaking: bool) -> int:
        if self._endpointer.behind:
            return _UNHURRIED
        if (due := self._endpointer.due) is not None:
            return min(due - self.position, _UNHURRIED)
        if not speaking:
            return _UNHURRIED
        return _STILL if self._endpointer.still(self._fresh) else 0

    def press(self, digit: str) -> None:
        self._active_until = self.position
        if begun := self._keypad.press(digit):
            self._deliver(begun)

    def hold(self, held: bool) -> None:
        self._keypad.hold(held)

    # The call's side

    @property
    def position(self) -> int:
        """Samples of the call that were heard so far."""
        return self._endpointer.position + len(self._fresh) // 2

    @property
    def settled(self) -> int:
        """The sample of the call before which nothing lies that is still to be answered."""
        waiting = [utterance.start for utterance in self._utterances if isinstance(utterance, Spoken)]
        return min([*waiting, self._endpointer.settled])

    async def next_utterance(self) -> Spoken | Keyed:
        """Return what the caller says or keys next, as soon as it begins."""
        while not self._utterances:
            self._arrived.clear()
            await self._arrived.wait()
        return self._utterances.popleft()

    def complete(self, utterance: Spoken) -> None:
        """Take it from whoever understands *utterance* that it is complete: less silence is waited for."""
        if utterance is self._open:
            self._endpointer.complete()

    def give_back(self, utterances: Iterable[Spoken | Keyed]) -> None:
        """Let *utterances*, in order, be the next ones again: nobody answered them."""
        self._utterances.extendleft(reversed(tuple(utterances)))
        if self._utterances:
            self._arrived.set()

    async def silence(self, seconds: float) -> None:
        """Return when the caller has neither spoken nor keyed for so long from now on, in audio time."""
        quiet: asyncio.Future[None] = self._loop.create_future()
        self._silences[quiet] = (self.position, round(seconds * RATE))
        try:
            await quiet
        finally:
            del self._silences[quiet]

    def expect_digits(self, count: int) -> None:
        """End the next group of digits, or the one under way, as soon as it has so many."""
        self._keypad.expect(count)

    def close(self) -> None:
        """Hear no more. What is under way ends here."""
        self._ears.close_ear(self)
        self._keypad.close()
        if self._open:
            self._end(Ended(self._endpointer.position, self._endpointer.position))

    # The ears' side

    @property
    def anxious(self) -> bool:
        """Whether something that is loud now may make a difference at once."""
        due = self._endpointer.due
        return due is None or self.position >= due

    def judge(self, probabilities: list[float]) -> None:
        """Take note of what was heard, and of the voice detector's judgement of the windows it has reached."""
        fresh = bytes(self._fresh)
        self._fresh.clear()
        for event in self._endpointer.feed(fresh, probabilities):
            self._happened(event)
        if self._open:
            if self._endpointer.reached - self._told >= _PIECE:
                self._tell_until(self._endpointer.reached)
            self._tape.forget(min(self._told, self._endpointer.next_start))
        else:
            self._tape.forget(self._endpointer.next_start)
        if self._silences:
            self._keep_silence()

    def _happened(self, event: Event) -> None:
        match event:
            case Began(start=start):
                self._told = start
                self._open = Spoken(start)
                self._deliver(self._open)
            case Paused(at=at):
                self._tell_until(at, Pause.BEGAN)
            case Resumed(at=at):
                self._tell_until(at, Pause.OVER)
            case Ended():
                self._end(event)

    def _tell_until(self, position: int, pause: Pause | None = None) -> None:
        """Give the listener what it has not been given yet of the audio up to there, then the pause."""
        if not self._open:
            return
        if position > self._told:
            self._open.tell(self._tape.cut(self._told, position))
            self._told = position
        if pause:
            self._open.tell(pause)

    def _end(self, event: Ended) -> None:
        self._tell_until(event.at)
        if self._open:
            after = (self.position - event.voice_end) / RATE
            self._open.end(event.voice_end, self._heard_at - after, self._loop.time())
        self._open = None
        self._active_until = event.at

    def _deliver(self, utterance: Spoken | Keyed) -> None:
        self._utterances.append(utterance)
        self._arrived.set()

    def _keep_silence(self) -> None:
        if self._open or self._utterances or self._keypad.busy:
            return
        position = self._endpointer.reached
        for quiet, (since, samples) in self._silences.items():
            if position - max(since, self._active_until) >= samples and not quiet.done():
                quiet.set_result(None)


class Ears:
    """The ears of all calls of this process."""

    def __init__(self, vad: Vad) -> None:
        self._vad = vad
        self._ears: dict[int, Ear] = {}
        self._behind: set[int] = set()
        self._due: asyncio.Handle | None = None
        self._judging: asyncio.Future[list[float]] | None = None
        self._thread = ThreadPoolExecutor(1, "vad")

    def open(self, *, since: int = 0, rules: Rules = DEFAULT_RULES, digit_gap: float = DIGIT_GAP) -> Ear:
        """Return the ear of a call that is listened to from sample *since* on. Close it when the call is over."""
        row = self._vad.open()
        ear = self._ears[row] = Ear(self, row, Endpointer(rules, since), digit_gap)
        return ear

    def close(self) -> None:
        """Let the thread go. Every ear was closed before."""
        if self._due:
            self._due.cancel()
        self._thread.shutdown()

    def close_ear(self, ear: Ear) -> None:
        if self._ears.pop(ear.row, None):
            self._vad.close(ear.row)
            self._behind.discard(ear.row)

    def heard(self, ear: Ear, audio: bytes) -> None:
        if ear.row not in self._ears:
            return
        self._vad.feed(ear.row, audio)
        self._behind.add(ear.row)
        self._judge_soon()

    def _judge_soon(self) -> None:
        if not self._due and not self._judging:
            self._due = asyncio.get_running_loop().call_soon(self._judge)

    def _judge(self) -> None:
        """Tell every ear what is known by now, and if one needs to know more have all judged that wait."""
        self._due = None
        self._sift()
        if self._urgent():
            self._run()

    def _sift(self) -> None:
        for row, count in self._vad.sift().items():
            self._ears[row].judge([0.0] * count)
            self._behind.discard(row)
        for row in self._behind:
            self._ears[row].judge([])
        self._behind.clear()

    def _urgent(self) -> bool:
        waiting = self._vad.waiting().items()
        return any(windows >= _WAITING or (loud and self._ears[row].anxious) for row, (windows, loud) in waiting)

    def _run(self) -> None:
        self._due = None
        batch = self._vad.take()
        if len(batch.rows) < _THREAD_FROM:
            self._judged(batch, batch.judge())
            return
        loop = asyncio.get_running_loop()
        self._judging = loop.run_in_executor(self._thread, batch.judge)
        self._judging.add_done_callback(self._judged_apart(batch))

    def _judged_apart(self, batch: Batch) -> Callable[["asyncio.Future[list[float]]"], None]:
        def done(judging: "asyncio.Future[list[float]]") -> None:
            self._judging = None
            self._judged(batch, judging.result())

        return done

    def _judged(self, batch: Batch, probabilities: list[float]) -> None:
        """Take note of what was judged, and go on with what still waits: that costs little now."""
        self._vad.put(batch, probabilities)
        for row, probability in zip(batch.rows, probabilities, strict=True):
            if ear := self._ears.get(row):
                ear.judge([probability])
        self._sift()
        if self._vad.waiting():
            self._due = asyncio.get_running_loop().call_soon(self._run)
