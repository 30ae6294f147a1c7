"""How dates are put in words: the tables of `assist.flow.slots.dates`.

The rules read what `numerals` of `assist.flow.slots.numerals` writes, one after the other; each takes away what it
understood.
"""

import re
from collections.abc import Iterable

WEEKDAYS = {
    "es": {"lunes": 0, "martes": 1, "miercoles": 2, "jueves": 3, "viernes": 4, "sabado": 5, "domingo": 6},
    "en": {"monday": 0, "tuesday": 1, "wednesday": 2, "thursday": 3, "friday": 4, "saturday": 5, "sunday": 6},
}
MONTHS = {
    "es": {
        "enero": 1, "febrero": 2, "marzo": 3, "abril": 4, "mayo": 5, "junio": 6, "julio": 7, "agosto": 8,
        "septiembre": 9, "setiembre": 9, "octubre": 10, "noviembre": 11, "diciembre": 12,
    },
    "en": {
        "january": 1, "february": 2, "march": 3, "april": 4, "may": 5, "june": 6, "july": 7, "august": 8,
        "september": 9, "october": 10, "november": 11, "december": 12,
    },
}  # fmt: skip
AHEAD = {
    "hoy": 0, "esta manana": 0, "esta tarde": 0, "esta noche": 0, "manana": 1, "pasado manana": 2,
    "today": 0, "now": 0, "tonight": 0, "this morning": 0, "this afternoon": 0, "this evening": 0, "tomorrow": 1,
    "day after tomorrow": 2,
}  # fmt: skip
"""Days from today."""

UNITS = {
    "dia": 1, "dias": 1, "semana": 7, "semanas": 7, "mes": 0, "meses": 0,
    "day": 1, "days": 1, "week": 7, "weeks": 7, "fortnight": 14, "fortnights": 14, "month": 0, "months": 0,
}  # fmt: skip
"""In days; a month is none, since it has no certain number of them."""


def _any(names: Iterable[str]) -> str:
    return f"(?:{'|'.join(names)})"


_DAY = r"\b(?P<day>\d{1,2})(?:[oºª°]|er|ero|st|nd|rd|th)?\b(?![.,:/-]\d)"

_WD = _any(WEEKDAYS["es"])
_MONTH = rf"(?P<month>{_any(MONTHS['es'])})\b"
_ON = rf"(?:\b{_WD} (?:que viene )?)?(?:\bel )?(?:\bdia )?"
_YEAR = (
    r"(?: de(?:l ano| este ano)? (?P<year>\d{4})\b| del (?P<short_year>\d{2})\b"
    r"| del? (?P<year_ahead>ano que viene|proximo ano))?"
)
_NEXT_WEEK = r"(?P<week_ahead>semana que viene|proxima semana|semana proxima|semana siguiente|semana entrante)"
_THAT_MONTH = (
    r"(?:(?P<this_month>(?:este|presente) mes)|"
    r"(?P<month_ahead>mes que viene|proximo mes|mes proximo|mes siguiente|mes entrante))\b"
)
_SPANISH = (
    r"\b(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})\b",
    rf"{_ON}\b(?P<day>\d{{1,2}})(?P<slash>[/-])(?P<month>\d{{1,2}})(?:[/-](?P<year>\d{{4}}|\d\d))?\b(?![/-]\d)",
    rf"{_ON}{_DAY} (?:del? )?(?:mes de )?{_MONTH}{_YEAR}",
    rf"{_ON}{_DAY} del? (?:mes )?(?P<month>\d{{1,2}})\b(?![.,:/-]\d){_YEAR}",
    rf"{_ON}{_DAY} del? {_THAT_MONTH}",
    r"\bde (?P<base>hoy|manana) en (?P<week_and_day>8|15)\b(?: dias)?",
    r"\b(?:dentro de|de aqui a|en) (?P<count>\d+|una?) (?P<unit>dias?|semanas?|mes|meses)\b",
    rf"\b{_NEXT_WEEK} (?:el )?(?P<weekday>{_WD})\b",
    rf"\b(?P<weekday>{_WD}) de (?:la )?{_NEXT_WEEK}\b",
    # "Mañana martes" is one day; "por la mañana" is none.
    rf"\b(?P<relative>pasado manana|hoy|esta (?:manana|tarde|noche)|(?<!\bla )manana)\b"
    rf"(?: (?:que )?(?:es )?(?:el )?{_WD}\b)?",
    rf"\b{_WD} (?:que viene )?(?:el )?(?:dia )?{_DAY}(?! de la| y (?:media|cuarto)| menos)",
    # "El 1 de nero" is a month misheard, not the next first.
    rf"\b(?:el|dia) {_DAY}(?! de | y (?:media|cuarto)| menos)",
    rf"\b(?P<weekday>{_WD})\b",
)

