"""What a person whom we called may want whatever the brain: never to be called again, or at another time."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from assist.assistant import Assistant, Phrases
from assist.call.errand import Errand
from assist.call.events import CallBack, Diary, OptedOut
from assist.call.hearing import Question
from assist.call.speech import Manner
from assist.errors import StoreError
from assist.flow.callback import asks, in_words, when

log = logging.getLogger(__name__)

CORRECTIONS = 3
"""Times that somebody may change the time of the next call."""

Ask = Callable[[str], Awaitable[Question | None]]
"""Says something, and returns what is said over it or, if need be, after it."""


class Wishes:
    """Those of one call."""

    def __init__(self, errand: Errand, assistant: Assistant, manner: Manner, diary: Diary) -> None:
        self._errand = errand
        self._assistant = assistant
        self._manner = manner
        self._diary = diary

    async def grant(self, question: Question, say: Ask, ask: Ask) -> bool:
        """Return whether *question* is such a wish; then it was granted, and the call is to end.

        *say* does not wait for an answer, *ask* does.
        """
        if self._errand.opt_out.asked(question.message):
            await self._let_go(say)
            return True
        if question.message.keyed or not asks(question.message.text, self._manner.language, self._now):
            return False
        await self._call_back(question.message.text, say, ask)
        return True

    @property
    def _phrases(self) -> Phrases:
        return self._assistant.phrases[self._manner.language]

    @property
    def _now(self) -> datetime:
        return datetime.now(UTC).astimezone(self._assistant.timezone)

    async def _let_go(self, say: Ask) -> None:
        kept = await self._tell_opted_out()
        self._diary(OptedOut(kept))
        await say(self._phrases.opted_out)
        if not kept and await self._tell_opted_out():
            self._diary(OptedOut(True))

    async def _tell_opted_out(self) -> bool:
        """Return whether whoever placed the call knows it now: also if the person hangs up meanwhile."""
        if self._errand.opted_out is None:
            return False
        try:
            await asyncio.shield(asyncio.ensure_future(self._errand.opted_out()))
        except StoreError as error:
            log.error("somebody does not want to be called again, and it could not be written down: %s", error)
            return False
        return True

    async def _call_back(self, wish: str, say: Ask, ask: Ask) -> None:
        at = when(wish, self._manner.language, self._now)
        if at is None:
            answer = await ask(self._phrases.call_back_when)
            if answer and self._errand.opt_out.asked(answer.message):
                await self._let_go(say)
                return
            at = self._time(f"{wish} {answer.message.text}") if answer else None
        for _ in range(CORRECTIONS):
            self._diary(CallBack(at.timestamp() if at else None))
            answer = await say(self._confirmation(at))
            if answer and self._errand.opt_out.asked(answer.message):
                await self._let_go(say)
                return
            if not answer or not (other := self._time(answer.message.text)):
                return
            at = other

    def _time(self, said: str) -> datetime | None:
        return when(said, self._manner.language, self._now, roughly=True)

    def _confirmation(self, at: datetime | None) -> str:
        if at is None:
            return self._phrases.call_back_later
        return self._phrases.call_back_at.format(when=in_words(at, self._now, self._manner.language))
