"""Deepgram's Flux, as the local server speaks it: it holds by itself that a turn is over, or is told so."""

from collections.abc import Mapping, Set
from inspect import signature
from warnings import catch_warnings, simplefilter

from deepgram.listen.v2.types import (
    ListenV2CloseStream,
    ListenV2Connected,
    ListenV2ForceEndTurn,
    ListenV2TurnInfo,
    ListenV2TurnInfoWordsItem,
)
from pydantic import BaseModel

from tests.providers.deepgram_stream import Stream

with catch_warnings():
    # See `deepgram_nova`.
    simplefilter("ignore", DeprecationWarning)
    from deepgram.listen.v2.client import AsyncV2Client

UPDATE = 0.25
"""Seconds of audio between updates."""


class Flux:
    """See `Speaker`."""

    controls: Mapping[str, type[BaseModel]] = {"ForceEndTurn": ListenV2ForceEndTurn, "CloseStream": ListenV2CloseStream}
    parameters: Set[str] = signature(AsyncV2Client.connect).parameters.keys() - {
        "self",
        "authorization",
        "request_options",
    }

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._many = stream.query["model"] == ["flux-general-multi"]
        self._sequence = 0
        self._turn = 0
        self._turn_start = 0.0
        self._told = 0.0
        self._text = ""

    async def greet(self) -> None:
        await self._stream.say(ListenV2Connected(type="Connected", request_id="1", sequence_id=self._next()))

    async def begin(self) -> None:
        if not self._text:
            self._text = "sí"
            await self._tell("StartOfTurn")

    async def answer(self) -> None:
        if self._text and self._stream.silence >= self._stream.turn_end:
            self._text = await self._stream.words(self._turn_start)
            await self._over("model")
        elif self._stream.position - self._told >= UPDATE:
            begun = bool(self._text)
            self._text = await self._stream.words(self._turn_start)
            await self._tell("Update" if begun or not self._text else "StartOfTurn")

    async def finish(self) -> None:
        if self._text:
            self._text = await self._stream.words(self._turn_start)
            await self._over("manual")

    async def part(self) -> None:
        pass

    async def _over(self, trigger: str) -> None:
        await self._tell("EndOfTurn", trigger)
        self._turn += 1
        self._turn_start = self._stream.position
        self._text = ""

    async def _tell(self, event: str, trigger: str | None = None) -> None:
        self._told = self._stream.position
        info = ListenV2TurnInfo(
            type="TurnInfo",
            request_id="1",
            sequence_id=self._next(),
            event=event,
            turn_index=self._turn,
            audio_window_start=self._turn_start,
            audio_window_end=self._told,
            transcript=self._text,
            words=[ListenV2TurnInfoWordsItem(word=word, confidence=0.9) for word in self._text.split()],
            end_of_turn_confidence=0.5,
            trigger=trigger,
            languages=[self._stream.spoken] if self._many and self._text else None,
        )
        await self._stream.say(info)

    def _next(self) -> int:
        self._sequence += 1
        return self._sequence - 1
