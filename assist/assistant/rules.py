"""What must hold between the parts of an assistant: names that lead somewhere, texts in every language."""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from string import Formatter

from assist.assistant.asides import ASIDE
from assist.assistant.declaration import Assistant, Phrases
from assist.assistant.defaults import YES_NO
from assist.assistant.document import Document, Path
from assist.assistant.explain import suggest
from assist.assistant.mistakes import Mistake
from assist.assistant.script import KINDS, Does, Form, Intent, Option, Translated

AUTOMATIC = {
    "es": ("automátic", "virtual", "robot", "inteligencia artificial"),
    "en": ("automat", "virtual", "robot", "artificial intelligence"),
}
"""A greeting has one of these: whoever calls is told that no person answers."""

PLACEHOLDERS: Mapping[str, tuple[str, ...]] = {
    "closed_now": ("opening",),
    "open_week": ("hours",),
    "open_on": ("date", "hours"),
    "closed_on": ("date",),
    "so_far": ("part",),
    "then_on": ("date",),
    "then_at": ("time",),
    "open_now": ("time",),
    "not_open_now": ("opening",),
    "outside_hours": ("date", "hours"),
    "call_back_at": ("when",),
}
"""What may stand in braces in a phrase."""


def broken(assistant: Assistant, document: Document) -> list[Mistake]:
    """Return where *assistant*, right in each part, is wrong as a whole."""
    rules = Rules(assistant, document)
    return [
        mistake
        for rule in (rules.languages, rules.phrases, rules.texts, rules.names, rules.forms)
        for mistake in rule()
    ]


class Rules:
    """The rules, over one assistant; each yields the mistakes of a sort."""

    def __init__(self, assistant: Assistant, document: Document) -> None:
        self._assistant = assistant
        self._mistake = document.mistake

    def languages(self) -> Iterator[Mistake]:
        """No language is declared twice."""
        languages = self._assistant.languages
        for number, language in enumerate(languages):
            if language in languages[:number]:
                yield self._mistake(("languages", number), f"{language} is there twice", "keep one of them")

    def phrases(self) -> Iterator[Mistake]:
        """The greeting is honest, and placeholders are known."""
        for language, phrases in self._assistant.phrases.items():
            path = ("phrases", language)
            if language not in self._assistant.languages:
                yield self._undeclared(path)
                continue
            greeting = phrases.greeting.lower()
            if not any(word in greeting for word in AUTOMATIC.get(language, ("",))):
                mend = f"say so, as with the word {'automático' if language == 'es' else 'automatic'}"
                yield self._mistake(
                    (*path, "greeting"), "it does not tell the caller that this is an automatic assistant", mend
                )
            for field, text in phrase_texts(phrases):
                yield from self._placeholders((*path, field), text, PLACEHOLDERS.get(field, ()))

    def texts(self) -> Iterator[Mistake]:
        """What is written in one language is written in all, and placeholders are known."""
        for path, translated, placeholders in translations(self._assistant):
            missing = [language for language in self._assistant.languages if language not in translated]
            if translated:
                for language in missing:
                    mend = f"add {language}: … beside {', '.join(translated)}"
                    yield self._mistake(path, f"there is no text in {language}", mend)
            for language, texts in translated.items():
                if language not in self._assistant.languages:
                    yield self._undeclared((*path, language))
                for number, text in enumerate(texts):
                    at = (*path, language, number)
                    yield from self._placeholders(at, text, placeholders)
                    if number and text[0].islower() and path[-1] not in ("examples", "words"):
                        # In [a, b] a comma ends the text, which is easily forgotten.
                        yield self._mistake(at, "it looks like the rest of the text before", "put the text in quotes")

    def names(self) -> Iterator[Mistake]:
        """Names lead to what exists, and what exists is used."""
        this = self._assistant
        for name, intent in this.intents.items():
            path = ("intents", name)
            yield from self._intent(path, intent)
            yield from self._known((*path, "transfer"), intent.transfer, this.destinations, "destination")
            yield from self._known((*path, "form"), intent.form, this.forms, "form")
            yield from self._known((*path, "speak"), intent.speak, dict.fromkeys(this.languages), "declared language")
            yield from self._known((*path, "then"), intent.then, this.questions, "question")
        for number, lost in enumerate(this.lost):
            yield from self._known(("lost", number), lost, this.questions, "question")
        for name, question in this.questions.items():
            yield from self._options(("questions", name, "options"), question.options)
        used = {intent.transfer for intent in this.intents.values()}
        for name in this.destinations if this.intents else ():
            if name not in used:
                mend = f"add an intent with transfer: {name}, or remove it"
                yield self._mistake(("destinations", name), "no intent leads to it", mend)

    def forms(self) -> Iterator[Mistake]:
        """A form's slots can be understood, and all of them are read back."""
        for name, form in self._assistant.forms.items():
            path = ("forms", name)
            yield from self._known((*path, "then"), form.then, self._assistant.questions, "question")
            for slot_name, slot in form.slots.items():
                at = (*path, "slots", slot_name)
                yield from self._known((*at, "kind"), slot.kind, dict.fromkeys(KINDS), "kind of slot")
                if slot.in_hours and not (slot.kind in ("date", "time") and self._assistant.hours):
                    mend = "remove it, or declare hours:" if slot.kind in ("date", "time") else "remove it"
                    yield self._mistake((*at, "in_hours"), f"a {slot.kind} cannot be held against opening hours", mend)
            yield from self._read_back((*path, "confirm"), form)
            for field in ("confirm", "done"):
                yield from self._asides((*path, field), form, getattr(form, field))

    def _intent(self, path: Path, intent: Intent) -> Iterator[Mistake]:
        actions = [field for field in ("transfer", "form", "speak", "does") if getattr(intent, field)]
        if len(actions) > 1:
            yield self._mistake((*path, actions[1]), f"there is {actions[0]} already", "keep one of them")
        if intent.does is Does.HOURS and not self._assistant.hours:
            yield self._mistake(
                (*path, "does"), "no opening hours are declared", "add hours: with the days of the week"
            )
        silent = intent.transfer or intent.form or intent.does in (Does.HOURS, Does.REPEAT, Does.SLOWER, Does.FASTER)
        if not intent.answers and not silent:
            yield self._mistake(path, "there is nothing to answer", "add answers:, or what it does")

    def _options(self, path: Path, options: Mapping[str, Option]) -> Iterator[Mistake]:
        keys: dict[str, str] = {}
        for name, option in options.items():
            at = (*path, name)
            yield from self._known((*at, "intent"), option.intent, self._assistant.intents, "intent")
            if not option.words and name not in YES_NO:
                yield self._mistake(at, "no words are declared for it", "add words:, or call it yes or no")
            if not option.intent and not option.answers:
                yield self._mistake(at, "it leads nowhere", "add intent: or answers:")
            if option.key and option.key in keys:
                yield self._mistake((*at, "key"), f"{keys[option.key]} has the same key", "give it another")
            elif option.key:
                keys[option.key] = name

    def _read_back(self, path: Path, form: Form) -> Iterator[Mistake]:
        for language, texts in form.confirm.items():
            for number, text in enumerate(texts):
                said = placeholders_in(text) or ()
                for slot in form.slots:
                    if slot not in said:
                        mend = f"put {{{slot}}} where it is to be said"
                        yield self._mistake((*path, language, number), f"{slot} is not read back", mend)

    def _asides(self, path: Path, form: Form, texts: Translated) -> Iterator[Mistake]:
        """What may be left out stands where it can be left out."""
        optional = [name for name, slot in form.slots.items() if slot.optional]
        for language, variants in texts.items():
            for number, text in enumerate(variants):
                at = (*path, language, number)
                for aside in ASIDE.finditer(text):
                    if aside["slot"] not in optional:
                        mend = suggest(aside["slot"], optional) if optional else "write it without [ ]"
                        yield self._mistake(at, f"there is no optional slot {aside['slot']}", mend)
                said = placeholders_in(ASIDE.sub("", text)) or ()
                for slot in optional:
                    if slot in said:
                        mend = f"put it in [{slot}:…]"
                        yield self._mistake(at, f"{slot} is optional, and cannot be said when it is empty", mend)

    def _known(self, path: Path, name: str | None, known: Mapping[str, object], what: str) -> Iterator[Mistake]:
        if name is not None and name not in known:
            mend = suggest(name, [*known]) if known else f"declare one, or remove {path[-1]}"
            yield self._mistake(path, f"there is no {what} {name}", mend)

    def _undeclared(self, path: Path) -> Mistake:
        languages = ", ".join([*self._assistant.languages, str(path[-1])])
        return self._mistake(path, "this language is not declared", f"remove it, or write languages: [{languages}]")

    def _placeholders(self, path: Path, text: str, known: tuple[str, ...]) -> Iterator[Mistake]:
        found = placeholders_in(text)
        if found is None:
            yield self._mistake(path, "a brace is open or stray", "write {name}, or no braces")
        for name in found or ():
            if name not in known:
                yield self._mistake(path, f"nothing is put in place of {{{name}}}", suggest(name, [*known]))


