"""Embedded text to speech: SVOX Pico. Milliseconds per sentence, no key, no network."""

import re
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager

from pydantic.dataclasses import dataclass

from assist.aio import Stream
from assist.assistant.hours import STRICT
from assist.audio.formats import LINE
from assist.audio.levelling import levelled
from assist.errors import ConfigurationError, ProviderError
from assist.provider import Opened
from assist.settings import Settings
from assist.tts.pico_process import NAME, PicoProcess
from assist.tts.wording import readable

MEND = "pip install --force-reinstall py-nanotts==0.1.1"
RATE = 16_000

VOICES = {"es": "es-ES", "en": "en-US"}
"""By language. Whisper understands en-US through a telephone better than en-GB."""

SPEED = 1.15
"""Of Pico's own: understood best on a telephone."""
VOLUME = 0.5
"""Louder, Pico clips."""

LONGEST = 120
"""Characters synthesised in one go, which takes about 30 ms: so long the other calls' sentences wait."""
BREATH = bytes(LINE.rate // 4 * LINE.sample_bytes)
"""Between two pieces of a long text."""


class Pico:
    """Reads sentences aloud in *voices*, which are Pico's names by language; between `load` and `close`."""

    def __init__(self, voices: Mapping[str, str] = VOICES) -> None:
        self._voices = dict(voices)
        self._process = PicoProcess()

    async def load(self) -> None:
        """Start its process and try the voices. Raises `ConfigurationError` if one of them does not speak."""
        await self._process.start()
        for voice in self._voices.values():
            try:
                await self._process.speak("a", voice, SPEED, VOLUME)
            except ProviderError as error:
                raise ConfigurationError(f"text to speech: no Pico voice {voice} ({error}): {MEND}") from error

    async def close(self) -> None:
        """Return when its process has ended. What is still being synthesised fails."""
        await self._process.close()

    async def synthesize(self, text: str, language: str, *, pace: float = 1.0) -> Stream[bytes]:
        """See `TextToSpeech`."""
        if language not in self._voices:
            raise ProviderError(NAME, f"no voice for language {language!r}", temporary=False)
        pause = b""
        for piece in pieces(speakable(text)):
            sound = await self._process.speak(piece, self._voices[language], SPEED * pace, VOLUME)
            if speech := levelled(sound, RATE):
                yield pause + speech
                pause = BREATH


@dataclass(frozen=True, slots=True, config=STRICT)
class Options:
    """What an assistant may say of it: nothing."""


@asynccontextmanager
async def opened(options: Options, settings: Settings) -> AsyncIterator[Opened[Pico]]:
    """Lend it, loaded. Raises `ConfigurationError`."""
    pico = Pico()
    try:
        await pico.load()
        yield Opened(pico)
    finally:
        await pico.close()


TAG = re.compile(r"<(?!\s*\d)")
"""What Pico may take for markup, unlike "5 < 7"."""
MONSTER = re.compile(r"\S{30}(?=\S)")
"""The head of what is too long for a word: from about 50 letters on Pico fails, from 100 it may never end."""


def speakable(text: str) -> str:
    """Return *text* without what Pico would obey, stumble over or read out as a name of a character."""
    return MONSTER.sub(r"\g<0> ", " ".join(TAG.sub(" ", readable(text)).split()))


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
