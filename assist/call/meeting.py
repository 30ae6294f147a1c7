"""The beginning of a call that we placed: whoever or whatever answers gets what is meant for them."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack, aclosing, suppress

from assist.aio import race
from assist.call.answer import Act, Answer
from assist.call.answer_events import Event, Finished, Words
from assist.call.answer_line import FarEnd
from assist.call.answer_words import Kind
from assist.call.channel import Channel
from assist.call.errand import Errand
from assist.call.hearing import Question
from assist.call.minutes import Minutes
from assist.call.speech import Speech
from assist.errors import HungUp

LONGEST = 120.0
"""Seconds after which a machine that still talks is hung up on."""
LATE = 10.0
"""Seconds after the end of a call in which the words of what was said last still tell who it was."""


class Meeting:
    """One call's."""

    def __init__(
        self, far_end: FarEnd, channel: Channel, errand: Errand, phrase: Callable[[str], Speech], minutes: Minutes
    ) -> None:
        """*phrase* says something as the assistant does."""
        self._far_end = far_end
        self._channel = channel
        self._errand = errand
        self._phrase = phrase
        self._minutes = minutes
        self._answer = Answer(leaves_message=bool(errand.message), introduces=bool(errand.introduction))
        self._kind: Kind | None = None
        """As it was told."""
        self._speech: Speech | None = None
        """What was begun to be said, and not said to its end."""
        self._playing: asyncio.Task[None] | None = None
        """It can be heard."""
        self._cut_short = False
        """By the end of the call."""
        self.over = False
        """There is nobody to talk to: the call is to be ended."""

    async def hold(self, heard: str = "") -> Question | None:
        """Return when a person listens, with what that person said or keyed; or when the call is `over`.

        *heard* was said already, by what turned out to be a machine.
        Raises `NotHeard`, and `ProviderError` if nothing can be said.
        """
        try:
            async with self._far_end, asyncio.timeout(LONGEST) as limit, AsyncExitStack() as speeches:
                try:
                    return await self._meet(speeches, heard)
                except (asyncio.CancelledError, HungUp):
                    self._cut_short = True
                    raise
                finally:
                    await self._break_off()
        except TimeoutError:
            if not limit.expired():
                raise
            self.over = True
            return None

    async def settle(self) -> None:
        """Find out who it was if the call was over first: the words of what was said last may come long after."""
        if not self._cut_short:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(LATE), aclosing(self._far_end.late()) as events:
                async for event in events:
                    self._feed(event)
                    if isinstance(event, Words) and self._far_end.question:
                        self._minutes.heard(self._far_end.question)
        self._tell(self._answer.likely)

    async def _meet(self, speeches: AsyncExitStack, heard: str) -> Question | None:
        greeting = await self._prepare(speeches, self._errand.greeting)
        act = self._feed(Words(-1, heard, 0.0)) if heard else None
        while True:
            match act:
                case Act.GREET:
                    await self._play(greeting)
                case Act.HUSH:
                    await self._hush()
                case Act.INTRODUCE:
                    await self._begin(speeches, self._errand.introduction)
                    greeting = await self._prepare(speeches, self._errand.greeting)
                case Act.LEAVE_MESSAGE:
                    await self._begin(speeches, self._errand.message)
                case Act.CONVERSE:
                    return self._far_end.question
                case Act.HANG_UP:
                    self.over = True
                    return None
            act = await self._next_act()

    async def _next_act(self) -> Act | None:
        event = await self._next_event()
        if isinstance(event, Words) and self._far_end.failure and self._answer.expects_reply(event):
            raise self._far_end.failure
        act = self._feed(event)
        if isinstance(event, Words) and self._far_end.question and act is not Act.CONVERSE:
            self._minutes.heard(self._far_end.question)
        return act

    def _feed(self, event: Event) -> Act | None:
        act = self._answer.feed(event)
        self._tell(self._answer.kind)
        return act

    def _tell(self, kind: Kind | None) -> None:
        if kind and kind is not self._kind:
            self._kind = kind
            self._minutes.answered(kind)

    async def _next_event(self) -> Event:
        if not self._playing:
            return await self._far_end.next(self._answer.patience)
        event = await race(self._far_end.next(None), _finished(self._playing))
        if isinstance(event, Finished):
            self._say_that_it_was_heard()
        return event

    # Speaking

    async def _prepare(self, speeches: AsyncExitStack, text: str) -> Speech:
        """Begin to make audio of *text*, so that it is there when it is wanted."""
        return await speeches.enter_async_context(self._phrase(text))

    async def _begin(self, speeches: AsyncExitStack, text: str) -> None:
        """Say *text* instead of what is being said."""
        await self._break_off()
        await self._play(await self._prepare(speeches, text))

    async def _play(self, speech: Speech) -> None:
        await self._hush()
        self._speech = speech
        self._playing = asyncio.create_task(speech.play(self._channel), name="meeting")

    def _say_that_it_was_heard(self) -> None:
        if self._speech:
            self._minutes.said(self._speech, False)
            if self._speech.outcome.failure:
                raise self._speech.outcome.failure
        self._speech = self._playing = None

    async def _hush(self) -> None:
        if self._playing:
            self._playing.cancel()
            await asyncio.wait([self._playing])
            self._playing = None

    async def _break_off(self) -> None:
        await self._hush()
        if self._speech:
            self._minutes.said(self._speech, True)
            self._speech = None


async def _finished(playing: asyncio.Task[None]) -> Event:
    await asyncio.wait([playing])
    playing.result()
    return Finished()
