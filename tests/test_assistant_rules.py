"""Every mistake in an assistant's file has its line, its field, and a mend."""

from pathlib import Path

import pytest

from assist.assistant.declaration import Assistant
from assist.assistant.loading import inspect

DATA = Path(__file__).parent / "data" / "assistants" / "taller.yaml"
RIGHT = DATA.read_text(encoding="utf-8")


def mistakes(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "taller.yaml"
    path.write_text(text, encoding="utf-8")
    found = inspect(path)
    return [] if isinstance(found, Assistant) else [str(mistake).removeprefix(f"{tmp_path}/") for mistake in found]


def test_the_file_the_mistakes_are_put_in_has_none(tmp_path: Path) -> None:
    assert mistakes(tmp_path, RIGHT) == []


@pytest.mark.parametrize("path", sorted((Path(__file__).parent.parent / "config" / "assistants").glob("*.yaml")))
def test_the_assistants_that_ship_have_none(path: Path) -> None:
    assert isinstance(inspect(path), Assistant)


CASES = [
    # The whole file
    ("languages: [es, en]\n", "", "1: languages: this is missing; add it: languages: …"),
    ("timezone: Europe/Madrid\n", "", "1: timezone: this is missing; add it: timezone: …"),
    (
        "timezone: Europe/Madrid",
        "timezone: Europe/Madird",
        "2: timezone: no such time zone; write one as Europe/Madrid or America/Bogota",
    ),
    (
        "timezone:",
        "country: UK\ntimezone:",
        "2: country: no such country; write its two letters of ISO 3166, as ES, MX or GB",
    ),
    ("timezone:", "timezon:", "1: timezone: this is missing; add it: timezone: …"),
    ("timezone:", "timezon:", "2: timezon: there is no such field; did you mean timezone?"),
    (
        "timezone:",
        "name: x\ntimezone:",
        "2: name: there is no such field; write one of languages, phrases, timezone, "
        "country, prompt, destinations, find_out, timing, engines, max_cost_usd, hours, intents, questions, forms, "
        "lost",
    ),
    ("timezone:", "max_cost_usd: -1\ntimezone:", "2: max_cost_usd: this is too small; write 0 or more"),
    ("timezone:", "max_cost_usd: cheap\ntimezone:", "2: max_cost_usd: this is not a number; write a number, as 0.25"),
    # Languages
    ("[es, en]", "[es, fr]", "1: languages.1: Assist does not speak fr; write one of es, en"),
    ("[es, en]", "[es, en, es]", "1: languages.2: es is there twice; keep one of them"),
    ("[es, en]", "[]", "1: languages: there is nothing in it; write at least one"),
    (
        "languages: [es, en]",
        "languages: es",
        "13: phrases.en: this language is not declared; remove it, or write languages: [es, en]",
    ),
    (
        "  en:\n    greeting: Ruiz Motors, this is the automatic assistant.\n    open_week: We open {hours}.\n",
        "",
        "10: phrases.en.greeting: this is missing; add it: greeting: …",
    ),
    (
        "      en: We give a year of warranty.\n",
        "",
        "37: intents.warranty.answers: there is no text in en; add en: … beside es",
    ),
    (
        "      en: [a person please]\n",
        "",
        "24: intents.person.examples: there is no text in en; add en: … beside es",
    ),
    (
        "          en: [repair]\n",
        "",
        "48: questions.menu.options.repair.words: there is no text in en; add en: … beside es",
    ),
    (
        "          en: Which day?\n",
        "",
        "65: forms.repair.slots.day.ask: there is no text in en; add en: … beside es",
    ),
    (
        "      en: Noted.",
        "      fr: Noté.",
        "77: forms.repair.done.fr: this language is not declared; remove it, or write languages: [es, en, fr]",
    ),
    # Phrases
    (
        "Taller Ruiz, soy el asistente automático.",
        "Taller Ruiz, dígame.",
        "12: phrases.es.greeting: it does not tell the caller that this is an automatic assistant; "
        "say so, as with the word automático",
    ),
    (
        "this is the automatic assistant",
        "this is Ann",
        "14: phrases.en.greeting: it does not tell the caller that this is an automatic assistant; "
        "say so, as with the word automatic",
    ),
    (
        "open_week: We open {hours}.",
        "open_wek: x",
        "15: phrases.en.open_wek: there is no such field; did you mean open_week?",
    ),
    (
        "We open {hours}.",
        "We open {hour}.",
        "15: phrases.en.open_week: nothing is put in place of {hour}; did you mean hours?",
    ),
    (
        "We open {hours}.",
        "We open {hours.",
        "15: phrases.en.open_week: a brace is open or stray; write {name}, or no braces",
    ),
    ("We open {hours}.", "7", "15: phrases.en.open_week: this is not a text; write a text, in quotes if in doubt"),
    ("We open {hours}.", '" "', "15: phrases.en.open_week: this is empty; write a text"),
    # Timing
    (
        "end_of_turn_ms: 700",
        "end_of_turn_ms: 300",
        "6: timing.end_of_turn_ms: this is too small; write 600 or more",
    ),
    ("end_of_turn_ms: 700", "end_of_turn_ms: 9999", "6: timing.end_of_turn_ms: this is too large; write 3000 or less"),
    (
        "end_of_turn_ms: 700",
        "end_of_turn_ms: soon",
        "6: timing.end_of_turn_ms: this is not a whole number; write a number, as 600",
    ),
    (
        "end_of_turn_ms: 700",
        "silence: 7",
        "6: timing.silence: there is no such field; did you mean silence_s?",
    ),
    (
        "timing:\n  end_of_turn_ms: 700",
        "timing: fast",
        "5: timing: nothing is declared under it; write its fields below it, indented",
    ),
    # Hours
    ('["9:00-14:00"]', '["9-14"]', '8: hours.monday.0: not an opening; write from and to, as "9:00-14:00"'),
    (
        '["9:00-14:00"]',
        '["14:00-9:00"]',
        '8: hours.monday.0: it ends before it starts; write the earlier time first, as "9:00-14:00"',
    ),
    (
        '["9:00-14:00"]',
        '["9:00-24:00"]',
        '8: hours.monday.0: no such time of day; write hours from 0:00 to 23:59, as "9:00-14:00"',
    ),
    ("  monday:", "  mondays:", "8: hours.mondays: there is no such field; did you mean monday?"),
    ("2026-12-25", "2026-13-25", "9: hours.closed.0: this is not a date; write year, month and day, as 2026-12-25"),
    (
        'hours:\n  monday: ["9:00-14:00"]\n  closed: [2026-12-25]\n',
        "",
        "19: intents.hours.does: no opening hours are declared; add hours: with the days of the week",
    ),
    (
        'hours:\n  monday: ["9:00-14:00"]\n  closed: [2026-12-25]\n',
        "",
        "65: forms.repair.slots.day.in_hours: a date cannot be held against opening hours; "
        "remove it, or declare hours:",
    ),
    # Intents
    (
        "    examples:\n      es: [qué garantía dan]\n      en: [is there a warranty]\n",
        "",
        "33: intents.warranty.examples: this is missing; add it: examples: …",
    ),
    (
        "      es: [qué garantía dan]",
        "      es: []",
        "35: intents.warranty.examples.es: there is nothing in it; write at least one",
    ),
    (
        "      es: [qué garantía dan]",
        "      es:",
        "35: intents.warranty.examples.es: this is not a list; write one in each line, each after a dash",
    ),
    (
        "    answers:\n      es: Damos un año de garantía.\n      en: We give a year of warranty.\n",
        "",
        "33: intents.warranty: there is nothing to answer; add answers:, or what it does",
    ),
    (
        "We give a year of warranty.",
        "We give {years} of warranty.",
        "39: intents.warranty.answers.en.0: nothing is put in place of {years}; write one of hours",
    ),
    (
        "es: Damos un año de garantía.",
        "es: [Claro, damos un año de garantía.]",
        "38: intents.warranty.answers.es.1: it looks like the rest of the text before; put the text in quotes",
    ),
    (
        "    does: hours",
        "    does: hour",
        "22: intents.hours.does: there is no such choice; "
        "write one of 'hours', 'repeat', 'slower', 'faster', 'cancel', 'wait' or 'hang_up'",
    ),
    (
        "transfer: mostrador",
        "transfer: mostrado",
        "27: intents.person.transfer: there is no destination mostrado; did you mean mostrador?",
    ),
    (
        "transfer: mostrador",
        "does: repeat",
        "4: destinations.mostrador: no intent leads to it; add an intent with transfer: mostrador, or remove it",
    ),
    (
        "    form: repair",
        "    form: repairs",
        "32: intents.repair.form: there is no form repairs; did you mean repair?",
    ),
    (
        "    form: repair",
        "    speak: fr",
        "32: intents.repair.speak: there is no declared language fr; write one of es, en",
    ),
    ("    then: menu", "    then: men", "40: intents.warranty.then: there is no question men; did you mean menu?"),
    (
        "    does: hours",
        "    does: hours\n    form: repair",
        "22: intents.hours.does: there is form already; keep one of them",
    ),
    # Questions
    ("lost: [menu]", "lost: [manu]", "16: lost.0: there is no question manu; did you mean menu?"),
    (
        "        intent: repair",
        "        intent: repare",
        "52: questions.menu.options.repair.intent: there is no intent repare; did you mean repair?",
    ),
    ("        intent: repair\n", "", "47: questions.menu.options.repair: it leads nowhere; add intent: or answers:"),
    (
        "        words:\n          es: [reparación]\n          en: [repair]\n",
        "",
        "47: questions.menu.options.repair: no words are declared for it; add words:, or call it yes or no",
    ),
    (
        'key: "1"',
        'key: "12"',
        "51: questions.menu.options.repair.key: this is not a key of a telephone; "
        'write one of 0 to 9, * and #, in quotes: "1"',
    ),
    (
        '"no":\n',
        '"no":\n        key: "1"\n',
        "54: questions.menu.options.no.key: repair has the same key; give it another",
    ),
    # Forms
    ("kind: date", "kind: dat", "61: forms.repair.slots.day.kind: there is no kind of slot dat; did you mean date?"),
    (
        "kind: date",
        "kind: name",
        "68: forms.repair.slots.day.in_hours: a name cannot be held against opening hours; remove it",
    ),
    (
        "in_hours: true",
        "optional: true",
        "70: forms.repair.confirm.es.0: day is optional, and cannot be said when it is empty; put it in [day:…]",
    ),
    (
        "El {day}, ¿correcto?",
        "El {day}[hour:, a esa hora], ¿correcto?",
        "70: forms.repair.confirm.es.0: there is no optional slot hour; write it without [ ]",
    ),
    (
        "El {day}, ¿correcto?",
        "¿Correcto?",
        "70: forms.repair.confirm.es.0: day is not read back; put {day} where it is to be said",
    ),
    (
        "    change:\n      es: ¿Qué cambio?\n      en: What shall I change?\n",
        "",
        "58: forms.repair.change: this is missing; add it: change: …",
    ),
]


@pytest.mark.parametrize(("right", "wrong", "told"), CASES)
def test_a_mistake_is_told_with_its_line_its_field_and_the_mend(
    tmp_path: Path, right: str, wrong: str, told: str
) -> None:
    assert RIGHT.count(right) >= 1
    assert f"taller.yaml:{told}" in mistakes(tmp_path, RIGHT.replace(right, wrong, 1))


def test_all_mistakes_are_told_at_once_by_line(tmp_path: Path) -> None:
    wrong = RIGHT.replace("Europe/Madrid", "Nowhere").replace("kind: date", "kind: 7").replace("ask:", "akt:", 1)
    found = mistakes(tmp_path, wrong)
    assert [line.split(":")[1] for line in found] == ["2", "42", "43", "61"]


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "hello\n"])
def test_a_file_without_an_assistant_says_so(tmp_path: Path, text: str) -> None:
    assert mistakes(tmp_path, text) == [
        "taller.yaml:1: there is no assistant in it; start from one in config/assistants"
    ]
