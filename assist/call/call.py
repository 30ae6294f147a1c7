"""A call: the way of an utterance through the house, and back to the caller's ear.

Whatever can end a wait early (the caller speaking over the assistant, the end of the call, its maximum length) is a
race, and losing a race is cancellation: there are no flags to be asked and forgotten.
"""

import asyncio
import logging
import time
from collections.abc import Coroutine
from typing import Any

from assist.aio import Stream, race
from assist.assistant import Assistant, Phrases
from assist.audio.formats import LINE
from assist.call.answer_line import BeepEar, FarEnd
from assist.call.answer_words import machine
from assist.call.apology import apology
from assist.call.channel import Channel, Direction, TransferOutcome
from assist.call.ear import Ear
from assist.call.engines import Engines
from assist.call.errand import Errand
from assist.call.events import Diary, Transferred
from assist.call.hearing import Hearing, Question
from assist.call.limit import uncounted
from assist.call.meeting import Meeting
from assist.call.minutes import Minutes
from assist.call.orders import Order, Orders, ToSay
from assist.call.session import Memory, Session
from assist.call.speech import Fillers, Manner, Outcome, Speech
from assist.call.timing import turn
from assist.call.wishes import Wishes
from assist.errors import HungUp, NotHeard, ProviderError
from assist.llm import Dialog, HangUp, Message, Part, Speaker, Transfer

log = logging.getLogger(__name__)

CAUGHT_UP = 0.3
"""Seconds of silence, in audio, after which a call that was taken over is known to hold nothing unanswered."""
EARLY = 3
"""Turns in which whoever answered may still turn out to be a machine."""
FAILURES = 3
"""Replies in a row without an answer after which the call is given up."""


