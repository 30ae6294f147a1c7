"""Numbers in words and in digits, both ways, in Spanish and English."""

import re

from text_to_num import alpha2digit

from assist.flow.slots.text import fold, plain

_LEFT_ALONE = {
    # An article is no number, and "cuarto" after an hour is a quarter of it.
    "es": re.compile(
        r"(\bcuartos?\b|(?<!y )(?<!ciento )(?<![cn]ientos )(?<![cn]ientas )\b(?:una?)\b(?! (?:mil|bil)lon\b))"
    ),
    "en": re.compile(r"(\b(?:a|an)\b)"),
}
_SPELLINGS = {
    "es": (
        # What Whisper makes of "las ocho", "las once" and "la once" through a telephone.
        (re.compile(r"\bsoch[oa]\b"), "ocho"),
        (re.compile(r"\b(?:sonse|sonce|onse|onces)\b"), "once"),
        (re.compile(r"\bventi(?=\w)"), "veinti"),
        (re.compile(r"\b(?:veinti|veinte y )(?=un[oa]?\b)\w+"), "veintiuno"),
        (re.compile(r"\bveinti ?dos\b|\bveinte y dos\b"), "veintidós"),
        (re.compile(r"\bveinti ?tres\b|\bveinte y tres\b"), "veintitrés"),
        (re.compile(r"\bveint(?:i |e y )(?=(?:cuatro|cinco|seis|siete|ocho|nueve)\b)"), "veinti"),
        (re.compile(r"\b(treinta|cuarenta|cincuenta|sesenta|setenta|ochenta|noventa)i(?=\w)"), r"\1 y "),
    ),
    "en": (),
}


def numerals(text: str, language: str) -> str:
    """Return *text* as `plain`, with every number in digits: ``las 9 menos cuarto``, ``november 25th``.

    "una" stays a word: it is an article more often than an hour.
    """
    folded = fold(text)
    for written, known in _SPELLINGS[language]:
        folded = written.sub(known, folded)
    pieces = _LEFT_ALONE[language].split(folded)
    # Splitting by a group leaves what it matched at the odd places.
    pieces[::2] = [alpha2digit(piece, language, 0) for piece in pieces[::2]]
    return plain("".join(pieces))


_SMALL = {
    "es": (
        "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis diecisiete "
        "dieciocho diecinueve veinte veintiuno veintidós veintitrés veinticuatro veinticinco veintiséis veintisiete "
        "veintiocho veintinueve"
    ).split(),
    "en": (
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen"
    ).split(),
}
_TENS = {
    "es": "- - veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa".split(),
    "en": "- - twenty thirty forty fifty sixty seventy eighty ninety".split(),
}
_HUNDREDS = (
    "- ciento doscientos trescientos cuatrocientos quinientos seiscientos setecientos ochocientos novecientos"
).split()


def cardinal(number: int, language: str) -> str:
    """Return *number* in words; from a thousand million on in digits."""
    if number < 0:
        return f"{'menos' if language == 'es' else 'minus'} {cardinal(-number, language)}"
    if number >= 10**9:
        return str(number)
    return _spanish(number) if language == "es" else _english(number)


def _spanish(number: int) -> str:
    if number < 30:
        return _SMALL["es"][number]
    if number < 100:
        return _joined(_TENS["es"][number // 10], number % 10, "es", " y ")
    if number == 100:
        return "cien"
    if number < 1000:
        return _joined(_HUNDREDS[number // 100], number % 100, "es")
    if number < 2000:
        return _joined("mil", number % 1000, "es")
    if number < 10**6:
        return _joined(f"{_shortened(number // 1000)} mil", number % 1000, "es")
    millions = "un millón" if number < 2 * 10**6 else f"{_shortened(number // 10**6)} millones"
    return _joined(millions, number % 10**6, "es")


def _shortened(number: int) -> str:
    """Return *number* as it stands before "mil": treinta y un."""
    said = _spanish(number)
    return re.sub(r"uno$", "un", re.sub(r"veintiuno$", "veintiún", said))


def _english(number: int) -> str:
    if number < 20:
        return _SMALL["en"][number]
    if number < 100:
        return _joined(_TENS["en"][number // 10], number % 10, "en", "-")
    for unit, name in ((10**6, "million"), (1000, "thousand"), (100, "hundred")):
        if number >= unit:
            link = " and " if number % unit < 100 else " "
            return _joined(f"{_english(number // unit)} {name}", number % unit, "en", link)
    raise AssertionError(number)


def _joined(head: str, rest: int, language: str, link: str = " ") -> str:
    return f"{head}{link}{cardinal(rest, language)}" if rest else head
