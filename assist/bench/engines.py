"""Engines that always take the same time, which is known: what a turn takes beyond it is Assist's own.

They keep to the clock, as a service elsewhere does: what comes late here does not make the next thing late.
"""

import asyncio
from contextlib import aclosing

import numpy as np

from assist.aio import Stream
from assist.audio.endpointing import Rules
from assist.audio.formats import LINE
from assist.llm import Dialog, Part
from assist.stt import Pause, Transcript

TRANSCRIPT = 0.20
"""Seconds from the end of speech."""
FIRST_TOKEN = 0.30
NEXT_TOKEN = 0.02
FIRST_SOUND = 0.15
"""Seconds from a sentence to its first audio."""
RULES = Rules(end_of_turn=400, pause=200)

QUESTION = "¿A qué hora cierran por la tarde?"
FIRST_SENTENCE = ("Abrimos", " de", " nueve", " a", " siete", " cada", " día.")
REPLY = (*FIRST_SENTENCE, " ¿Le", " viene", " bien", " mañana", "?")

IDEAL = RULES.end_of_turn / 1000 + FIRST_TOKEN + NEXT_TOKEN * (len(FIRST_SENTENCE) - 1) + FIRST_SOUND
"""Seconds from the end of speech to the first audio of the reply, if nothing but the engines took any time."""

_PIECE = (6000 * np.sin(np.arange(LINE.rate // 5))).astype("<i2").tobytes()
"""A fifth of a second."""
_PIECES = 4
"""Of a sentence."""


class SteadyStt:
    """Fulfils `SpeechToText`: always understands the same, so long after the end of speech."""

    async def transcribe(self, speech: Stream[bytes | Pause], languages: tuple[str, ...]) -> Stream[Transcript]:
        clock = asyncio.get_running_loop().time
        known_at = 0.0
        async with aclosing(speech) as pieces:
            async for piece in pieces:
                if piece is Pause.BEGAN:
                    known_at = clock() - RULES.pause / 1000 + TRANSCRIPT
        await _until(known_at)
        yield Transcript(QUESTION)


class SteadyLlm:
    """Fulfils `LanguageModel`: always answers the same, token by token."""

    async def reply(self, dialog: Dialog) -> Stream[Part]:
        due = asyncio.get_running_loop().time() + FIRST_TOKEN
        for token in REPLY:
            await _until(due)
            due += NEXT_TOKEN
            yield token


class SteadyTts:
    """Fulfils `TextToSpeech`: a tone for each sentence."""

    async def synthesize(self, text: str, language: str, *, pace: float = 1.0) -> Stream[bytes]:
        await asyncio.sleep(FIRST_SOUND)
        for _ in range(_PIECES):
            yield _PIECE


class NoMemory:
    """Fulfils `Memory`: the store is not what is measured."""

    async def save_session(self, call_id: str, session: bytes) -> None:
        """Nobody takes a call over."""


async def _until(time: float) -> None:
    await asyncio.sleep(time - asyncio.get_running_loop().time())
