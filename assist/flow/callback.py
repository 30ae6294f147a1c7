"""Wishes to be called another time: "llámeme mañana a las diez", "can you call me back in half an hour?"."""

import re
from datetime import date, datetime, time, timedelta

from assist.flow import spoken
from assist.flow.slots import dates, times
from assist.flow.slots.numerals import numerals
from assist.flow.slots.text import bare, plain
from assist.flow.slots.vague import part_of_day


def _any(*patterns: str) -> re.Pattern[str]:
    """Return what finds one of *patterns* at the beginning of a word."""
    return re.compile("|".join(rf"\b{pattern}" for pattern in patterns))


_NO = {
    "es": _any(
        r"(?:no|nunca|ni) (?:me |nos |hace falta que me |quiero que me )?(?:vuelv\w+ a )?llam",
        r"ya (?:le|les|te) llamo\b",
    ),
    "en": _any(r"(?:don t|do not|never|stop|not|no need to) (?:want )?(?:\w+ ){0,4}(?:call|phon|ring)"),
}
_ASKS = {
    "es": _any(
        r"llam(?:e|en|a|ad)(?:me|nos)\b",
        r"(?:me |nos )?(?:puede[ns]?|podria[ns]?) (?:volver a )?llamar(?:me|nos)?\b",
        r"(?<!como me )(?<!como )vuel(?:va|van|ve|vas) a llamar(?:me|nos)?\b",
        r"devuelv(?:a|an|e)(?:me)? la llamada\b",
        r"(?:que|si) (?:me|nos) (?:llame|llamen|llama|llamas|llaman)\b",
        r"me llamas? (?=luego|manana|mas tarde|despues|otro|en otro|a las?|el|esta)",
        r"llame[ns]? (?=luego|manana|pasado|mas tarde|despues|otro|en (?:otro|un|media|\d)|dentro|a las?|el|esta|"
        r"cuando|por la|sobre)",
    ),
    "en": _any(
        r"call (?:me|us)\b(?! (?:a|an|crazy|sir|madam|mr|mrs|miss|by)\b)",
        r"call back\b",
        r"call again(?= later| tomorrow| in| at| on| next|$)",
        r"give (?:me|us) a (?:call|ring)\b",
        r"(?:ring|phone) (?:me|us)\b",
        r"(?:can|could|would|please|to) (?:you )?call (?=later|tomorrow|tonight|on|at|in|after|next|another|some)",
    ),
}
"""What asks for a call of ours."""

_LATER = {
    "es": _any(
        r"(?:mas tarde|luego|despues|otro (?:dia|rato|momento)|otra (?:hora|vez)|cuando (?:pueda|quiera))\b",
        r"(?:en un (?:rato|ratito)|ahora no|de vuelta|devuelv\w+ la llamada|volver a llamar|vuelv\w+ a llamar)",
    ),
    "en": _any(
        r"(?:later|back|again|another (?:time|day)|some ?(?:other )?time|in a (?:bit|while)|not now|when you can)\b"
    ),
}
_IN = {
    "es": _any(
        r"(?:en|dentro de) (?:unos |unas |como )?(?P<count>\d+|un|una|media|par de|un par de) "
        r"?(?P<unit>minutos?|horas?)(?P<half> y media)?\b"
    ),
    "en": _any(
        r"(?:in|within) (?:about |around )?(?P<count>\d+|an?|half an|a couple of) "
        r"?(?P<unit>minutes?|hours?)(?P<half> and a half)?\b"
    ),
}
_COUNTS = {
    "un": 1,
    "una": 1,
    "an": 1,
    "a": 1,
    "media": 0.5,
    "half an": 0.5,
    "par de": 2,
    "un par de": 2,
    "a couple of": 2,
}
_PART_HOURS = (
    ("mediodia", 13), ("noon", 13), ("comer", 16), ("lunch", 15), ("manana", 10), ("morning", 10), ("tarde", 17),
    ("afternoon", 16), ("work", 18), ("evening", 18), ("noche", 20), ("tonight", 19),
)  # fmt: skip
"""When to call who leaves it at that part of the day."""


def asks(text: str, language: str, now: datetime) -> bool:
    """Return whether *text* asks to be called, at a time that it names or just later."""
    said = plain(text)
    if _NO[language].search(said) or not (asked := _ASKS[language].search(said)):
        return False
    alone = asked[0] == bare(said, language)
    return (
        alone
        or bool(_LATER[language].search(said))
        or when(text, language, now) is not None
        or _day(text, language, now) is not None
    )


def when(text: str, language: str, now: datetime, *, roughly: bool = False) -> datetime | None:
    """Return the moment after *now*, which knows its zone, that *text* names; None if it leaves day or time open.

    *roughly*: a part of the day will do, and a number alone is an hour.
    """
    if soon := _IN[language].search(numerals(text, language)):
        return now + _span(soon)
    day, clock = _day(text, language, now), times.parse(text, language, now, asked=roughly)
    if clock is None and roughly:
        clock = _rough_time(text, language)
    if clock is None:
        return None
    at = datetime.combine(day or now.date(), time.fromisoformat(clock), now.tzinfo)
    return at if day or at > now else at + timedelta(days=1)


def in_words(at: datetime, now: datetime, language: str) -> str:
    """Return *at* in words: "mañana a las diez de la mañana"."""
    return spoken.opening((at.date(), at.time()), now, language)


def _day(text: str, language: str, now: datetime) -> date | None:
    found = dates.parse(text, language, now, asked=False)
    day = date.fromisoformat(found) if found else None
    return day if day and day >= now.date() else None


def _span(said: re.Match[str]) -> timedelta:
    count = float(_COUNTS.get(said["count"]) or said["count"]) + (0.5 if said["half"] else 0)
    return timedelta(hours=count) if said["unit"].startswith("h") else timedelta(minutes=count)


def _rough_time(text: str, language: str) -> str | None:
    part = part_of_day(text, language)
    hour = next((hour for word, hour in _PART_HOURS if word in part), None) if part else None
    return None if hour is None else f"{hour:02}:00"
