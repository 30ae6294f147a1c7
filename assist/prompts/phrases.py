"""The sentences of an assistant that never change, each as its voice is given it in a call."""

from collections.abc import Iterator
from dataclasses import dataclass, fields

from assist.assistant import Assistant
from assist.assistant.declaration import Phrases
from assist.assistant.script import Form, Slot, Translated
from assist.flow.scene import sentence
from assist.llm.sentences import Sentences

HOLES = frozenset("{}[]")
"""What stands for something that is known only in the call."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """A sentence."""

    language: str
    text: str

    @property
    def fixed(self) -> bool:
        """Whether it is said as it is written."""
        return not HOLES.intersection(self.text)


def prompts(assistant: Assistant) -> list[Prompt]:
    """Return the sentences of *assistant* in every language it speaks, each once."""
    found = [Prompt(language, text) for language in assistant.languages for text in _spoken(assistant, language)]
    return list(dict.fromkeys(found))


def _spoken(assistant: Assistant, language: str) -> Iterator[str]:
    phrases = assistant.phrases[language]
    # A call says them as they are, all at once.
    yield from phrases.fillers
    for text in (*_phrases(phrases), *_flow(assistant, language)):
        yield from _cut(text)


def _phrases(phrases: Phrases) -> Iterator[str]:
    for field in fields(phrases):
        if field.name != "fillers":
            texts: str | tuple[str, ...] = getattr(phrases, field.name)
            yield from (texts,) if isinstance(texts, str) else texts


def _flow(assistant: Assistant, language: str) -> Iterator[str]:
    """Yield what the embedded brain says."""
    for translated in _declared(assistant):
        yield from map(sentence, translated.get(language, ()))


def _declared(assistant: Assistant) -> Iterator[Translated]:
    for intent in assistant.intents.values():
        yield intent.answers
    for question in assistant.questions.values():
        yield question.ask
        yield from (option.answers for option in question.options.values())
    for form in assistant.forms.values():
        yield from _asked(form)


def _asked(form: Form) -> Iterator[Translated]:
    for slot in form.slots.values():
        yield from _of_slot(slot)
    yield from (form.confirm, form.change, form.done, form.cancelled)


def _of_slot(slot: Slot) -> Iterator[Translated]:
    yield slot.ask
    yield slot.again


def _cut(text: str) -> Iterator[str]:
    """Yield the sentences of *text* as a call cuts them: the first of a reply is cut sooner than those after it."""
    for before in ("", "Sí. "):
        reply = Sentences()
        reply.feed(before)
        yield from reply.feed(text)
        yield from reply.flush()
