"""One connection to the local Deepgram: the audio that came, and what of it is words and what silence."""

from collections.abc import Mapping, Set
from typing import Protocol, TypeAlias

import numpy as np
from pydantic import BaseModel
from websockets.asyncio.server import ServerConnection

from assist.audio.formats import LINE, Encoding
from assist.audio.g711 import decode
from tests.line_audio import samples
from tests.providers import Hear

Query: TypeAlias = dict[str, list[str]]
LOUD = 300


class Listener(Protocol):
    """Whose connection it is."""

    hear: Hear
    spoken: str
    turn_end: float


class Stream:
    """Audio in, messages out."""

    def __init__(self, listener: Listener, connection: ServerConnection, query: Query) -> None:
        self.query = query
        self.audio = bytearray()
        """All of it, mu-law."""
        self._listener = listener
        self._connection = connection

    @property
    def position(self) -> float:
        """Seconds of audio that came."""
        return len(self.audio) / LINE.rate

    @property
    def spoken(self) -> str:
        """The language of the words."""
        return self._listener.spoken

    @property
    def turn_end(self) -> float:
        """Seconds of silence after which a model that judges turns has made up its mind."""
        return self._listener.turn_end

    @property
    def silence(self) -> float:
        """For how many seconds nothing has been loud."""
        tail = samples(decode(bytes(self.audio[-2 * LINE.rate :]), Encoding.PCMU))
        loud = np.flatnonzero(np.abs(tail) > LOUD)
        return (len(tail) - (int(loud[-1]) + 1 if len(loud) else 0)) / LINE.rate

    def add(self, audio: bytes) -> None:
        assert audio, "the real service takes nothing for the end"
        self.audio += audio

    async def words(self, since: float) -> str:
        """Return what was said from then on."""
        return await self._listener.hear(decode(bytes(self.audio[round(since * LINE.rate) :]), Encoding.PCMU))

    async def say(self, message: BaseModel | str) -> None:
        text = message if isinstance(message, str) else message.model_dump_json(exclude_none=True)
        await self._connection.send(text)

    def cut(self) -> None:
        """Lose the connection."""
        self._connection.transport.abort()


class Speaker(Protocol):
    """What a model says of a stream."""

    controls: Mapping[str, type[BaseModel]]
    """The messages that it takes."""
    parameters: Set[str]
    """Of the request for it."""

    def __init__(self, stream: Stream) -> None: ...

    async def greet(self) -> None:
        """Say what comes first."""

    async def begin(self) -> None:
        """Say the beginning of an answer, and nothing more if that was said."""

    async def answer(self) -> None:
        """Say what is to be said now that more audio has come."""

    async def finish(self) -> None:
        """Say what was still to be said: the client wants no more."""

    async def part(self) -> None:
        """Say what comes last."""