class Call:
    """One conversation over one channel."""

    def __init__(
        self,
        channel: Channel,
        ear: Ear,
        assistant: Assistant,
        engines: Engines,
        memory: Memory,
        diary: Diary,
        errand: Errand | None = None,
    ) -> None:
        """*errand* is for calls that we place; without one they are about what the assistant's greeting says."""
        self._channel = channel
        self._ear = ear
        self._assistant = assistant
        self._engines = engines
        self._memory = memory
        self._diary = diary
        if errand is None and channel.line.direction is Direction.OUTBOUND:
            errand = Errand(assistant.phrases[assistant.language].greeting)
        self._errand = errand
        language = errand.language if errand and errand.language in assistant.languages else assistant.language
        self._session = Session(assistant.name, assistant.version, Dialog(language), Manner(language), time.time())
        self._limit = asyncio.Timeout(None)
        self._failures = 0
        self._over = False
        self._meeting: Meeting | None = None
        self._expects_keys = False
        self.orders = Orders()
        """What somebody outside wants of this call."""

    async def run(self, session: Session | None = None) -> str:
        """Hold the conversation, from the beginning or from *session* on, and return the hang-up cause.

        Raises `SwitchError` or `ProviderError` if it cannot be held any longer: the call is then still up.
        """
        if session:
            self._session = session
        self._hearing = Hearing(self._ear, self._engines.stt, self._session.manner, self._assistant.languages)
        self._beeps = BeepEar(self._ear, attentive=self._errand is not None and session is None)
        self._minutes = Minutes(self._session, self._channel, self._ear, self._memory, self._diary, self._engines.bill)
        self._minutes.began(resumed=session is not None)
        try:
            cause = await race(self._hold(resumed=session is not None), self._channel.hung_up())
        except HungUp as over:
            cause = over.cause
        if self._meeting:
            await self._meeting.settle()
        self._minutes.ended(cause)
        return cause

    @property
    def _dialog(self) -> Dialog:
        return self._session.dialog

    @property
    def _phrases(self) -> Phrases:
        return self._assistant.phrases[self._session.manner.language]

    async def _hold(self, *, resumed: bool) -> str:
        await self._channel.answer()
        await self._channel.listen(self._beeps, since=self._session.position)
        left = self._assistant.timing.max_call_s - (time.time() - self._session.started_at)
        try:
            async with asyncio.timeout(max(left, 0)) as self._limit:
                await self._converse(resumed=resumed)
        except TimeoutError:
            if not self._limit.expired():
                raise
            await self._say_phrase(self._phrases.too_long)
        await self._channel.hang_up()
        return await self._channel.hung_up()

    async def _converse(self, *, resumed: bool) -> None:
        opening = self._resume() if resumed else self._open()
        question = await self._heard_out(opening)
        while not self._over:
            if self._engines.ends_when_spent and self._engines.bill and self._engines.bill.exhausted:
                await self._say_phrase(self._phrases.too_long)
                return
            try:
                question = question or await self._next_question()
                if question:
                    question = await self._answer(question)
            except ProviderError as error:
                question = await self._heard_out(self._apologise(error))

    async def _open(self) -> Question | None:
        return await (self._meet(self._errand) if self._errand else self._say_phrase(self._phrases.greeting))

    async def _meet(self, errand: Errand, heard: str = "") -> Question | None:
        """Greet whoever answers; a machine, which said what was *heard*, gets what is meant for it."""
        far_end = FarEnd(self._ear, self._hearing, self._beeps)
        self._meeting = Meeting(far_end, self._channel, errand, self._phrase, self._minutes)
        question = await self._meeting.hold(heard)
        self._over = self._meeting.over
        await self._minutes.save()
        return question

    async def _resume(self) -> Question | None:
        """Go on where another worker was killed: with what the caller said since, else with the reply that was due."""
        backlog = (self._ear.position - self._session.position) / LINE.rate
        if question := await self._hearing.listen(backlog + CAUGHT_UP):
            if self._session.reply:
                self._minutes.remember(self._session.reply, self._session.reply_notes)
            return question
        if not self._dialog.messages:
            return await self._open()
        if self._dialog.messages[-1].speaker is Speaker.ASSISTANT:
            return None
        return await self._reply(None)

    async def _heard_out(self, saying: Coroutine[Any, Any, Question | None]) -> Question | None:
        """Return what the caller says over *saying*, and if nobody understands that, over saying so."""
        while True:
            try:
                return await saying
            except NotHeard as error:
                saying = self._apologise(error)

    def _apologise(self, error: ProviderError) -> Coroutine[Any, Any, Question | None]:
        """Tell the caller honestly that something does not work; give up after a few in a row."""
        log.warning("no answer: %s", error)
        self._failures += 1
        if self._failures >= FAILURES:
            raise error
        return self._say_phrase(apology(error, self._assistant, self._session.manner.language))

    # The caller's side

    async def _next_question(self) -> Question | None:
        """Return what the caller says, asking for it if need be; or end the conversation if nothing comes."""
        timing = self._assistant.timing
        still_there = self._phrases.still_there
        for number in range(timing.silence_prompts):
            if (question := await self._listen(timing.silence_s)) or self._over:
                return question
            if question := await self._say_phrase(still_there[number % len(still_there)]):
                return question
        if (question := await self._listen(timing.silence_s)) or self._over:
            return question
        question = await self._say_phrase(self._phrases.silent_goodbye)
        self._over = question is None
        return question

    async def _listen(self, seconds: float) -> Question | None:
        """Return what the caller says, or None after so much silence; meanwhile what was ordered is done."""
        while not (question := await self._hearing.listen(seconds, unless=self.orders.given)):
            order = self.orders.take()
            if order is None or (question := await self._obey(order)) or self._over:
                break
        return question

    # The assistant's side

    async def _obey(self, order: Order) -> Question | None:
        """Do what somebody outside wants, once, and return what the caller says over it."""
        self._session.ordered = order.id
        await self._minutes.save()
        if isinstance(order, ToSay):
            return await self._say_phrase(order.text)
        return await self._transfer(order.destination)

    async def _answer(self, question: Question) -> Question | None:
        """Answer, and return what the caller says over the answer."""
        self._minutes.heard(question)
        self._session.turns += 1
        expected, self._expects_keys = self._expects_keys and question.message.keyed, False
        if self._errand and not expected and await self._grants(self._errand, question):
            self._over = True
            return None
        if self._errand and self._session.turns <= EARLY and machine(question.message.text):
            return await self._meet(self._errand, question.message.text)
        return await self._reply(question)

    async def _grants(self, errand: Errand, question: Question) -> bool:
        wishes = Wishes(errand, self._assistant, self._session.manner, self._diary)
        return await wishes.grant(question, self._say_phrase, self._ask)

    async def _ask(self, text: str) -> Question | None:
        """Say *text* and return what the caller says to it; `None` if that is nothing."""
        return await self._say_phrase(text) or await self._hearing.listen(self._assistant.timing.silence_s)

    async def _reply(self, question: Question | None) -> Question | None:
        """Say what the brain answers to the dialog, do what it asks for, and return what the caller says over it."""
        reply, voice = self._engines.llm.reply(self._dialog), self._engines.tts
        async with Speech(reply, voice, self._session.manner, self._fillers(question), self._minutes.save) as speech:
            interruption = await self._deliver(speech)
            if interruption and question and not speech.noticed and question.joins(interruption):
                # The caller was not done: what was said so far is the beginning of the same question.
                self._dialog.messages.pop()
                return interruption.after(question)
            notes = speech.outcome.notes if speech.noticed else None
            self._minutes.said(speech, interruption is not None, notes)
            if question:
                self._diary(turn(question, speech, interrupted=interruption is not None))
            await self._minutes.save()
        if speech.outcome.failure and not interruption:
            raise speech.outcome.failure
        self._failures = 0
        return interruption or await self._act(speech.outcome)

    def _fillers(self, question: Question | None) -> Fillers:
        """Return what breaks the silence after *question*, which began with the caller's last sound."""
        patience = self._assistant.timing.filler_after_ms / 1000
        if question and question.voice_ended_at is not None:
            patience -= asyncio.get_running_loop().time() - question.voice_ended_at
        return Fillers(self._phrases.fillers, max(patience, 0))

    async def _say_phrase(self, text: str) -> Question | None:
        """Say one of the assistant's own phrases, and return what the caller says over it."""
        async with self._phrase(text) as speech:
            interruption = await self._deliver(speech)
            self._minutes.said(speech, interruption is not None)
        if speech.outcome.failure:
            raise speech.outcome.failure
        return interruption

    def _phrase(self, text: str) -> Speech:
        return Speech(_just(text), self._engines.tts, self._session.manner, None, self._minutes.save)

    async def _deliver(self, speech: Speech) -> Question | None:
        """Let the caller hear *speech*, or return what is said over it; a noise only delays it."""
        while utterance := await race(self._ear.next_utterance(), speech.play(self._channel)):
            if question := await self._hearing.understand(utterance):
                return question
        return None

    async def _act(self, outcome: Outcome) -> Question | None:
        if outcome.collect_digits:
            self._ear.expect_digits(outcome.collect_digits)
            self._expects_keys = True
        if isinstance(outcome.ending, HangUp):
            self._over = True
        if isinstance(outcome.ending, Transfer):
            return await self._transfer(outcome.ending.destination)
        return None

    async def _transfer(self, name: str) -> Question | None:
        """Connect the caller; if that comes to an end, tell the brain how, and say what it says to that."""
        with uncounted(self._limit):
            if destination := self._assistant.destinations.get(name):
                outcome = await self._channel.transfer(destination)
            else:
                log.warning("a destination was named that is not on the list")
                outcome = TransferOutcome.FAILED
        self._diary(Transferred(name, outcome))
        self._dialog.messages.append(Message(Speaker.LINE, f"transfer {outcome}"))
        return await self._reply(None)


async def _just(text: str) -> Stream[Part]:
    yield text
