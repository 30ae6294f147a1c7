"""Times of day, as they are said: "las nueve menos cuarto", "half past four".

Without a part of the day, from eight to twelve is the morning and noon, and from one to before eight the
afternoon: an office is closed at four in the morning. From 13 on, and with a leading zero, the clock has 24 hours.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from assist.flow.slots.corrections import takes
from assist.flow.slots.numerals import cardinal, numerals
from assist.flow.slots.text import bare
from assist.llm import Json

_OFFICE = 8

_STARTS = {
    "es": {
        "manana": 1, "mediodia": 11, "tarde": 12, "noche": 17, "madrugada": 0, "am": 0, "pm": 12,
    },
    "en": {
        "morning": 1, "noon": 11, "afternoon": 12, "evening": 13, "night": 17, "tonight": 17, "am": 0, "pm": 12,
    },
}  # fmt: skip
"""The hour from which twelve hours are counted with that part of the day: 12 "de la noche" is midnight."""

_H = r"\b(?P<hour>\d{1,2}|una)\b"
_ES_PART = r" ?\b(?P<part>(?:de|por|en|a) la (?:manana|tarde|noche|madrugada)|del? mediodia|[ap] ?m)\b"
_EN_PART = r" ?\b(?P<part>in the (?:early )?(?:morning|afternoon|evening)|at night|tonight|at noon|[ap] ?m)\b"
_EN_AT = r"\b(?:at|a?round|about|by|after|before|until)(?: the)?"

_RULES = {
    "es": (
        rf"(?<!para )\b(?P<minus>5|10|15|20|25|(?:un )?cuarto) (?:para|pa) las? {_H}(?:{_ES_PART})?",
        rf"{_H} menos (?P<minus>\d{{1,2}}|cuarto)\b(?:{_ES_PART})?",
        rf"{_H} (?:y|con) (?P<plus>media|cuarto)\b(?:{_ES_PART})?",
        rf"{_H}:(?P<plus>\d\d)\b(?: ?h(?:oras)?\b)?(?:{_ES_PART})?",
        rf"\b(?P<hour>\d{{1,2}}) ?h(?: ?(?P<plus>\d\d))?\b(?:{_ES_PART})?",
        rf"{_H}[.,](?P<plus>\d\d)\b(?:{_ES_PART})",
        rf"\blas? {_H}[.,](?P<plus>\d\d)\b",
        rf"\blas (?P<hour>\d{{1,2}})(?P<plus>\d\d)\b(?:{_ES_PART})?",
        rf"\blas? {_H}(?![.,]\d)(?: (?:horas )?(?:y |con )?(?P<plus>\d{{1,2}})\b(?! de [^l]))?"
        rf"(?: h(?:oras)?\b| en punto\b)?(?:{_ES_PART})?",
        rf"{_H} en punto\b(?:{_ES_PART})?",
        # After "menos" or "y" come minutes, of an hour that was not understood.
        rf"(?<!\bmenos )(?<!\by ){_H}(?: (?:y |con )?(?P<plus>\d{{1,2}})\b)?{_ES_PART}",
        r"\b(?P<name>mediodia|medianoche)\b",
    ),
    "en": (
        rf"\b(?P<plus>\d{{1,2}}|half|(?:a )?quarter) (?:minutes )?(?:past|after) {_H}(?: o clock)?(?:{_EN_PART})?",
        rf"\b(?P<plus>half) {_H}(?:{_EN_PART})?",
        rf"(?<!from )\b(?P<minus>5|10|20|25|(?:a )?quarter) (?:minutes )?(?:to|till?|before|of) {_H}"
        rf"(?: o clock)?(?:{_EN_PART})?",
        rf"{_H}:(?P<plus>\d\d)\b(?:{_EN_PART})?",
        rf"{_H}[.,](?P<plus>\d\d)\b(?:{_EN_PART})",
        rf"{_EN_AT} {_H}[.,](?P<plus>\d\d)\b",
        rf"{_EN_AT} (?P<hour>\d{{1,2}})(?P<plus>\d\d)\b(?:{_EN_PART})?",
        rf"\b(?P<hour>\d{{1,2}})(?P<plus>\d\d)\b(?:{_EN_PART})",
        rf"{_EN_AT} {_H}(?![.,]\d)(?: (?:o |oh )?(?P<plus>\d{{1,2}})\b)?"
        rf"(?: o clock)?(?:{_EN_PART})?",
        rf"{_H} o clock\b(?:{_EN_PART})?",
        # After these come minutes and an hour, of which one was not understood.
        rf"(?<!\bpast )(?<!\bto )(?<!\d-){_H}(?: (?:o |oh )?(?P<plus>\d{{1,2}})\b)?{_EN_PART}",
        r"\b(?:12 )?(?P<name>noon|midday|midnight)\b",
    ),
}
_WHOLE = {
    "es": (
        r"(?:a |sobre |hacia )?(?:las )?(?P<hour>\d{1,2}|una)(?: (?:y|con) (?P<plus>\d{1,2}))?",
        r"(?P<hour>\d{1,2})[-., ](?P<plus>\d\d)",
        r"(?P<hour>\d{1,2})(?P<plus>\d\d)",
    ),
    "en": (
        r"(?:at )?(?P<hour>\d{1,2})(?: oh? (?P<plus>\d))?",
        r"(?P<hour>\d{1,2})[-., ](?P<plus>\d\d)",
        r"(?P<hour>\d{1,2})(?P<plus>\d\d)",
    ),
}
"""What is a time only if nothing else is said."""

_AROUND = {
    "es": re.compile(r"\b(?:(?:de|por|en|a) la|esta) (?P<part>manana|tarde|noche|madrugada)\b|\b(?P<noon>mediodia)\b"),
    "en": re.compile(r"\b(?P<part>morning|afternoon|evening|night|tonight)\b|\b(?P<noon>noon)\b"),
}
"""A part of the day said apart from the hour: "mañana por la tarde, a las siete"."""

_MISHEARD = {
    "es": (
        (re.compile(r"\blas voces?\b"), "las 12"),
        (re.compile(r"\balas?(?= \d)"), "a las"),
        (re.compile(r"(?<=\d) (?:de|a)(?= menos\b)"), ""),
        (re.compile(r"(?<=\bmenos )4\b"), "cuarto"),
        (re.compile(r"\b(\d{1,2})[.,]5\b"), r"\1 y media"),
        (re.compile(r"(?<=\d)(?=[ap] ?m\b)"), " "),
    ),
    "en": (
        (re.compile(r"\b(?:half|it s|it has|has|have) passed(?= \d)"), "half past"),
        (re.compile(r"\bquarter passed(?= \d)"), "quarter past"),
        (re.compile(r"(?<=\bpast )(?:for|fore)\b"), "4"),
        (re.compile(r"(?<=\bto )(?:won|women)\b|(?<=\bpast )(?:won|women)\b"), "1"),
        (re.compile(r"(?<=\b2[05])-(?=\d\d?\b)"), " to "),
        (re.compile(r"(?<=\d)(?=[ap] ?m\b)"), " "),
    ),
}
"""What Whisper makes of hours through a telephone, and what was said."""

_NAMED = {"mediodia": 12 * 60, "noon": 12 * 60, "midday": 12 * 60, "medianoche": 0, "midnight": 0}
_MINUTES = {"media": 30, "half": 30, "cuarto": 15, "un cuarto": 15, "quarter": 15, "a quarter": 15}
_COMPILED = {language: tuple(re.compile(rule) for rule in rules) for language, rules in _RULES.items()}


def parse(text: str, language: str, now: datetime, *, asked: bool = True) -> str | None:
    """Return the time of day that *text* names, as ``16:30``; None if it names none, or two.

    A number alone is a time only if one was *asked* for.
    """
    for take in takes(text, language):
        if found := _times(numerals(take, language), language, asked):
            return f"{found[0] // 60:02}:{found[0] % 60:02}" if len(set(found)) == 1 else None
    return None


def _times(said: str, language: str, asked: bool) -> list[int]:
    """Return every time in *said*, in minutes since midnight."""
    for heard, meant in _MISHEARD[language]:
        said = heard.sub(meant, said)
    rest, matches = said, list[re.Match[str]]()
    for rule in _COMPILED[language]:
        matches.extend(rule.finditer(rest))
        rest = rule.sub(" | ", rest)
    if asked and not matches:
        wholes = (re.fullmatch(rule, bare(said, language)) for rule in _WHOLE[language])
        matches.extend(whole for whole in wholes if whole)
    around = _AROUND[language].search(rest)
    part = around.group("part") or around.group("noon") if around else None
    times = (_minutes(match.groupdict(), part, language) for match in matches)
    return [time for time in times if time is not None]


def _minutes(groups: Mapping[str, str | None], around: str | None, language: str) -> int | None:
    if name := groups.get("name"):
        return _NAMED[name]
    written = groups["hour"] or ""
    hour = 1 if written == "una" else int(written)
    plus, minus = (
        0 if amount is None else _MINUTES[amount] if amount in _MINUTES else int(amount)
        for amount in (groups.get("plus"), groups.get("minus"))
    )
    if hour > 23 or plus > 59 or minus > 59:
        return None
    if hour > 12 or written.startswith("0"):
        return (hour * 60 + plus - minus) % (24 * 60)
    start = 60 * _start(groups.get("part") or around, language)
    return (start + (hour * 60 + plus - minus - start) % (12 * 60)) % (24 * 60)


def _start(part: str | None, language: str) -> int:
    if part is None:
        return _OFFICE
    word = part.replace(" ", "") if part[-1] == "m" else part.split()[-1]
    return _STARTS[language][word]


@dataclass(frozen=True, slots=True)
class _Part:
    until: int
    """The first hour that is no longer in it."""
    es: str
    en: str


_PARTS = (
    _Part(1, "de la noche", "at night"),
    _Part(6, "de la madrugada", "in the morning"),
    _Part(12, "de la mañana", "in the morning"),
    _Part(13, "del mediodía", "in the afternoon"),
    _Part(18, "de la tarde", "in the afternoon"),
    _Part(20, "de la tarde", "in the evening"),
    _Part(21, "de la noche", "in the evening"),
    _Part(24, "de la noche", "at night"),
)


def say(value: Json, language: str) -> str:
    """Return ``16:30`` as "las cuatro y media de la tarde", "half past four in the afternoon"."""
    hour, minute = map(int, str(value).split(":"))
    part = next(part for part in _PARTS if hour < part.until)
    if language == "en":
        return {(12, 0): "noon", (0, 0): "midnight"}.get((hour, minute)) or f"{_english(hour, minute)} {part.en}"
    return f"{_spanish(hour, minute)} {part.es}"


def _spanish(hour: int, minute: int) -> str:
    to = minute > 30 and minute % 5 == 0
    named = (hour + to - 1) % 12 + 1
    clock = "la una" if named == 1 else f"las {cardinal(named, 'es')}"
    distance = 60 - minute if to else minute
    if distance == 0:
        return clock
    amount = {15: "cuarto", 30: "media"}.get(distance) or cardinal(distance, "es")
    return f"{clock} {'menos' if to else 'y'} {amount}"


def _english(hour: int, minute: int) -> str:
    to = minute > 30
    named = cardinal((hour + to - 1) % 12 + 1, "en")
    if minute == 0:
        return f"{named} o'clock"
    if minute % 5:
        return f"{cardinal((hour - 1) % 12 + 1, 'en')} {'oh ' if minute < 10 else ''}{cardinal(minute, 'en')}"
    distance = 60 - minute if to else minute
    amount = {15: "a quarter", 30: "half"}.get(distance) or cardinal(distance, "en")
    return f"{amount} {'to' if to else 'past'} {named}"
