"""Embedded text to speech: SVOX Pico. Milliseconds per sentence, no key, no network."""

import asyncio
import re
import unicodedata
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from py_nanotts import NanoTTS

from assist.aio import Stream
from assist.audio.formats import AudioFormat, Encoding
from assist.errors import ConfigurationError, ProviderError

Samples: TypeAlias = NDArray[np.float32]

NAME = "pico"
MEND = "pip install --force-reinstall py-nanotts==0.1.1"
FORMAT = AudioFormat(Encoding.PCM, 16_000)

VOICES = {"es": "es-ES", "en": "en-US"}
"""By language. Whisper understands en-US through a telephone better than en-GB."""

SPEED = 1.15
"""Of Pico's own: understood best on a telephone."""
VOLUME = 0.5
"""Louder, Pico clips."""

LEVEL = 32768 * 10 ** (-20 / 20)
"""RMS of the speech: -20 dB of full scale."""
PEAK = 32768 * 0.9
HISS = 100
"""RMS of a frame of Pico's silence is less."""
FRAME = FORMAT.rate // 100
AUDIBLE = 10 ** (-40 / 20)
"""RMS of a 10 ms frame, of the loudest one's: below, nothing is being said."""
EDGE = 2
"""Frames kept before the first and after the last audible one: the soft ends of words."""

LONGEST = 120
"""Characters synthesised in one go. Pico holds Python's lock meanwhile: about 30 ms for so many."""
BREATH = bytes(FORMAT.rate // 4 * FORMAT.sample_bytes)
"""Between two pieces of a long text."""


class Pico:
    """Reads sentences aloud, one at a time: Pico is not sure to bear two threads.

    Raises `ConfigurationError` if one of *voices* (Pico's names, by language) does not speak.
    """

    def __init__(self, voices: Mapping[str, str] = VOICES) -> None:
        self._voices = dict(voices)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=NAME)
        for voice in self._voices.values():
            _try(voice)

    @property
    def format(self) -> AudioFormat:
        return FORMAT

    def close(self) -> None:
        """Synthesise nothing more."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def synthesize(self, text: str, language: str, *, pace: float = 1.0) -> Stream[bytes]:
        """See `TextToSpeech`."""
        if language not in self._voices:
            raise ProviderError(NAME, f"no voice for language {language!r}", temporary=False)
        loop = asyncio.get_running_loop()
        pause = b""
        for piece in pieces(speakable(text)):
            speech = await loop.run_in_executor(self._thread, _speak, piece, self._voices[language], SPEED * pace)
            if speech:
                yield pause + speech
                pause = BREATH


def _try(voice: str) -> None:
    try:
        NanoTTS().speak("a", voice=voice)
    except (ValueError, RuntimeError) as error:
        raise ConfigurationError(f"text to speech: no Pico voice {voice} ({error}): {MEND}") from error


def _speak(text: str, voice: str, speed: float) -> bytes:
    try:
        speech = NanoTTS().speak(text, voice=voice, speed=speed, volume=VOLUME)
    except RuntimeError as error:
        raise ProviderError(NAME, "the synthesis failed", temporary=True) from error
    return bytes(levelled(np.frombuffer(speech, "<i2").astype(np.float32)).astype("<i2").tobytes())


def levelled(sound: Samples) -> Samples:
    """Return the speech in *sound* without the silence around it, and as loud as `LEVEL`. Both in 16-bit steps."""
    frames = sound[: len(sound) // FRAME * FRAME].reshape(-1, FRAME)
    loudness = np.sqrt(np.square(frames).mean(axis=1))
    audible = np.flatnonzero(loudness > max(AUDIBLE * loudness.max(initial=0), HISS))
    if not len(audible):
        return sound[:0]
    first, last = max(audible[0] - EDGE, 0), audible[-1] + EDGE + 1
    speech = frames[first:last].ravel()
    gain = min(LEVEL / np.sqrt(np.square(loudness[audible]).mean()), PEAK / np.abs(speech).max())
    return np.asarray(np.rint(speech * np.float32(gain)), np.float32)


TAG = re.compile(r"<(?!\s*\d)")
"""What Pico may take for markup, unlike "5 < 7"."""
MARKUP = re.compile(r"[\\^~|{}\[\]_`]|\*+(?=[^\W\d])|(?<=[\w.,:;!?])\*+")
"""What is never meant to be read out; a lone ``*`` is a key."""


def speakable(text: str) -> str:
    """Return *text* without what Pico would obey, stumble over or read out as a name of a character."""
    printable = "".join(" " if unicodedata.category(letter).startswith("C") else letter for letter in text)
    return " ".join(MARKUP.sub(" ", TAG.sub(" ", printable)).split())


def pieces(text: str) -> Iterator[str]:
    """Cut *text* where a voice may breathe, into pieces of at most `LONGEST` characters."""
    while len(text) > LONGEST:
        head = text[: LONGEST + 1]
        cut = _last(r"[.?!…]\s", head) or _last(r"[,;:]\s", head) or _last(r"\s", head) or LONGEST
        yield text[:cut].strip()
        text = text[cut:].strip()
    if text:
        yield text


def _last(mark: str, text: str) -> int:
    """Return the end of the last *mark* in *text*, or 0."""
    return max((found.end() for found in re.finditer(mark, text)), default=0)
