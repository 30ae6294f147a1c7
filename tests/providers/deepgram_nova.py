"""Deepgram's Nova, as the local server speaks it.

It ends an utterance after so much silence, and leaves a `Finalize` unanswered when there is next to nothing to
finalise.
"""

from collections.abc import Mapping, Set
from inspect import signature
from warnings import catch_warnings, simplefilter

from deepgram.listen.v1.types import (
    ListenV1CloseStream,
    ListenV1Finalize,
    ListenV1KeepAlive,
    ListenV1Metadata,
    ListenV1Results,
    ListenV1UtteranceEnd,
)
from pydantic import BaseModel

from tests.providers.deepgram_stream import Stream

with catch_warnings():
    # The SDK's client is built on a deprecated part of websockets; of it only the names of the parameters are wanted.
    simplefilter("ignore", DeprecationWarning)
    from deepgram.listen.v1.client import AsyncV1Client

INTERIM = 1.0
"""Seconds of audio between interim results."""
LITTLE = 0.1
"""Seconds of audio that are not worth an answer to `Finalize`."""


class Nova:
    """See `Speaker`."""

    controls: Mapping[str, type[BaseModel]] = {
        "Finalize": ListenV1Finalize,
        "KeepAlive": ListenV1KeepAlive,
        "CloseStream": ListenV1CloseStream,
    }
    parameters: Set[str] = signature(AsyncV1Client.connect).parameters.keys() - {
        "self",
        "authorization",
        "request_options",
    }

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._many = stream.query["language"] == ["multi"]
        self._endpointing = int(stream.query.get("endpointing", ["10"])[0]) / 1000
        self._utterance_end = int(stream.query.get("utterance_end_ms", ["0"])[0]) / 1000
        self._told = 0.0
        self._interim = 0.0
        self._word_end: float | None = None

    async def greet(self) -> None:
        pass

    async def begin(self) -> None:
        if not self._interim:
            self._interim = self._stream.position
            await self._stream.say(self._results("sí", is_final=False))

    async def answer(self) -> None:
        position, silence = self._stream.position, self._stream.silence
        if self._endpointing <= silence < position - self._told:
            await self._final(speech_final=True)
        elif position - max(self._told, self._interim) >= INTERIM:
            self._interim = position
            if text := await self._stream.words(self._told):
                await self._stream.say(self._results(text, is_final=False))
        if self._word_end is not None and self._utterance_end and silence >= self._utterance_end:
            end = ListenV1UtteranceEnd(type="UtteranceEnd", channel=[0, 1], last_word_end=self._word_end)
            self._word_end = None
            await self._stream.say(end)

    async def finish(self) -> None:
        if self._stream.position - self._told >= LITTLE:
            await self._final(from_finalize=True)

    async def part(self) -> None:
        metadata = ListenV1Metadata(
            type="Metadata",
            transaction_key="deprecated",
            request_id="1",
            sha256="0",
            created="2026-01-01T00:00:00Z",
            duration=self._stream.position,
            channels=1,
        )
        await self._stream.say(metadata)

    async def _final(self, *, speech_final: bool = False, from_finalize: bool = False) -> None:
        text = await self._stream.words(self._told)
        marks = {"speech_final": speech_final and bool(text), "from_finalize": from_finalize}
        await self._stream.say(self._results(text, is_final=True, **marks))
        if text:
            self._word_end = self._stream.position - self._stream.silence
        self._told = self._stream.position

    def _results(self, text: str, **marks: bool) -> ListenV1Results:
        words = [
            {"word": word.lower(), "punctuated_word": word, "start": 0.0, "end": 0.0, "confidence": 0.9}
            | ({"language": self._stream.spoken} if self._many else {})
            for word in text.split()
        ]
        return ListenV1Results.model_validate(
            {
                "type": "Results",
                "channel_index": [0, 1],
                "start": self._told,
                "duration": self._stream.position - self._told,
                "channel": {"alternatives": [{"transcript": text, "confidence": 0.9, "words": words}]},
                "metadata": {
                    "request_id": "1",
                    "model_uuid": "2",
                    "model_info": {"name": "general-nova-3", "version": "1", "arch": "nova-3"},
                },
                **marks,
            }
        )
