"""What a turn is decided on, and what it comes to."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from assist.assistant.asides import worded
from assist.assistant.declaration import Assistant, Phrases
from assist.assistant.script import Translated
from assist.flow.intents import Match
from assist.flow.state import State
from assist.llm import CollectDigits, HangUp, Language, Notes, Pace, Part, Transfer


@dataclass(frozen=True, slots=True)
class Heard:
    """What the caller said or keyed."""

    readings: tuple[str, ...]
    """Best first; at least one."""
    keyed: bool = False
    match: Match | None = None
    """The intent that fits best; none for keys."""

    @property
    def text(self) -> str:
        return self.readings[0]

    @property
    def intent(self) -> str | None:
        """The intent that is to be taken for what the caller wants."""
        return self.match.intent if self.match and self.match.certain else None

    @property
    def sure_intent(self) -> str | None:
        """The intent, when hardly anything else can be meant."""
        return self.match.intent if self.match and self.match.strong else None


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said, done and noted."""

    state: State
    texts: tuple[str, ...] = ()
    ending: Transfer | HangUp | None = None
    keys: int | None = None
    """So many keys are expected."""
    language: str | None = None
    pace: float | None = None

    def after(self, *texts: str) -> "Answer":
        """Return it with *texts* said first."""
        return replace(self, texts=(*filter(None, texts), *self.texts))

    def parts(self) -> Iterator[Part]:
        """Yield it as a reply. The notes come first, so that they are kept before a word is heard."""
        said = " ".join(self.texts)
        yield Notes(replace(self.state, said=said, turn=self.state.turn + 1).to_notes())
        if self.language:
            yield Language(self.language)
        if self.pace:
            yield Pace(self.pace)
        if said:
            yield said
        if self.keys:
            yield CollectDigits(self.keys)
        if self.ending:
            yield self.ending


@dataclass(frozen=True, slots=True)
class Scene:
    """A conversation as a turn finds it."""

    assistant: Assistant
    language: str
    now: datetime
    """The assistant's own time."""
    state: State

    @property
    def phrases(self) -> Phrases:
        """What is said whatever the intent, in the language that is spoken."""
        return self.assistant.phrases[self.language]

    def pick(self, texts: Translated, values: Mapping[str, str] | None = None) -> str:
        """Return one of *texts*, each time another, with *values* put in."""
        return sentence(worded(self.variant(texts[self.language]), values or {}))

    def variant(self, texts: Sequence[str]) -> str:
        """Return one of *texts*, each time another."""
        return texts[self.state.turn % len(texts)]

    def understood(self) -> State:
        """Return the state of a caller who was understood, and of whom nothing is asked."""
        return replace(self.state, missed=0, question=None, topic=None)

    def ask(self, state: State, name: str) -> Answer:
        """Return a closed question."""
        question = self.assistant.questions[name]
        keyed = any(option.key for option in question.options.values())
        return Answer(replace(state, question=name), (self.pick(question.ask),), keys=1 if keyed else None)


def sentence(text: str) -> str:
    """Return *text* beginning with a capital."""
    return text[:1].upper() + text[1:]
