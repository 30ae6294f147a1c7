"""What the caller says, understood: from an utterance that begins to a question that is complete."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any

from assist.aio import race
from assist.call.ear import Ear, Keyed, Spoken
from assist.call.speech import Manner
from assist.errors import NotHeard, ProviderError
from assist.llm import Message, Speaker
from assist.stt import SpeechToText, Transcript


@dataclass(frozen=True, slots=True)
class Question:
    """What the caller said in one turn, and when."""

    message: Message
    voice_ended_at: float | None
    ended_at: float
    transcript_at: float

    def joins(self, other: "Question") -> bool:
        """Whether both were spoken, so that they can be one."""
        return not (self.message.keyed or other.message.keyed)

    def after(self, earlier: "Question") -> "Question":
        """Return both as one: *earlier* was only the beginning."""
        text = f"{earlier.message.text} {self.message.text}"
        alternatives = tuple(f"{earlier.message.text} {reading}" for reading in self.message.alternatives)
        return replace(self, message=replace(self.message, text=text, alternatives=alternatives))


class Hearing:
    """Understands one caller, in the language that is being spoken; a caller who changes it is followed.

    *languages* are those the assistant speaks.
    """

    def __init__(self, ear: Ear, stt: SpeechToText, manner: Manner, languages: tuple[str, ...]) -> None:
        self._ear = ear
        self._stt = stt
        self._manner = manner
        self._languages = languages

    async def listen(
        self, seconds: float, unless: Callable[[], Coroutine[Any, Any, None]] | None = None
    ) -> Question | None:
        """Return what the caller says, or `None` after so much silence; a noise starts it anew. Raises `NotHeard`.

        *unless*: what else ends the silence.
        """
        others = [unless] if unless else []
        while utterance := await race(
            self._ear.next_utterance(), self._ear.silence(seconds), *(other() for other in others)
        ):
            if question := await self.understand(utterance):
                return question
        return None

    async def understand(self, utterance: Spoken | Keyed) -> Question | None:
        """Return what *utterance* says, once it has ended; `None` if it has no words. Raises `NotHeard`."""
        clock = asyncio.get_running_loop().time
        if isinstance(utterance, Keyed):
            digits = await utterance.digits()
            return Question(Message(Speaker.CALLER, digits, (digits,), keyed=True), None, clock(), clock())
        transcript = await self._transcribe(utterance)
        if not transcript.text:
            return None
        if transcript.language in self._languages:
            self._manner.language = transcript.language
        message = Message(Speaker.CALLER, transcript.text, transcript.alternatives or (transcript.text,))
        return Question(message, utterance.voice_ended_at, utterance.ended_at or clock(), clock())

    async def _transcribe(self, utterance: Spoken) -> Transcript:
        transcript = Transcript("")
        now = self._manner.language
        others = tuple(language for language in self._languages if language != now)
        stream = self._stt.transcribe(utterance.speech(), (now, *others))
        try:
            async with aclosing(stream) as transcripts:
                async for latest in transcripts:
                    transcript = latest
                    if latest.turn_over:
                        self._ear.complete(utterance)
        except ProviderError as error:
            raise NotHeard(error) from error
        return transcript
