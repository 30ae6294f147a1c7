"""One turn of the conversation, decided: no waiting, no clock, nothing kept but the state that comes out of it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from assist.assistant.defaults import YES_NO
from assist.assistant.script import Does, Intent, Option, Question
from assist.flow import spoken
from assist.flow.form import FormTurn
from assist.flow.scene import Answer, Heard, Scene
from assist.flow.slots import choose
from assist.flow.slots.choices import is_plain
from assist.flow.telling import tell_hours, with_opening
from assist.llm import HangUp, Transfer

PATIENCE = 6
"""Times in a row not to understand the caller before giving up."""

FORM_PATIENCE = 3
"""Times in a row not to understand the answer to a form's question before offering the last resort."""

SLOWEST, FASTEST, STEP = 0.7, 1.3, 0.15
"""Pace of speech, and how much one request changes it."""

_OUTCOMES = re.compile(r"\b(?:busy|no_answer|failed|ended)\b")
_SENTENCES = re.compile(r"(?<=[.?!])\s+")


def decide(scene: Scene, heard: Heard) -> Answer:
    """Return the answer to what the caller said or keyed."""
    spoken_in = heard.match.language if heard.sure_intent and heard.match and len(heard.text.split()) > 2 else None
    if spoken_in and spoken_in != scene.language and not scene.state.form:
        # Whoever speaks another of the assistant's languages is answered in it.
        answer = Turn(replace(scene, language=spoken_in)).answer(_wanting(spoken_in, scene, heard))
        return replace(answer, language=answer.language or spoken_in)
    return Turn(scene).answer(heard)


def _wanting(language: str, scene: Scene, heard: Heard) -> Heard:
    """Return *heard* as meant by somebody who speaks *language*: "I speak no Spanish" does not ask for Spanish."""
    intents = scene.assistant.intents
    if heard.match and intents[heard.match.intent].speak == scene.language:
        wanted = next((name for name, intent in intents.items() if intent.speak == language), heard.match.intent)
        return replace(heard, match=replace(heard.match, intent=wanted))
    return heard


