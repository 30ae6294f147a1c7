"""What a caller stands by who corrects himself: "el martes, no, el miércoles"."""

import re

from assist.flow.slots.text import phrases, plain

_TAG_QUESTION = re.compile(r"(?:¿|,)\s*(?:no|verdad|right|okay)\s*\?", re.IGNORECASE)
"""It asks for agreement and corrects nothing: "el martes, ¿no?"."""

_TURNS = {
    "es": re.compile(
        r"\b(?:perd[oó]n|perdone|disculpe|mejor|sino|digo|quiero decir|en realidad|espera|espere|me equivoqu[eé]|"
        r"que diga|rectifico|m[aá]s bien)\b",
        re.IGNORECASE,
    ),
    "en": re.compile(
        r"\b(?:sorry|pardon|i mean|actually|wait|hold on|rather|make (?:it|that)|instead|scratch that|better|"
        r"correction|my mistake)\b",
        re.IGNORECASE,
    ),
}
"""What follows replaces what went before."""

_OVER = {
    "es": re.compile(
        r"\b(?:empiezo|empezamos|empezar|comienzo|comenzamos|repito|vuelvo) (?:otra vez|de nuevo|a empezar)\b|"
        r"\bde(?:sde el)? principio\b|\bme (?:he )?equivo\w+|\bborr[ea]\w*|\botra vez\b"
    ),
    "en": re.compile(r"\b(?:start|starting|begin) (?:over|again)\b|\bfrom the (?:start|beginning)\b|\bscratch that\b"),
}

_NO = re.compile(r"(?:^|(?<=\s))no\b", re.IGNORECASE)

_CONTRAST = re.compile(r"no\s+\w", re.IGNORECASE)

_DENIALS = {
    "es": re.compile(
        r"\b(?:no|nunca|tampoco) (?:(?:me|nos|le|se|lo|la) )?(?:puedo|puede|podemos|podre|podria|quiero|quiera|queria|"
        r"tengo|hay|va|viene|vengo|estoy|estare|es|sea|trabajo|llego|antes de|despues de)\b|. no$|"
        r"^(?:excepto|salvo) |\b(?:dia|hora) menos "
    ),
    "en": re.compile(r"\b(?:not|cannot|can t|don t|doesn t|isn t|won t|couldn t|wouldn t|except|anything but)\b|. no$"),
}
"""A phrase that says what it is not."""


def starts_over(text: str, language: str) -> bool:
    """Return whether the caller takes back all that he said of something."""
    return anew(text, language) is not None


def anew(text: str, language: str) -> str | None:
    """Return what the caller says after he took back all that he said of something; None if he takes nothing back."""
    _, *after = _OVER[language].split(plain(text))
    return after[-1].strip() if after else None


def takes(text: str, language: str) -> list[str]:
    """Return what *text* says, the last correction first; what it denies is left out.

    Unlike `plain`, spelling and capitals stay as they were.
    """
    found = [""]
    for place, phrase in enumerate(phrases(_TAG_QUESTION.sub(" ", text))):
        for number, piece in enumerate(_TURNS[language].split(phrase)):
            if number:
                found.append("")
            if _DENIALS[language].search(plain(piece)):
                continue
            if language == "es" and place and not number and _CONTRAST.match(piece):
                # "El miércoles, no el martes", or a correction heard without its pause: both stand, to be asked again.
                piece = _NO.sub("", piece)
            first, *corrected = _NO.split(piece)
            found[-1] = f"{found[-1]}, {first}"
            found.extend(corrected)
    return [said.strip(" ,") for said in reversed(found) if said.strip(" ,")]
