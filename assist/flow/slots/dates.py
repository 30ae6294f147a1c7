"""Dates, as they are said: "el martes", "pasado mañana", "el quince del cinco", "May the fourteenth".

A date without a year is the next one, today included; a weekday alone is after today ("next Friday" is the first to
come, as "el viernes que viene"); where a weekday and a day of the month disagree, the number counts, since the
read-back names both.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta

from assist.flow.slots.calendar_words import AHEAD, HALF_HEARD, MONTHS, RULES, UNITS, WEEKDAYS, WHOLE, feasts
from assist.flow.slots.corrections import takes
from assist.flow.slots.numerals import cardinal, numerals
from assist.flow.slots.text import bare
from assist.llm import Json

_Groups = Mapping[str, str | None]

_DOTTED_YEAR = re.compile(r"(?<=\b[12])[.,](?=\d{3}\b)")


def parse(text: str, language: str, now: datetime, *, asked: bool = True) -> str | None:
    """Return the date that *text* names, as ``2026-11-25``; None if it names none, or two.

    A number alone is a date only if one was *asked* for.
    """
    for take in takes(text, language):
        said = _DOTTED_YEAR.sub("", feasts(numerals(take, language), language))
        found = _dates(said, language, now.date())
        if asked and not found and (whole := WHOLE[language].fullmatch(bare(said, language))):
            found = {day for day in [_resolve(whole.groupdict(), language, now.date())] if day}
        if found:
            return found.pop().isoformat() if len(found) == 1 else None
    return None


def _dates(said: str, language: str, today: date) -> set[date]:
    rest, found = said, set[date]()
    for rule in RULES[language]:
        for match in rule.finditer(rest):
            if (day := _resolve(match.groupdict(), language, today)) is not None:
                found.add(day)
            # A day that does not exist is used up too: "31 de febrero" is not the next 31st.
            rest = rest.replace(match[0], " | ", 1)
    return set() if HALF_HEARD[language].search(rest) else found


def _resolve(groups: _Groups, language: str, today: date) -> date | None:
    """Return the day that a rule's *groups* name; None if the calendar has no such day."""
    try:
        if groups.get("day"):
            return _numbered(groups, language, today)
        if groups.get("relative"):
            return today + timedelta(days=AHEAD[groups["relative"] or ""])
        if groups.get("week_and_day"):
            # Counting today, as Spanish does: eight days are a week.
            return today + timedelta(days=AHEAD[groups["base"] or ""] + int(groups["week_and_day"] or 0) - 1)
        if groups.get("unit"):
            return _counted(groups, language, today)
        return _weekday(groups, language, today)
    except (ValueError, OverflowError):
        return None


def _numbered(groups: _Groups, language: str, today: date) -> date | None:
    day, month = int(groups["day"] or 0), groups.get("month")
    if groups.get("month_ahead"):
        first = _months_later(today.replace(day=1), 1)
        return first.replace(day=day)
    if groups.get("this_month"):
        return today.replace(day=day)
    if month is None:
        months = (_months_later(today.replace(day=1), ahead) for ahead in range(3))
        return _first(((first.year, first.month, day) for first in months), today)
    number = int(month) if month.isdigit() else MONTHS[language][month]
    if number > 12 >= day and groups.get("slash"):
        number, day = day, number
    if year := groups.get("year") or groups.get("short_year"):
        written = int(year.replace(" ", ""))
        return date(written + 2000 if written < 100 else written, number, day)
    if groups.get("year_ahead"):
        return date(today.year + 1, number, day)
    # The 29th of February may be eight years away.
    return _first(((today.year + ahead, number, day) for ahead in range(9)), today)


def _first(candidates: Iterable[tuple[int, int, int]], today: date) -> date | None:
    """Return the first of *candidates* that exists and is not over."""
    for candidate in candidates:
        try:
            if (day := date(*candidate)) >= today:
                return day
        except ValueError:
            continue
    return None


def _counted(groups: _Groups, language: str, today: date) -> date:
    written, unit = groups["count"] or "", UNITS[groups["unit"] or ""]
    count = int(written) if written.isdigit() else 1
    start = today
    if groups.get("base"):
        start += timedelta(days=AHEAD[groups["base"] or ""])
    elif groups.get("weekday"):
        start = _weekday(groups, language, today)
    return _months_later(start, count) if unit == 0 else start + timedelta(days=count * unit)


def _weekday(groups: _Groups, language: str, today: date) -> date:
    wanted = WEEKDAYS[language][groups["weekday"] or ""]
    if groups.get("week_ahead"):
        return today + timedelta(days=7 - today.weekday() + wanted)
    coming = today + timedelta(days=(wanted - today.weekday() - 1) % 7 + 1)
    return coming + timedelta(days=7 if groups.get("later") else 0)


def _months_later(day: date, months: int) -> date:
    """Return the same day so many *months* on, or the last day of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return date(year, month + 1, min(day.day, (following - timedelta(days=1)).day))


def say(value: Json, language: str) -> str:
    """Return ``2026-11-25`` as "el miércoles veinticinco de noviembre", "Wednesday the twenty-fifth of November".

    The year is said only where it would not be understood: if the day is over, or more than a year away.
    """
    day, today = date.fromisoformat(str(value)), date.today()
    near = today <= day < today + timedelta(days=360)
    weekday, month = _NAMES[language][0][day.weekday()], _NAMES[language][1][day.month - 1]
    if language == "en":
        return f"{weekday} the {_ordinal(day.day)} of {month}{'' if near else f' {day.year}'}"
    number = "primero" if day.day == 1 else cardinal(day.day, "es")
    return f"el {weekday} {number} de {month}{'' if near else f' de {day.year}'}"


_NAMES = {
    "es": (
        "lunes martes miércoles jueves viernes sábado domingo".split(),
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre".split(),
    ),
    "en": (
        "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split(),
        "January February March April May June July August September October November December".split(),
    ),
}
_ORDINALS = (
    "- first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
    "fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
).split()


def _ordinal(day: int) -> str:
    if day <= 20:
        return _ORDINALS[day]
    return "thirtieth" if day == 30 else f"{cardinal(day // 10 * 10, 'en')}-{_ORDINALS[day % 10]}"
