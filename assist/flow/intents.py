"""What a caller wants, by the examples of an assistant."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from assist.assistant.declaration import Assistant
from assist.flow.background import BACKGROUND
from assist.flow.embedding import Embedder, Vectors

ENOUGH = 0.74
"""Score from which an intent is taken: nine in ten sentences that mean one have it, of others one in ten."""

POSSIBLE = 0.55
"""Score from which what opens a form does so, if the sentence holds something of the form."""

LIKELY = 0.85
"""Score from which what only tells something is told in the middle of a form."""

STRONG = 0.95
"""Score of what is nearly one of the examples."""

CLEARLY = 0.12
"""Of two languages, how much nearer the examples of the one that is spoken are: of 80 sentences none had it wrong."""

RIDGE = 0.3

_OPENING = re.compile(
    r"^(?:(?:hola|buen[oa]s (?:d[ií]as|tardes|noches)|buenas|oiga|mire|bueno|pues|perd[oó]ne?|disculpe|por favor|"
    r"hello|hi|hey|good (?:morning|afternoon|evening)|well|sorry|excuse me|please)\b[\s,.;:!¡]*)+",
    re.IGNORECASE,
)
_MISHEARD = (re.compile(r"\bgracias,? a dios\b", re.IGNORECASE), "gracias, adiós")
"""What Whisper makes of a goodbye through a telephone, and what was said."""


@dataclass(frozen=True, slots=True)
class Match:
    """The intent that fits best."""

    intent: str
    score: float
    language: str | None = None
    """Of those of its examples that are nearest, if those of other languages are clearly less near."""

    @property
    def certain(self) -> bool:
        """Whether it is to be taken for what the caller wants."""
        return self.score >= ENOUGH

    @property
    def possible(self) -> bool:
        """Whether one more sign of it is enough."""
        return self.score >= POSSIBLE

    @property
    def likely(self) -> bool:
        """Whether it is worth telling where nothing else was understood."""
        return self.score >= LIKELY

    @property
    def strong(self) -> bool:
        """Whether hardly anything else can be meant."""
        return self.score >= STRONG


class Intents:
    """The intents of one version of one assistant.

    The score of an intent is how near its two nearest examples are, and a linear classifier's vote; both on vectors
    from which what all examples have in common is taken away, since the E5 finds any two sentences alike.
    """

    def __init__(self, examples: Sequence[tuple[str, str]], vectors: Vectors) -> None:
        """*examples* are intents and languages of the first rows of *vectors*, each intent's together; the rest is
        background."""
        groups = [(name, len(list(rows))) for name, rows in groupby(name for name, _ in examples)]
        self._names = [name for name, _ in groups]
        self._languages = np.array([language for _, language in examples])
        ends = np.cumsum([count for _, count in groups])
        self._rows = [slice(end - count, end) for (_, count), end in zip(groups, ends, strict=True)]
        self._common = vectors.mean(axis=0)
        self._examples = self._centred(vectors)
        belongs = np.zeros((len(vectors), len(groups)), np.float32)
        for column, rows in enumerate(self._rows):
            belongs[rows, column] = 1
        covariance = self._examples.T @ self._examples + RIDGE * np.eye(vectors.shape[1], dtype=np.float32)
        self._weights = np.linalg.solve(covariance, self._examples.T @ belongs)

    def match(self, vectors: Vectors) -> Match:
        """Return the intent that fits best to any of *vectors*, readings of one sentence."""
        centred = self._centred(vectors)
        alike = centred @ self._examples.T
        near = np.stack([_nearest(alike[:, rows]) for rows in self._rows], axis=1)
        scores = near + centred @ self._weights
        reading, intent = np.unravel_index(scores.argmax(), scores.shape)
        rows = self._rows[intent]
        language = self._language(self._languages[rows], alike[reading : reading + 1, rows])
        return Match(self._names[intent], float(scores[reading, intent]), language)

    def _language(self, languages: NDArray[np.str_], alike: NDArray[np.float32]) -> str | None:
        near = {language: float(_nearest(alike[:, languages == language])[0]) for language in set(languages.tolist())}
        best, *others = sorted(near, key=lambda language: near[language], reverse=True)
        return best if all(near[best] - near[other] >= CLEARLY for other in others) else None

    def _centred(self, vectors: Vectors) -> NDArray[np.float32]:
        rest = vectors - self._common
        length: NDArray[np.float32] = np.linalg.norm(rest, axis=1, keepdims=True)
        centred: NDArray[np.float32] = rest / np.maximum(length, 1e-6)
        return centred


def _nearest(alike: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return in each row how near the two nearest are."""
    nearest: NDArray[np.float32] = np.sort(alike, axis=1)[:, -2:].mean(axis=1)
    return nearest


class Library:
    """The intents of every assistant of a process; each version is read once, and each sentence of it once."""

    def __init__(self, embedder: Embedder, examples: Embedder | None = None) -> None:
        """*examples* embeds the examples, in the same vectors; *embedder* what callers say."""
        self._embedder = embedder
        self._example_embedder = examples or embedder
        self._vectors: Mapping[str, NDArray[np.float32]] = {}
        self._intents: dict[tuple[str, str], Intents] = {}
        self._reading = asyncio.Lock()

    async def read(self, assistant: Assistant) -> Intents | None:
        """Return the intents of *assistant*, None when it has none. Seconds for one that is new."""
        key = (assistant.name, assistant.version)
        async with self._reading:
            if assistant.intents and key not in self._intents:
                self._intents[key] = await self._intents_of(assistant)
        return self._intents.get(key)

    async def _intents_of(self, assistant: Assistant) -> Intents:
        examples = [
            (name, language, opened(example))
            for name, intent in assistant.intents.items()
            for language, texts in intent.examples.items()
            for example in texts
        ]
        vectors = await self._embed([*(example for _, _, example in examples), *BACKGROUND])
        return await asyncio.to_thread(Intents, [(name, language) for name, language, _ in examples], vectors)

    async def match(self, intents: Intents, readings: Sequence[str]) -> Match:
        """Return what a caller wants who said one of *readings*: the first that is clear, else the best of all."""
        first = intents.match(await asyncio.to_thread(self._embedder.embed, [opened(readings[0])]))
        if first.certain or len(readings) == 1:
            return first
        others = await asyncio.to_thread(self._embedder.embed, [opened(reading) for reading in readings[1:]])
        return max(first, intents.match(others), key=lambda match: match.score)

    async def _embed(self, texts: Sequence[str]) -> Vectors:
        missing = list(dict.fromkeys(text for text in texts if text not in self._vectors))
        if missing:
            vectors = await asyncio.to_thread(self._example_embedder.embed, missing)
            self._vectors = {**self._vectors, **dict(zip(missing, vectors, strict=True))}
        return np.stack([self._vectors[text] for text in texts])


def opened(text: str) -> str:
    """Return *text* without the courtesies it opens with, if anything is left to understand."""
    heard, said = _MISHEARD
    text = heard.sub(said, text)
    rest = _OPENING.sub("", text)
    return rest if len(rest.split()) > 1 else text