@dataclass(frozen=True, slots=True)
class Turn:
    """Decides the answer to one thing that was said, keyed or reported."""

    scene: Scene

    def answer(self, heard: Heard) -> Answer:
        """Return the answer to the caller."""
        state = self.scene.state
        if (state.question or state.form) and is_plain(heard.text, self.scene.language):
            # It answers what was asked, however like a goodbye it sounds: "sí, está bien".
            heard = replace(heard, match=None)
        if state.question:
            return self._closed_answer(heard, self.scene.assistant.questions[state.question])
        if heard.keyed and not state.form and (intent := self._shortcut(heard.text)):
            return self._act(intent, heard)
        if form := self._form():
            return form.answer(heard) or self._beside(form, heard)
        # What cannot be taken back is not done on a guess.
        intent = heard.sure_intent if heard.intent and self._ends(heard.intent) else heard.intent
        intent = intent or self._by_what_it_holds(heard)
        if not heard.sure_intent and not heard.keyed and state.turn and is_plain(heard.text, self.scene.language):
            return self._to_more_help(heard)
        return self._act(intent, heard) if intent else self._missed()

    def _to_more_help(self, heard: Heard) -> Answer:
        """Return the answer to a yes or a no to "can I help you with anything?"."""
        yes_no = {name: words[self.scene.language] for name, words in YES_NO.items()}
        match choose(heard.readings, yes_no, self.scene.language):
            case "yes":
                return Answer(self.scene.understood(), (self.scene.phrases.go_ahead,))
            case "no":
                intents = self.scene.assistant.intents.items()
                goodbye = next((name for name, intent in intents if intent.does is Does.HANG_UP), None)
                return self._act(goodbye, heard) if goodbye else self._missed()
        return self._missed()

    def _by_what_it_holds(self, heard: Heard) -> str | None:
        """Return the intent that goes by the days, times and names in what was said."""
        scene, topic = self.scene, self.scene.state.topic
        if topic and spoken.named_day(heard.text, scene.language, scene.now):
            return topic
        for name, intent in scene.assistant.intents.items():
            if intent.form:
                found = FormTurn(scene, scene.assistant.forms[intent.form]).found(heard.text)
                meant = heard.match and heard.match.possible and heard.match.intent == name
                # "The fourth at half past ten" can only be for the form that asks for both.
                if len(found) > 1 or (found and meant):
                    return name
        return None

    def report(self, event: str) -> Answer:
        """Return what to say to something that happened on the line."""
        phrases = self.scene.phrases
        texts = {
            "busy": phrases.transfer_busy,
            "no_answer": phrases.transfer_no_answer,
            "failed": phrases.transfer_failed,
            "ended": phrases.transfer_ended,
        }
        outcome = _OUTCOMES.search(event)
        return self._go_on(texts[outcome[0]] if outcome else self.scene.variant(phrases.still_there))

    # Closed questions

    def _closed_answer(self, heard: Heard, question: Question) -> Answer:
        chosen = self._chosen(heard, question)
        option = question.options[chosen] if chosen else None
        if option and not self._says_more(heard, option):
            return self._act(option.intent, heard) if option.intent else self._go_on(self.scene.pick(option.answers))
        if heard.intent and not self._too_weak(heard):
            return self._act(heard.intent, heard)
        form = self._form()
        if form and not heard.keyed and (answer := form.answer(heard)):
            return answer
        meant = None if form or heard.keyed else self._by_what_it_holds(heard)
        return self._act(meant, heard) if meant else self._missed()

    def _chosen(self, heard: Heard, question: Question) -> str | None:
        if heard.keyed:
            return next((name for name, option in question.options.items() if option.key == heard.text), None)
        words = {name: self._words(name, option) for name, option in question.options.items()}
        return choose(heard.readings, words, self.scene.language)

    def _words(self, name: str, option: Option) -> Sequence[str]:
        return (option.words or YES_NO[name])[self.scene.language]

    def _says_more(self, heard: Heard, option: Option) -> bool:
        """Whether the caller clearly wants something else than the option that was named in passing."""
        return bool(heard.sure_intent and heard.sure_intent != option.intent and len(heard.text.split()) > 2)

    def _ends(self, intent: str) -> bool:
        return self.scene.assistant.intents[intent].does is Does.HANG_UP

    def _shortcut(self, key: str) -> str | None:
        """Return the intent that *key* stands for in the menus, whether or not they were just said."""
        questions = (self.scene.assistant.questions[name] for name in self.scene.assistant.lost)
        options = (option for question in questions for option in question.options.values())
        return next((option.intent for option in options if option.key == key and option.intent), None)

    # Intents

    def _act(self, name: str, heard: Heard) -> Answer:
        intent = self.scene.assistant.intents[name]
        if intent.transfer:
            return self._transfer(intent, intent.transfer)
        if intent.form:
            opening = self.scene.pick(intent.answers) if intent.answers else ""
            return FormTurn(self.scene, self.scene.assistant.forms[intent.form]).begin(intent.form, heard, opening)
        if intent.speak:
            return self._speak(intent, intent.speak)
        if intent.does:
            return self._do(name, intent, intent.does, heard)
        return self._go_on(self._answer_text(intent), intent.then)

    def _do(self, name: str, intent: Intent, does: Does, heard: Heard) -> Answer:
        state = self.scene.understood()
        match does:
            case Does.HOURS:
                hours = self.scene.assistant.hours
                text = tell_hours(self.scene, hours, heard.text, intent.answers) if hours else ""
                answer = self._go_on(text, intent.then)
                return replace(answer, state=replace(answer.state, topic=name))
            case Does.WAIT:
                return Answer(replace(self.scene.state, missed=0), (self.scene.pick(intent.answers),))
            case Does.REPEAT:
                return self._repeat()
            case Does.SLOWER:
                return self._repeat(self.scene.phrases.slower, max(SLOWEST, round(state.pace - STEP, 2)))
            case Does.FASTER:
                return self._repeat(self.scene.phrases.faster, min(FASTEST, round(state.pace + STEP, 2)))
            case Does.CANCEL:
                form = self._form()
                return form.cancel() if form else Answer(state, (self.scene.pick(intent.answers),))
            case Does.HANG_UP:
                return Answer(state, (self.scene.pick(intent.answers),), ending=HangUp())

    def _answer_text(self, intent: Intent) -> str:
        hours = self.scene.assistant.hours
        return self.scene.pick(intent.answers, {"hours": spoken.week(hours, self.scene.language)} if hours else {})

    def _transfer(self, intent: Intent, destination: str) -> Answer:
        hours = self.scene.assistant.hours
        if hours and not hours.closing(self.scene.now):
            return self._go_on(with_opening(self.scene, hours, self.scene.phrases.closed_now))
        text = self._answer_text(intent) if intent.answers else self.scene.phrases.transferring
        return Answer(self.scene.understood(), (text,), ending=Transfer(destination))

    def _speak(self, intent: Intent, language: str) -> Answer:
        other = Turn(replace(self.scene, language=language))
        form = other._form()
        answer = form.prompt(self.scene.understood()) if form else Answer(self.scene.understood())
        return replace(answer.after(other.scene.pick(intent.answers)) if not form else answer, language=language)

    def _repeat(self, text: str = "", pace: float | None = None) -> Answer:
        # What was asked is asked again: only that the caller is understood changes.
        state = replace(self.scene.state, missed=0, pace=pace or self.scene.state.pace)
        if (form := self._form()) and state.begun:
            return replace(form.prompt(state), pace=pace).after(text)
        answer = Answer(state, (state.said or self.scene.phrases.greeting,), pace=pace)
        return answer.after(text)

    # Going on

    def _form(self) -> FormTurn | None:
        name = self.scene.state.form
        return FormTurn(self.scene, self.scene.assistant.forms[name]) if name else None

    def _beside(self, form: FormTurn, heard: Heard) -> Answer:
        """Answer what is no answer to the form's question, and come back to it."""
        if heard.intent and not form.belongs(heard.intent) and not self._too_weak(heard):
            return self._act(heard.intent, heard)
        return self._missed()

    def _too_weak(self, heard: Heard) -> bool:
        """Whether an intent is too uncertain to turn away from what was asked."""
        if heard.sure_intent or "?" in heard.text:
            return False
        return not (heard.match and heard.match.likely and self._only_tells(heard.match.intent))

    def _only_tells(self, name: str) -> bool:
        intent = self.scene.assistant.intents[name]
        return intent.does is Does.HOURS or not (intent.transfer or intent.form or intent.speak or intent.does)

    def _go_on(self, text: str, question: str | None = None) -> Answer:
        """Say *text*, then go back to the form in progress, else ask *question*."""
        state = self.scene.understood()
        if form := self._form():
            # The form asks already.
            told = [part for part in _SENTENCES.split(text) if not part.endswith("?")]
            return form.prompt(state).after(*(told or [text]))
        return (self.scene.ask(state, question) if question else Answer(state)).after(text)

    def _missed(self) -> Answer:
        """Ask again, offer a way, offer a person; in the end give up."""
        state = replace(self.scene.state, missed=self.scene.state.missed + 1)
        lost, form = self.scene.assistant.lost, self._form()
        if state.missed >= PATIENCE:
            return Answer(state, (self.scene.phrases.give_up,), ending=HangUp())
        if form and not state.question and (state.missed < FORM_PATIENCE or not lost):
            return form.again(state)
        if state.missed > 1 and lost:
            # Within a form only the last resort is offered: the others lead away from it.
            return self.scene.ask(state, lost[-1] if form else lost[min(state.missed - 2, len(lost) - 1)])
        return Answer(state, (self.scene.variant(self.scene.phrases.not_understood),))