_EN_WD = _any(WEEKDAYS["en"])
_EN_MONTH = rf"\b(?P<month>{_any(MONTHS['en'])})\b"
_EN_ON = rf"(?:\b{_EN_WD} )?(?:\bthe )?"
_EN_YEAR = r"(?: (?:of )?(?:(?P<year>(?:19|20) ?\d\d)\b(?! ?[ap] ?m|-\d)|(?P<year_ahead>next year)))?"
_EN_RELATIVE = r"(?P<{}>day after tomorrow|today|tonight|this (?:morning|afternoon|evening)|tomorrow|now)"
_EN_COUNT = r"\b(?P<count>\d+|an?) (?P<unit>days?|weeks?|months?|fortnights?)"
_ENGLISH = (
    r"\b(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})\b",
    rf"{_EN_ON}\b(?P<month>\d{{1,2}})(?P<slash>[/-])(?P<day>\d{{1,2}})(?:[/-](?P<year>\d{{4}}|\d\d))?\b(?![/-]\d)",
    rf"{_EN_ON}{_DAY} (?:day )?(?:of )?{_EN_MONTH}{_EN_YEAR}",
    rf"{_EN_ON}{_EN_MONTH} (?:the )?{_DAY}{_EN_YEAR}",
    rf"{_EN_ON}{_DAY} of (?:(?P<this_month>this month)|(?P<month_ahead>next month))\b",
    rf"{_EN_COUNT} (?:from|after) {_EN_RELATIVE.format('base')}\b",
    rf"{_EN_COUNT} (?:from|on) (?P<weekday>{_EN_WD})\b",
    rf"\b(?:in|within) {_EN_COUNT}(?: time)?\b",
    rf"\b(?P<week_ahead>next week)(?: on)? (?P<weekday>{_EN_WD})\b",
    rf"\b(?P<weekday>{_EN_WD}) (?:of |in )?(?P<week_ahead>next week)\b",
    rf"\b(?P<weekday>{_EN_WD}) (?P<later>week)\b",
    rf"\b{_EN_RELATIVE.format('relative').replace('|now', '')}\b(?: {_EN_WD}\b)?",
    rf"\b{_EN_WD} (?:the )?{_DAY}(?! o clock| ?[ap] ?m)",
    rf"\b(?:the|day) {_DAY}",
    r"\bon (?P<day>\d{1,2})(?:st|nd|rd|th)\b",
    rf"\b(?P<weekday>{_EN_WD})\b",
)

RULES = {
    "es": tuple(re.compile(rule) for rule in _SPANISH),
    "en": tuple(re.compile(rule) for rule in _ENGLISH),
}
WHOLE = {
    "es": re.compile(rf"(?:el )?(?:dia )?{_DAY}"),
    "en": re.compile(rf"(?:on )?(?:the )?{_DAY}"),
}
"""What is a date only if nothing else is said."""

FEASTS = {
    "es": (
        (re.compile(r"\b(?:el )?(?:dia de )?navidad\b"), "el 25 de diciembre"),
        (re.compile(r"\b(?:el dia de )?nochebuena\b"), "el 24 de diciembre"),
        (re.compile(r"\b(?:el dia de )?nochevieja\b"), "el 31 de diciembre"),
        (re.compile(r"\b(?:el )?(?:dia de )?ano nuevo\b"), "el 1 de enero"),
        (re.compile(r"\b(?:el )?dia de (?:los )?reyes\b"), "el 6 de enero"),
    ),
    "en": (
        (re.compile(r"\bchristmas eve\b"), "december 24"),
        (re.compile(r"\bchristmas(?: day)?\b"), "december 25"),
        (re.compile(r"\bnew year s eve\b"), "december 31"),
        (re.compile(r"\bnew year s(?: day)?\b"), "january 1"),
    ),
}
"""Days that are called by a name."""
_AROUND_FEAST = re.compile(r"\b(?:antes|despues|before|after|vacaciones|holidays?)\b")
"""Near such a day is not on it."""


def feasts(said: str, language: str) -> str:
    """Return *said* with the dates of feasts in place of their names."""
    if not _AROUND_FEAST.search(said):
        for named, day in FEASTS[language]:
            said = named.sub(day, said)
    return said


HALF_HEARD = {
    "es": re.compile(rf"\b{_any(MONTHS['es'])}\b"),
    "en": re.compile(rf"\b{_any(MONTHS['en'].keys() - {'may', 'march'})}\b"),
}
"""A month left over is of a date that was not understood: "el jueves onte de noviembre" is not next Thursday."""