def placeholders_in(text: str) -> list[str] | None:
    """Return what stands in braces, or None when the braces are wrong."""
    try:
        return [name for _, name, _, _ in Formatter().parse(text) if name is not None]
    except ValueError:
        return None


def phrase_texts(phrases: Phrases) -> Iterator[tuple[str, str]]:
    """Yield each text with its field."""
    for field in fields(phrases):
        value = getattr(phrases, field.name)
        for text in (value,) if isinstance(value, str) else value:
            yield field.name, text


def translations(assistant: Assistant) -> Iterator[tuple[Path, Translated, tuple[str, ...]]]:
    """Yield every text that is written by language: where, what, and the placeholders it may hold."""
    for name, intent in assistant.intents.items():
        path: Path = ("intents", name)
        yield (*path, "examples"), intent.examples, ()
        yield (*path, "answers"), intent.answers, ("hours",) if assistant.hours else ()
    for name, question in assistant.questions.items():
        path = ("questions", name)
        yield (*path, "ask"), question.ask, ()
        for key, option in question.options.items():
            yield (*path, "options", key, "words"), option.words, ()
            yield (*path, "options", key, "answers"), option.answers, ()
    for name, form in assistant.forms.items():
        path = ("forms", name)
        for key, slot in form.slots.items():
            for field in ("words", "ask", "again"):
                yield (*path, "slots", key, field), getattr(slot, field), ()
        for field in ("confirm", "done"):
            yield (*path, field), getattr(form, field), tuple(form.slots)
        for field in ("change", "cancelled"):
            yield (*path, field), getattr(form, field), ()
