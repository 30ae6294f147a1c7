"""What was said once need not be synthesised again: sentences, as they were spoken, in Redis.

They are kept as `LINE` audio, as the engine delivered it, though G.711 would be half as long: a call with A-law would
hear mu-law coded anew, and so twice, and whoever compares a sentence from here with a new one finds the same bytes.

The cache delays no call and fails none. It is asked with the patience of `assist.store.IN_CALL`, and after an error
not at all for a while; what is to be kept is written by a task of its own while the call goes on.
"""

import asyncio
import hashlib
import json
import logging
from contextlib import aclosing
from typing import Final, Protocol, Self

from assist.aio import Stream
from assist.assistant.choice import Choice
from assist.errors import StoreError
from assist.tts import TextToSpeech

log = logging.getLogger(__name__)

FORM: Final = "line-1"
"""Of what is kept. Another, whenever the same words would now sound different."""
PAUSE: Final = 5.0
"""Seconds for which a store that failed is left alone."""
BACKLOG: Final = 50
"""Sentences that may wait to be written; a minute's audio each would be 50 MB."""


class Shelf(Protocol):
    """Where sentences are kept: `assist.store.Store`."""

    async def load_speech(self, name: str) -> bytes | None: ...

    async def save_speech(self, name: str, speech: bytes, *, room: int) -> bool: ...


class SpeechCache:
    """The sentences of all engines of a process, as an asynchronous context: leaving it gives up writing."""

    def __init__(self, shelf: Shelf, room: int) -> None:
        """*room*: bytes for all sentences on the shelf, whoever put them there."""
        self._shelf = shelf
        self._room = room
        self._waiting: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue(BACKLOG)
        self._quiet_until = 0.0

    async def __aenter__(self) -> Self:
        self._writing = asyncio.create_task(self._write(), name="speech cache")
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writing.cancel()
        await asyncio.wait([self._writing])

    def around(self, engine: TextToSpeech, identity: str) -> "Cached":
        """Return *engine* with what it said before; what differs in *identity* sounds different."""
        return Cached(engine, identity, self)

    async def find(self, name: str) -> bytes | None:
        """Return a sentence, soon or not at all."""
        if self._now() < self._quiet_until:
            return None
        try:
            return await self._shelf.load_speech(name)
        except StoreError as error:
            self._leave_alone(error)
            return None

    def keep(self, name: str, speech: bytes) -> None:
        """Write *speech* soon, or never; returns at once."""
        if not self._waiting.full():
            self._waiting.put_nowait((name, speech))

    async def _write(self) -> None:
        while True:
            name, speech = await self._waiting.get()
            if self._now() < self._quiet_until:
                continue
            try:
                await self._shelf.save_speech(name, speech, room=self._room)
            except StoreError as error:
                self._leave_alone(error)

    def _leave_alone(self, error: StoreError) -> None:
        log.warning("sentences are synthesised anew for %.0f s: %s", PAUSE, error)
        self._quiet_until = self._now() + PAUSE

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()


class Cached:
    """A voice that remembers. Fulfils `TextToSpeech`."""

    def __init__(self, engine: TextToSpeech, identity: str, cache: SpeechCache) -> None:
        self._engine = engine
        self._identity = identity
        self._cache = cache

    async def synthesize(self, text: str, language: str, *, pace: float = 1.0) -> Stream[bytes]:
        """See `TextToSpeech`. Only what was delivered to the end is kept."""
        name = name_of(self._identity, text, language, pace)
        if kept := await self._cache.find(name):
            yield kept
            return
        spoken = bytearray()
        async with aclosing(self._engine.synthesize(text, language, pace=pace)) as speech:
            async for piece in speech:
                spoken += piece
                yield piece
        if spoken:
            self._cache.keep(name, bytes(spoken))


def identity_of(choice: Choice, model: str) -> str:
    """Return what tells an engine's voice from any other: its name, its options, what the provider calls it."""
    return json.dumps([choice.name, model, dict(choice.options)], sort_keys=True)


def name_of(identity: str, text: str, language: str, pace: float = 1.0) -> str:
    """Return what a sentence is kept as. Nobody can read the words in it."""
    parts = [FORM, identity, language, f"{pace:.2f}", " ".join(text.split())]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
