"""What is written down of a call: for its brain, for whoever goes on with it, and for those who follow it."""

import logging

from assist.call.answer_words import Kind
from assist.call.channel import Channel
from assist.call.ear import Ear
from assist.call.events import Answered, Diary, Ended, Heard, Said, Started
from assist.call.hearing import Question
from assist.call.session import Memory, Session
from assist.call.speech import Speech
from assist.errors import StoreError
from assist.llm import Json, Message, Speaker
from assist.provider.bill import Bill

log = logging.getLogger(__name__)


class Minutes:
    """One call's: in its *session*, which outlives the worker in *memory*, and in the *diary*."""

    def __init__(
        self, session: Session, channel: Channel, ear: Ear, memory: Memory, diary: Diary, bill: Bill | None
    ) -> None:
        self._session = session
        self._channel = channel
        self._ear = ear
        self._memory = memory
        self._diary = diary
        self._bill = bill

    def began(self, *, resumed: bool) -> None:
        self._diary(Started(self._session.assistant, self._session.dialog.language, resumed))
        if self._session.answered_by:
            self._diary(Answered(self._session.answered_by))

    def answered(self, kind: Kind) -> None:
        """Keep who answered; also if it turns out to be somebody else."""
        self._session.answered_by = kind
        self._diary(Answered(kind))

    def heard(self, question: Question) -> None:
        """Keep what was said, though perhaps nobody answers it."""
        dialog = self._session.dialog
        dialog.language = self._session.manner.language
        self._diary(Heard(question.message.text, question.message.keyed, dialog.language))
        dialog.messages.append(question.message)
        self._session.position = self._ear.settled

    def said(self, speech: Speech, interrupted: bool, notes: dict[str, Json] | None = None) -> None:
        """Keep what was heard of *speech*, and the brain's *notes* if there are any."""
        self.remember(speech.heard, notes)
        if speech.heard:
            self._diary(Said(speech.heard, interrupted))

    def remember(self, said: str, notes: dict[str, Json] | None) -> None:
        """Keep *said* as the assistant's words, and *notes* as the brain's."""
        dialog = self._session.dialog
        if said:
            dialog.messages.append(Message(Speaker.ASSISTANT, said))
        if notes is not None:
            dialog.notes = notes
        dialog.language = self._session.manner.language
        self._session.reply = ""
        self._session.reply_notes = None

    async def save(self, reply: str = "", notes: dict[str, Json] | None = None) -> None:
        """Let another worker go on from here, with *reply* if it is due, and free what it need not hear again."""
        self._session.reply, self._session.reply_notes = reply, notes
        self._session.spent = self._bill.items if self._bill else ()
        try:
            await self._memory.save_session(self._channel.line.id, self._session.to_json())
        except StoreError as error:
            log.warning("this turn could not be kept: %s", error)
        self._channel.forget(self._session.position)

    def ended(self, cause: str) -> None:
        slots = self._session.dialog.notes.get("slots")
        self._diary(Ended(cause, dict(slots) if isinstance(slots, dict) else {}))
