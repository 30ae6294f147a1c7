"""Names of people, as they are said: "me llamo Ana García", "a nombre de Luis de la Torre", "it's Ann Lee"."""

import re
from datetime import datetime

from assist.flow.slots.corrections import takes
from assist.flow.slots.text import phrases, plain
from assist.llm import Json

_INTRODUCED = {
    "es": re.compile(
        r"\b(?:me llamo|mi nombre(?: completo)? es|a ?l? ?nombre de|nombres de|soy|se llama|habla|le habla|"
        r"el nombre(?: completo)? es|mi apellido es|de parte de)\s+(?:(?:el|la|don|doña|señora?|doctora?)\s+)*",
        re.IGNORECASE,
    ),
    "en": re.compile(
        r"\b(?:my (?:full )?name(?:\s+is|['’]s)|the name(?:\s+is|['’]s)|i am|i['’]m|this is|it['’]s|it is|"
        r"i['’]m called|call me|under the name(?: of)?|in the name of|(?:his|her) name(?:\s+is|['’]s)|"
        r"the name of|under|speaking is)\s+(?:(?:mr|mrs|ms|miss|dr|doctor)\b[.,]?\s+)?",
        re.IGNORECASE,
    ),
}
_PARTICLES = frozenset("de del la las los y e da do dos di van von der den bin al el mc san santa".split())
_NO_NAME = frozenset(
    # Words that a sentence has and a name has not.
    "a adios ahi alli aqui ayuda bien buenas buenos cita claro como con correcto cuando cual dias donde ella en es "
    "eso esta este esto estoy gracias hay he hola hora hoy igual lo llama llamaba llamada llamando llamo manana mas me "
    "mi mismo misma momento muy nada nadie necesito ninguno no nombre noches nombres nos o ok para perdon pero persona "
    "por porque pues puede puedo que quien queria quiero quisiera repita saber se si sin sobre su sus tardes te tengo "
    "tiene todo tu un una uno usted va vale voy ya yo cliente paciente ver espere favor "
    "about afternoon again agent am an and any anybody anything appointment are at book but bye calling can could "
    "cancel don evening for good goodbye have hello help here hi how i in is it just know me morning my myself "
    "name need nobody nothing not of ok okay on please sorry speak sure thank thanks that the then there this "
    "to want was we well what when where who why with would yes yeah yep nope you your fine here "
    "lunes martes miercoles jueves viernes sabado monday tuesday wednesday thursday friday saturday".split()
)
_COURTESIES = re.compile(
    r"^(?:(?:hola|hello|hi|hey|s[ií]|yes|yeah|sure|okay|ok|vale|claro|pues|bueno|y|eh+|ehm|um|uh|mm+|well|mire|mira|"
    r"a ver|buenos d[ií]as|buenas tardes|buenas noches|buenas|good morning|good afternoon|good evening|don|doña|"
    r"señora?|mr|mrs|ms|miss|es)\b\.?\s*)+|"
    r"\s+(?:gracias|muchas gracias|por favor|please|thanks|thank you|speaking|here|al habla|para servirle)$",
    re.IGNORECASE,
)
_LONGEST = 6
"""Words of a name; more is a sentence."""


def parse(text: str, language: str, now: datetime, *, asked: bool = True) -> str | None:
    """Return the name in *text*, with capitals and accents; None if there is none.

    Unless one was *asked* for, only what is introduced as a name is one.
    """
    for take in takes(text, language):
        introduced = _INTRODUCED[language].split(take)[1:]
        # A comma falls where one breathes, also between the names: "García, Ana" needs a person to sort out.
        for said in introduced or (phrases(take) if asked else ()):
            for phrase in phrases(said):
                if name := _name(phrase):
                    return name
                if introduced:
                    break
    return None


def _name(phrase: str) -> str | None:
    words = _COURTESIES.sub("", phrase).split()
    if not 1 <= len(words) <= _LONGEST or not all(
        re.fullmatch(r"[^\W\d_]+(?:['’-][^\W\d_]+)*", word) for word in words
    ):
        return None
    known = [plain(word) for word in words]
    if any(word in _NO_NAME for word in known) or all(word in _PARTICLES for word in known):
        return None
    return " ".join(_capitals(word, first=not number) for number, word in enumerate(words))


def _capitals(word: str, *, first: bool) -> str:
    if word.lower() in _PARTICLES and not first:
        return word.lower()
    if not (word.islower() or word.isupper()):
        return word
    return re.sub(r"(^|['’-])(\w)", lambda start: start[1] + start[2].upper(), word.lower())


def say(value: Json, language: str) -> str:
    """Return the name as it is."""
    return str(value)
