"""Opening hours put into words: "de lunes a viernes de nueve a dos y de cuatro a ocho"."""

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from itertools import groupby

from assist.assistant.hours import Hours, Openings
from assist.flow.slots import KINDS

WEEKDAYS = {
    "es": ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
SOON = {"es": ("hoy", "mañana"), "en": ("today", "tomorrow")}
DAY = {"es": "el {}", "en": "on {}"}
DAYS = {"es": "de {} a {}", "en": "{} to {}"}
FROM_TO = {"es": "de {} a {}", "en": "from {} to {}"}
AT = {"es": "{} a {}", "en": "{} at {}"}
AND = {"es": " y ", "en": " and "}

_AROUND_HOUR = re.compile(r"^(?:las?|el) | (?:de la|del) \w+$| o'clock\b.*| in the \w+$| at night$")


def openings(day: Openings, language: str) -> str:
    """Return the hours of one day: "from nine to two and from four to eight"."""
    spans = [FROM_TO[language].format(_hour(span.start, language), _hour(span.end, language)) for span in day]
    return AND[language].join(spans)


def week(hours: Hours, language: str) -> str:
    """Return the hours of a week; days that are closed are not named."""
    names, days = WEEKDAYS[language], hours.week()
    spoken = []
    for opening, numbers in groupby(range(len(days)), key=lambda number: days[number]):
        if opening:
            spoken.append(f"{_days([names[number] for number in numbers], language)} {openings(opening, language)}")
    return f",{AND[language]}".join([", ".join(spoken[:-1]), spoken[-1]] if spoken[1:] else spoken)


def day(value: date, now: datetime, language: str) -> str:
    """Return *value* as one names it today: "mañana", "on Saturday", "on Saturday the sixth of March"."""
    ahead = (value - now.date()).days
    if 0 <= ahead < len(SOON[language]):
        return SOON[language][ahead]
    if 0 < ahead < 7:
        return DAY[language].format(WEEKDAYS[language][value.weekday()])
    said = KINDS["date"].say(value.isoformat(), language)
    return said if language == "es" else DAY[language].format(said)


def opening(at: tuple[date, time], now: datetime, language: str) -> str:
    """Return when it opens: "mañana a las nueve de la mañana"."""
    return AT[language].format(day(at[0], now, language), clock(at[1], language))


def clock(at: time, language: str) -> str:
    """Return a time of day in words."""
    return KINDS["time"].say(f"{at:%H:%M}", language)


def today_over(hours: Hours, now: datetime) -> bool:
    """Return whether it was open today and will not be again."""
    spans = hours.on(now.date())
    return bool(spans) and all(span.end <= now.time() for span in spans)


def named_day(text: str, language: str, now: datetime) -> date | None:
    """Return the day that *text* asks about; "on Sundays" is the next Sunday."""
    # A day of the week in the plural is no date, but its hours are those of the next one.
    singular = re.sub(r"\b(s[aá]bado|domingo|\w+day)s\b", r"\1", text, flags=re.IGNORECASE)
    singular = re.sub(r"\blos (?=(?:lunes|martes|mi[eé]rcoles|jueves|viernes)\b)", "el ", singular, flags=re.IGNORECASE)
    value = KINDS["date"].parse(singular, language, now)
    if not isinstance(value, str):
        return None
    found = date.fromisoformat(value)
    # A weekday named on that very weekday is a week off for an appointment, but not for "are you open on Mondays".
    return found - timedelta(days=7) if found - now.date() == timedelta(days=7) and singular != text else found


def _days(names: Sequence[str], language: str) -> str:
    if len(names) > 1:
        return DAYS[language].format(names[0], names[-1])
    return DAY[language].format(names[0])


def _hour(at: time, language: str) -> str:
    return _AROUND_HOUR.sub("", clock(at, language))
