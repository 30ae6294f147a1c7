"""A conversation with the embedded brain, turn by turn, as a call would hold it."""

import json
import zlib
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from assist.assistant import Assistant, load
from assist.flow.embedding import Vectors
from assist.flow.flow import Flow
from assist.flow.intents import Library
from assist.flow.slots.text import words
from assist.llm import CollectDigits, Dialog, HangUp, Language, Message, Notes, Pace, Part, Speaker, Transfer

CLINIC = Path(__file__).parent.parent / "config" / "assistants" / "clinica.yaml"
MADRID = ZoneInfo("Europe/Madrid")
MONDAY_MORNING = datetime(2026, 11, 23, 10, 30, tzinfo=MADRID)


class WordEmbedder:
    """Knows words, not meanings: sentences that share words are alike. Keeps a diary of what it read."""

    def __init__(self) -> None:
        self.read: list[str] = []

    @property
    def version(self) -> str:
        return "words"

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.read.extend(texts)
        vectors = np.stack([self._vector(text) for text in texts])
        unit: Vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
        return unit

    def _vector(self, text: str) -> Vectors:
        seeds = [zlib.crc32(word.encode()) for word in words(text) or [text]]
        vectors: Vectors = np.sum([np.random.default_rng(seed).standard_normal(384) for seed in seeds], axis=0)
        return vectors


@cache
def clinic() -> Assistant:
    """The clinic that ships."""
    return load(CLINIC)


@cache
def word_library() -> Library:
    """Intents by their words, read once for all tests."""
    return Library(WordEmbedder())


class Conversation:
    """One call with an assistant, at a fixed time, each reply heard to its end."""

    def __init__(
        self,
        language: str = "es",
        now: datetime = MONDAY_MORNING,
        assistant: Assistant | None = None,
        library: Library | None = None,
    ) -> None:
        self.dialog = Dialog(language)
        self.parts: list[Part] = []
        self.said = ""
        self._assistant = assistant or clinic()
        self._library = library or word_library()
        self._now = now

    async def says(self, text: str, *others: str) -> str:
        """Return what is answered to *text*, which may as well have been one of *others*."""
        return await self._turn(Message(Speaker.CALLER, text, (text, *others)))

    async def presses(self, keys: str) -> str:
        return await self._turn(Message(Speaker.CALLER, keys, (keys,), keyed=True))

    async def line(self, event: str) -> str:
        return await self._turn(Message(Speaker.LINE, event))

    @property
    def ending(self) -> Transfer | HangUp | None:
        last = self.parts[-1]
        return last if isinstance(last, Transfer | HangUp) else None

    @property
    def expects_keys(self) -> int | None:
        return next((part.count for part in self.parts if isinstance(part, CollectDigits)), None)

    @property
    def pace(self) -> float | None:
        return next((part.factor for part in self.parts if isinstance(part, Pace)), None)

    async def goes_on(self) -> None:
        """Let the flow say the rest of an answer, of which the last message is the beginning."""
        begun = self.dialog.messages[-1].text
        self.said = await self._answer()
        self.dialog.messages[-1:] = [Message(Speaker.ASSISTANT, f"{begun} {self.said}")]

    async def _turn(self, message: Message) -> str:
        self.dialog.messages.append(message)
        self.said = await self._answer()
        self.dialog.messages.append(Message(Speaker.ASSISTANT, self.said))
        return self.said

    async def _answer(self) -> str:
        # Every turn by another worker, as after a crash: nothing but the dialog goes from one to the next.
        flow = Flow(self._assistant, self._library, lambda: self._now)
        self.parts = [part async for part in flow.reply(self.dialog)]
        for part in self.parts:
            if isinstance(part, Notes):
                self.dialog.notes = json.loads(json.dumps(part.values))
            if isinstance(part, Language):
                self.dialog.language = part.code
        return "".join(part for part in self.parts if isinstance(part, str))
