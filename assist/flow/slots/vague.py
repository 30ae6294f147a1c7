"""What answers a question without saying quite when, or at all: "a última hora", "por la tarde", "no tengo"."""

import re
from enum import Enum, auto

from assist.flow.slots.text import plain


class Rough(Enum):
    """A wish that is no day and no time."""

    FIRST = auto()
    """As soon as can be, or any."""
    LAST = auto()


_WISHES = {
    "es": {
        Rough.LAST: re.compile(r"\bultim[ao] (?:hora|hueco|cita|turno)\b|\blo mas tarde\b"),
        Rough.FIRST: re.compile(
            r"\b(?:lo )?(?:antes|mas pronto) (?:posible|que pueda)\b|\bcuanto antes\b|\blo mas pronto\b|"
            r"\bprimer[ao]? (?:hora|hueco|dia|cita|turno)\b|\bcuando (?:pueda|quiera|puedan|sea|le venga bien|ustedes)|"
            r"\bme da (?:lo mismo|igual)\b|\bcualquier[ae]?\b|\bel primero\b|\blo mas temprano\b"
        ),
    },
    "en": {
        Rough.LAST: re.compile(r"\blast (?:thing|appointment|slot)\b|\blatest\b|\bas late as\b|\bend of the day\b"),
        Rough.FIRST: re.compile(
            r"\bas (?:soon|seen|early) as\b|\bearliest\b|\bsoonest\b|"
            r"\bfirst (?:thing|slot|appointment|available)\b|"
            r"\bwhenever\b|\bany (?:time|day)\b|\bi don t mind\b|\bdoesn t matter\b"
        ),
    },
}

_PARTS = {
    "es": re.compile(
        r"\b(?:por|en|de|a) la (?:manana|tarde|noche)\b|\besta (?:manana|tarde|noche)\b|\b(?:al? |del )?mediodia\b|"
        r"\bdespues de comer\b|\btardes?$|^mananas$"
    ),
    "en": re.compile(r"\b(?:in the |this )?(?:morning|afternoon|evening)\b|\bafter lunch\b|\bafter work\b"),
}
_SPANS = {
    "es": {"manana": (0, 14), "mediodia": (12, 16), "comer": (14, 21), "tarde": (14, 21), "noche": (19, 24)},
    "en": {"morning": (0, 12), "afternoon": (13, 20), "lunch": (13, 20), "evening": (17, 22), "work": (17, 22)},
}

_WEEKS = {
    "es": re.compile(r"\b(?:(?:la )?semana que viene|(?:la )?proxima semana)\b"),
    "en": re.compile(r"\bnext week\b"),
}

_REFUSALS = {
    "es": re.compile(
        r"^(?:pues |es que )?no(?: gracias)?$|\bno (?:(?:lo|la|le|se|te|me) )*(?:tengo|quiero|doy|dare|uso|tiene|se)\b|"
        r"\b(?:no|sin|no puedo) (?:dar\w*|decir\w*|telefono|movil)\b|\bningun[oa]?\b|\b(?:prefiero|mejor) (?:que )?no\b"
    ),
    "en": re.compile(
        r"^no(?: thanks| thank you)?$|\b(?:don t|do not|haven t|have no)\b|\brather not\b|"
        r"\bno (?:phone|telephone|number|mobile)\b|\bnone\b|\bwithout\b"
    ),
}


def rough(text: str, language: str) -> Rough | None:
    """Return the wish in *text*."""
    return next((wish for wish, words in _WISHES[language].items() if words.search(plain(text))), None)


def part_of_day(text: str, language: str) -> str:
    """Return what *text* says of the part of the day, as it says it; empty if nothing."""
    found = _PARTS[language].search(plain(text))
    return found[0].strip() if found else ""


def hours_of(part: str, language: str) -> tuple[int, int]:
    """Return the hours that *part*, of `part_of_day`, begins and ends with; the whole day if it is none."""
    return next((hours for word, hours in _SPANS[language].items() if word in part), (0, 24))


def week(text: str, language: str) -> str:
    """Return what *text* says of a week, as it says it; empty if nothing."""
    found = _WEEKS[language].search(plain(text))
    return found[0] if found else ""


def refuses(text: str, language: str) -> bool:
    """Return whether *text* says that the caller has not got what was asked for, or keeps it to himself."""
    return bool(_REFUSALS[language].search(plain(text)))
