"""Closed answers: yes or no, the words of a menu.

The caller may say more than the answer, but a word like "no" inside a sentence is none: it answers only as a phrase
of its own. "No, tengo coche" is a no; "no tengo coche" may be anything.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum, auto

from rapidfuzz import fuzz

from assist.flow.slots.text import FILLERS, bare, phrases, words

_YES = {
    "es": (
        "sí|claro|claro que sí|por supuesto|vale|de acuerdo|correcto|exacto|exactamente|eso es|así es|está bien|"
        "bien|muy bien|bueno|perfecto|desde luego|ok|okay|cómo no|adelante|afirmativo|efectivamente|cierto|"
        "es correcto|sin problema|no hay problema|me parece bien|me va bien|me viene bien|ajá|por qué no|sip|"
        "eso|es verdad|está correcto|conforme|confirmo|lo confirmo|de una|dale|órale|"
        "ahora sí|creo que sí|que sí|eso sí|así está bien|todo bien|todo correcto|está todo bien|así vale"
    ).split("|"),
    "en": (
        "yes|yeah|yep|yup|sure|of course|certainly|correct|that's correct|right|that's right|okay|ok|fine|"
        "that's fine|exactly|absolutely|definitely|please do|go ahead|no problem|sounds good|perfect|great|"
        "affirmative|i do|it is|uh huh|why not|that works|i confirm|indeed|alright|all right|good|"
        "i think so|that's good|all correct|everything is correct"
    ).split("|"),
}
_NO = {
    "es": (
        "no|para nada|en absoluto|qué va|claro que no|nada|nada más|ninguno|ninguna|negativo|nunca|mejor no|"
        "ahora no|todavía no|de ninguna manera|ni hablar|incorrecto|es incorrecto|nanay|tampoco|que no|creo que no|"
        "no quiero|no es correcto|no está bien|no es así|no me va bien|no me viene bien|no es eso|así no|"
        "está mal|mal|eso no|no hace falta|no es necesario|nop"
    ).split("|"),
    "en": (
        "no|nope|nah|not really|not at all|no way|negative|never|no thanks|no thank you|not now|not yet|"
        "i don't|it isn't|it's not|that's not right|that's not correct|not correct|not right|incorrect|wrong|"
        "that's wrong|absolutely not|definitely not|of course not|certainly not|i don't think so|nothing|"
        "nothing else|none|neither|that's incorrect|i do not|i'd rather not|not quite"
    ).split("|"),
}
_UNDECIDED = {
    "es": "no sé|no lo sé|no estoy seguro|no estoy segura|quizás|quizá|tal vez|depende|a lo mejor|ni idea".split("|"),
    "en": "i don't know|don't know|i'm not sure|not sure|maybe|perhaps|it depends|no idea".split("|"),
}
_SOFT = frozenset(
    # They open a refusal as easily as they agree: "bueno, no", "okay, no".
    ("bueno", "bien", "claro", "vale", "ok", "okay", "right", "well", "muy bien", "perfecto", "perfect", "sure",
     "de acuerdo", "all right", "alright", "great", "good", "fine")
)  # fmt: skip
_BOTH_WAYS = frozenset(" ".join(words(said)) for table in (_YES, _NO) for spoken in table.values() for said in spoken)
"""What carries no subject: in the middle of a sentence it says nothing."""
_FIRM = _BOTH_WAYS - _SOFT

_REVISED = {
    "es": re.compile(r"\b(?:perd[oó]n|digo|quiero decir|espere?|me equivoqu[eé]|mejor dicho)\b", re.IGNORECASE),
    "en": re.compile(r"\b(?:sorry|i mean|wait|hold on|actually|scratch that)\b", re.IGNORECASE),
}
_FILLED = {language: re.compile(fillers) for language, fillers in FILLERS.items()}
_ARTICLES = re.compile(r"\b(?:el|la|los|las|una?|the|an?) ")
_NEGATION = frozenset(("no", "not", "don", "isn", "can", "ni", "tampoco", "nunca"))
_ALIKE = 75
"""Of 100: "sita" is "cita", "casa" is not."""
_FEW = 4
"""Words that an answer is likely the whole of."""


class _Unclear(Enum):
    """A reading that is understood and yet decides nothing."""

    IT = auto()


def choose(readings: Sequence[str], options: Mapping[str, Sequence[str]], language: str) -> str | None:
    """Return the key of *options* that the caller chose; None if none, or more than one.

    *readings* are what may have been said, best first; each option has the words that choose it. An option with
    "sí", "yes" or "no" among its words is also chosen by every other way to say so.
    """
    ways = {option: _ways(spoken, language) for option, spoken in options.items()}
    for reading in readings:
        chosen = _decide(reading, ways, language)
        if chosen is not None:
            return None if chosen is _Unclear.IT else str(chosen)
    return _nearest(readings, ways, language)


def is_plain(text: str, language: str) -> bool:
    """Return whether *text* agrees or refuses and says nothing else: "sí, está bien"."""
    both = _plain((*_YES[language], *_NO[language]))
    said = [" ".join(words(phrase)) for phrase in phrases(text)]
    answers = [phrase for phrase in said if _answers(phrase, both, language)]
    return bool(answers) and all(phrase in answers or not bare(phrase, language) for phrase in said)


def _ways(spoken: Sequence[str], language: str) -> frozenset[str]:
    ways = _plain(spoken) - {""}
    widened = ways
    if ways & {"si", "yes"}:
        widened |= _plain(_YES[language])
    if "no" in ways:
        widened |= _plain(_NO[language])
    return widened


def _decide(reading: str, ways: Mapping[str, frozenset[str]], language: str) -> str | _Unclear | None:
    for take in reversed(_REVISED[language].split(reading)):
        said = [" ".join(words(phrase)) for phrase in phrases(take)]
        if any(phrase in _plain(_UNDECIDED[language]) for phrase in said):
            return _Unclear.IT
        chosen = _phrases_choose(said, ways, language) or _mentions(said, ways)
        if chosen:
            return chosen.pop() if len(chosen) == 1 else _Unclear.IT
    return None


def _plain(spoken: Iterable[str]) -> frozenset[str]:
    return frozenset(" ".join(words(said)) for said in spoken)


def _phrases_choose(said: Sequence[str], ways: Mapping[str, frozenset[str]], language: str) -> set[str]:
    """Return what is chosen by phrases that say nothing else; what only opens a phrase counts if nothing else does."""
    firm, soft = set[str](), set[str]()
    for phrase in said:
        for option, spoken in ways.items():
            answers = _answers(phrase, spoken, language)
            if answers:
                (soft if answers <= _SOFT else firm).add(option)
    return firm or soft


def _answers(phrase: str, spoken: frozenset[str], language: str) -> frozenset[str]:
    """Return the words of *spoken* that make up *phrase*, courtesies apart; none if it says anything else.

    "Sí claro por favor" is made of "sí" and "claro".
    """
    said = phrase.split()
    longest = max([_FEW, *(len(way.split()) for way in spoken)])
    # What the first so many words are made of, where they are made of anything.
    made: dict[int, frozenset[str]] = {0: frozenset()}
    for end in range(1, len(said) + 1):
        for start in range(max(0, end - longest), end):
            part = " ".join(said[start:end])
            if start in made and part in spoken:
                made[end] = made[start] | {part}
                break
            if start in made and part not in _FIRM and _FILLED[language].fullmatch(part):
                made.setdefault(end, made[start])
    return made.get(len(said), frozenset())


def _mentions(said: Sequence[str], ways: Mapping[str, frozenset[str]]) -> set[str]:
    """Return what is named within longer phrases, unless it is denied there."""
    found = set[str]()
    for phrase in said:
        for option, spoken in ways.items():
            for named in spoken - _BOTH_WAYS:
                before, there, after = f" {phrase} ".partition(f" {named} ")
                if there and not _NEGATION & {*before.split(), *after.split()[:1]}:
                    found.add(option)
    return found


def _comparable(said: str, named: str) -> bool:
    """Return whether *said* may be *named*, misheard: "ahora sí" sounds like "ahora no" and is none."""
    if re.sub(r"\D", "", said) != re.sub(r"\D", "", named):
        return False
    return len(named) >= _shortest(named) and bool(_NEGATION & {*said.split()}) == bool(_NEGATION & {*named.split()})


def _shortest(named: str) -> int:
    """Return how long *named* must be to be recognised by its sound: "sí" and "mí", "vale" and "sale" are too alike."""
    return 6 if named in _BOTH_WAYS else 4


def _nearest(readings: Sequence[str], ways: Mapping[str, frozenset[str]], language: str) -> str | None:
    """Return the option one of whose words sounds most like one of *readings*, if it is alone in that."""
    scores = dict.fromkeys(ways, 0.0)
    for rank, reading in enumerate(readings):
        said = _ARTICLES.sub("", bare(" ".join(words(reading)), language))
        if not said or len(said.split()) > _FEW:
            continue
        for option, spoken in ways.items():
            alike = (fuzz.ratio(said, named) for named in spoken if _comparable(said, named))
            scores[option] = max(scores[option], max(alike, default=0.0) - rank)
    best = max(scores, key=lambda option: scores[option], default=None)
    if best is None or scores[best] < _ALIKE:
        return None
    rivals = [option for option, score in scores.items() if option != best and score > scores[best] - 5]
    return None if rivals else best
