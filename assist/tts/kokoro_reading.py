"""Written Spanish as it is read aloud: figures, times, dates, money, abbreviations and signs become words."""

import re
from collections.abc import Callable, Mapping
from typing import Final

from num2words import num2words

MONTHS: Final = (
    *("enero", "febrero", "marzo", "abril", "mayo", "junio"),
    *("julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"),
)
ABBREVIATIONS: Final[Mapping[str, str]] = {
    "sr": "señor", "sra": "señora", "sres": "señores", "srta": "señorita", "dr": "doctor", "dra": "doctora",
    "d": "don", "dña": "doña", "ud": "usted", "uds": "ustedes", "vd": "usted", "prof": "profesor",
    "avda": "avenida", "av": "avenida", "pza": "plaza", "núm": "número", "tel": "teléfono", "tfno": "teléfono",
    "pág": "página", "art": "artículo", "etc": "etcétera", "aprox": "aproximadamente", "ext": "extensión",
}  # fmt: skip
"""With a full stop."""
UNITS: Final[Mapping[str, tuple[str, str]]] = {
    "€": ("euro", "euros"), "eur": ("euro", "euros"), "$": ("dólar", "dólares"), "%": ("por ciento",) * 2,
    "h": ("hora", "horas"), "min": ("minuto", "minutos"), "km": ("kilómetro", "kilómetros"),
    "m": ("metro", "metros"), "kg": ("kilo", "kilos"), "°c": ("grado", "grados"), "ºc": ("grado", "grados"),
}  # fmt: skip
"""After a figure: of one, of several."""
SIGNS: Final[Mapping[str, str]] = {
    "@": " arroba ", "&": " y ", "+": " más ", "=": " igual a ", "#": " almohadilla ", "*": " asterisco ",
    "%": " por ciento ", "€": " euros ", "$": " dólares ", "/": " ", "nº": "número ", "n.º": "número ",
}  # fmt: skip
LETTERS: Final[Mapping[str, str]] = {
    "b": "be", "c": "ce", "d": "de", "f": "efe", "g": "ge", "h": "hache", "j": "jota", "k": "ka", "l": "ele",
    "m": "eme", "n": "ene", "ñ": "eñe", "p": "pe", "q": "cu", "r": "erre", "s": "ese", "t": "te", "v": "uve",
    "w": "uve doble", "x": "equis", "y": "i griega", "z": "zeta",
}  # fmt: skip
FEMININE: Final = re.compile(r"(?!días?$)\w+(?:as?|ción|ciones|dad|dades)$")
"""Nouns that a number agrees with, nearly always."""

SYLLABLES: Final = re.compile(
    r"(?:(?:[bcfgp][lr]|[dt]r|ch|ll|[qg]u|[bcdfghjklmnñpqrstvwxyz])?[aeiouáéíóú]+(?:[nslrdzmfcxt](?![aeiou]))?)+"
)
"""Whole words that can be said at all: IVA, OTAN; DNI and ITV are spelled."""


def words(text: str) -> str:
    """Return *text* without figures, signs and abbreviations."""
    # The rules know one kind of white space.
    text = " ".join(text.split())
    for pattern, spoken in RULES:
        text = pattern.sub(spoken, text)
    return " ".join(text.split())


def _cardinal(figures: str) -> str:
    return str(num2words(int(figures.replace(".", "")), lang="es"))


def _agreeing(figures: str, noun: str) -> str:
    """Return the number as it stands before *noun*: un día, una hora, veintiún días."""
    number = _cardinal(figures)
    if not number.endswith("uno") or not noun:
        return number
    if FEMININE.match(noun.lower()):
        return number.removesuffix("uno") + "una"
    return number.removesuffix("veintiuno") + "veintiún" if number.endswith("veintiuno") else number[:-1]


def _digits(figures: str) -> str:
    """Return a number that nobody counts with, as people say it: by twos or threes, or by one after a zero."""
    if " " not in figures and len(figures) <= 4:
        return " ".join(map(_cardinal, figures))
    groups = figures.split() if " " in figures else [figures[at : at + 3] for at in range(0, len(figures), 3)]
    return ", ".join(_group(group) for group in groups)


def _group(group: str) -> str:
    return " ".join(map(_cardinal, group)) if group[0] == "0" or len(group) > 3 else _cardinal(group)


