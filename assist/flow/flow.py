"""The embedded brain as a language model: one assistant, one call after the other."""

from collections.abc import Callable
from datetime import datetime

from assist.aio import Stream
from assist.assistant.declaration import Assistant
from assist.flow.intents import Library
from assist.flow.scene import Heard, Scene
from assist.flow.state import State
from assist.flow.turn import Turn, decide
from assist.llm import Dialog, Message, Part, Speaker

Clock = Callable[[], datetime]
"""Tells the time, with its zone."""


class Flow:
    """Answers as an assistant declares. Fulfils `assist.llm.LanguageModel`; keeps nothing between two replies."""

    def __init__(self, assistant: Assistant, library: Library, clock: Clock) -> None:
        self._assistant = assistant
        self._library = library
        self._clock = clock

    async def reply(self, dialog: Dialog) -> Stream[Part]:
        """Yield the answer to the last message of *dialog*."""
        now = self._clock().astimezone(self._assistant.timezone)
        state = State.from_notes(dialog.notes).fitted(self._assistant)
        scene = Scene(self._assistant, dialog.language, now, state)
        message = dialog.messages[-1]
        if message.speaker is Speaker.CALLER:
            answer = decide(scene, await self._hear(message))
        else:
            answer = Turn(scene).report(message.text)
        for part in answer.parts():
            yield part

    async def _hear(self, message: Message) -> Heard:
        if message.keyed:
            return Heard((message.text,), keyed=True)
        readings = tuple(dict.fromkeys((message.text, *message.alternatives)))
        intents = await self._library.read(self._assistant)
        match = await self._library.match(intents, readings) if intents else None
        return Heard(readings, match=match)
