"""A brain that does not depend on one model: where one falls silent, another goes on from what was already said.

A reply is passed on in whole sentences only, cut as `assist.call.speech` cuts it, so that what was handed over is what
is spoken. What is to be done beside speaking is passed on with the sentence after it, or at the end of a reply that is
complete: nothing is done that only a reply which broke off asked for, and nothing is done twice.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from assist.aio import Stream
from assist.llm import (
    CollectDigits,
    Dialog,
    HangUp,
    Language,
    LanguageModel,
    Message,
    Notes,
    Pace,
    Part,
    Speaker,
    Transfer,
    Usage,
)
from assist.llm.sentences import Sentences
from assist.provider import Kind
from assist.provider.contest import Contest, End, Run
from assist.provider.deadlines import Limit
from assist.provider.member import Member, TookOver
from assist.provider.team import Team

AVOID = 0.0
"""Seconds that one call is spared a model that failed it: none, what comes next in the list is often much poorer."""

Action: TypeAlias = Notes | Transfer | CollectDigits | Pace | Language | HangUp

CUT = "\n"
"""Where `Sentences` always cuts, at once: whoever cuts again what is passed on finds the same sentences."""


FIRST = Limit(1.5, alone=8.0)
"""GPT-4's family begins after 0.4 to 0.6 s, one in twenty after a second. The end of the turn 0.4 s, the transcript
0.3 s, 1.5 s lost, 0.5 s to the next one's first sentence and 0.2 s for the voice are just within the three seconds that
a caller may wait. Alone, fillers keep him company meanwhile."""
BETWEEN = Limit(1.5, alone=4.0)
"""Parts come every 20 to 50 ms, while the caller hears the sentences before."""


@dataclass(frozen=True, slots=True)
class Deadlines:
    """How long a model is waited for."""

    first: Limit = FIRST
    """For the first part, from the question on."""
    between: Limit = BETWEEN
    """For each part after it, from the one before on."""


class Failover:
    """Answers one call by whoever of *members* can: make one for each call; *told* hears who took over.

    A model that is late gets company only by members that may be asked `beside` others: not by the assistant's own
    flow, which is always first and knows less.
    """

    def __init__(
        self,
        members: Sequence[Member[LanguageModel]],
        told: Callable[[TookOver], None],
        deadlines: Deadlines = Deadlines(),
    ) -> None:
        self._team = Team(Kind.LLM, members, told, AVOID)
        self._deadlines = deadlines

    async def reply(self, dialog: Dialog) -> Stream[Part]:
        """See `LanguageModel`. Text comes in whole sentences."""
        reply = Reply(dialog, self._deadlines)
        async with Contest(self._team, reply) as contest:
            async for run, part in contest:
                if isinstance(part, Usage):
                    yield part
                    continue
                passed = reply.feed(run, part)
                if passed:
                    contest.choose(run)
                for each in passed:
                    yield each
                if ends(part):
                    contest.finish(run)


class Draft:
    """What comes of one model, and was not passed on yet."""

    def __init__(self, said: Iterable[str]) -> None:
        """*said* are the sentences that others said before it."""
        self.sentences = Sentences()
        self.actions: list[Action] = []
        self._before = [plain(sentence) for sentence in said]
        self._fresh = False

    def repeats(self, sentence: str) -> bool:
        """Return whether *sentence*, the next of it, was said by another model before."""
        words = plain(sentence)
        # It may be cut elsewhere this time; but once it has left what was said, the same words may be meant.
        again = words in self._before or (not self._fresh and f" {words} " in f" {' '.join(self._before)} ")
        self._fresh = self._fresh or not again
        return again


class Reply:
    """One reply, as a `Request`: what was passed on of it, by whoever wrote it."""

    def __init__(self, dialog: Dialog, deadlines: Deadlines) -> None:
        self._dialog = dialog
        self._deadlines = deadlines
        self._drafts: dict[Run[LanguageModel], Draft] = {}
        self._said: list[str] = []
        self._done: dict[type[Action], Action] = {}
        """The last of each type that was passed on."""

    def feed(self, run: Run[LanguageModel], part: str | Action | End) -> list[Part]:
        """Return what may be passed on, now that *part* came of *run*."""
        draft = self._drafts.setdefault(run, Draft(self._said))
        if isinstance(part, str):
            return self._pass_on(draft, draft.sentences.feed(part))
        passed = self._pass_on(draft, draft.sentences.flush())
        if not isinstance(part, End):
            draft.actions.append(part)
        return [*passed, *self._act(draft)] if ends(part) else passed

    def ask(self, engine: LanguageModel) -> Stream[Part]:
        return engine.reply(self.so_far())

    def so_far(self) -> Dialog:
        """Return the dialog with what was passed on as the beginning of the answer."""
        messages = list(self._dialog.messages)
        begun = list(self._said)
        if begun and messages and messages[-1].speaker is Speaker.ASSISTANT:
            begun.insert(0, messages.pop().text)
        if begun:
            messages.append(Message(Speaker.ASSISTANT, " ".join(begun)))
        notes, language = self._done.get(Notes), self._done.get(Language)
        return Dialog(
            language.code if isinstance(language, Language) else self._dialog.language,
            messages,
            notes.values if isinstance(notes, Notes) else self._dialog.notes,
        )

    def since(self, run: Run[LanguageModel]) -> float | None:
        return run.started

    def due(self, run: Run[LanguageModel], *, alone: bool) -> float | None:
        if run.touched is None:
            return run.started + self._deadlines.first.of(alone=alone)
        return run.touched + self._deadlines.between.of(alone=alone)

    def broke_off(self, run: Run[LanguageModel]) -> bool:
        return True

    def _pass_on(self, draft: Draft, sentences: Iterable[str]) -> list[Part]:
        passed: list[Part] = []
        for sentence in sentences:
            if not draft.repeats(sentence):
                passed += [*self._act(draft), sentence + CUT]
                self._said.append(sentence)
        return passed

    def _act(self, draft: Draft) -> list[Action]:
        """Return what *draft* wants done and is not done already."""
        wanted, draft.actions = draft.actions, []
        new = []
        for action in wanted:
            if self._done.get(type(action)) != action:
                new.append(action)
            self._done[type(action)] = action
        return new


def ends(part: str | Action | End) -> bool:
    """Return whether nothing comes after *part*."""
    return isinstance(part, End | Transfer | HangUp)


def plain(sentence: str) -> str:
    """Return the words of *sentence* without what is not heard."""
    return " ".join(re.findall(r"\w+", sentence.casefold()))