def _clock(match: re.Match[str]) -> str:
    hour, minute = _agreeing(match["hour"], "hora"), int(match["minute"])
    return hour + {0: "", 15: " y cuarto", 30: " y media"}.get(minute, f" y {_cardinal(match['minute'])}")


def _date(match: re.Match[str]) -> str:
    day, month = int(match["day"]), int(match["month"])
    year = f" de {_cardinal(match['year'])}" if match["year"] else ""
    return f"{'uno' if day == 1 else _cardinal(match['day'])} de {MONTHS[month - 1]}{year}"


def _amount(match: re.Match[str]) -> str:
    one, several = UNITS[(match["unit"] or match["currency"]).lower()]
    unit = one if match["whole"] == "1" and not match["part"] else several
    if not match["part"]:
        return f"{_agreeing(match['whole'], unit)} {unit}"
    if unit in ("euros", "dólares"):
        return f"{_agreeing(match['whole'], unit)} {unit} con {_cardinal(match['part'])}"
    return f"{_cardinal(match['whole'])} coma {_cardinal(match['part'])} {unit}"


def _ordinal(match: re.Match[str]) -> str:
    ordinal = str(num2words(int(match["figures"]), lang="es", to="ordinal"))
    return ordinal[:-1] + "a" if match["ending"] == "ª" else ordinal


def _spelled(match: re.Match[str]) -> str:
    letters = match[0].lower()
    return match[0] if SYLLABLES.fullmatch(letters) else " ".join(LETTERS.get(letter, letter) for letter in letters)


_WHOLE = r"(?<![\w.,])(?P<{name}>\d{{1,3}}(?:\.\d{{3}})+|\d{{1,6}})"
_PART = r"(?:,(?P<part>\d{1,2}))?"
_UNIT = "|".join(sorted(map(re.escape, UNITS), key=len, reverse=True))

RULES: Final[tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...]] = (
    (re.compile(r"(?<=\w)\.(?=[a-z]{2,}\b)|(?<=www)\."), " punto "),
    (re.compile(r"\b[cC]/ ?(?=\w)"), "calle "),
    (re.compile(r"\b[nN](?:\.º|º|\.°|°)\s*(?=\d)"), "número "),
    (
        re.compile(rf"\b(?P<short>{'|'.join(ABBREVIATIONS)})\.(?=\s|$|,)", re.IGNORECASE),
        lambda match: ABBREVIATIONS[match["short"].lower()],
    ),
    (re.compile(r"\b(?P<day>[0-3]?\d)/(?P<month>0?[1-9]|1[0-2])(?:/(?P<year>\d{4}))?\b"), _date),
    (re.compile(r"\b(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)(?:\s*h\b)?"), _clock),
    (re.compile(r"\b(?P<figures>\d{1,2})\.?(?P<ending>[ºª])(?!\s?[cC]\b)"), _ordinal),
    (re.compile(rf"(?P<currency>[€$])\s?{_WHOLE.format(name='whole')}{_PART}(?P<unit>)"), _amount),
    (
        re.compile(rf"{_WHOLE.format(name='whole')}{_PART}\s?(?P<currency>)(?P<unit>{_UNIT})(?!\w)", re.IGNORECASE),
        _amount,
    ),
    (re.compile(r"(?<![\w.,])\d{2,3}(?: \d{2,3}){2,}(?![\w,]|\.\d)"), lambda match: _digits(match[0])),
    (re.compile(r"\d{7,}|\b0\d+"), lambda match: _digits(match[0])),
    (re.compile(r"(?<=\d),(?=\d)"), " coma "),
    (re.compile(r"\d{1,3}(?:\.\d{3})+|\d+(?P<before>\s+[^\W\d]+)?"), lambda match: _counted(match[0])),
    (re.compile("|".join(map(re.escape, SIGNS))), lambda match: SIGNS[match[0]]),
    (re.compile(r"\b(?:[A-ZÑ]{2,5}|[B-DF-HJ-NP-TV-XZÑ])\b"), _spelled),
    (re.compile(r"\s+(?=[.,;:!?…])"), ""),
)
"""In this order."""


def _counted(found: str) -> str:
    """Return figures, and the noun after them, if there is one."""
    figures, _, noun = found.partition(" ")
    return f"{_agreeing(figures, noun)} {noun}".rstrip()
