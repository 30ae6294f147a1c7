"""Whether a person asks not to be called again, in Spanish and English at once.

What is forbidden must be all calls, by whoever speaks: "no me llame antes de las nueve", "don't call me Johnny", "quite
mi cita de la lista" and "dígale que no me llame más" are other wishes. A mere "no, gracias" is none.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assist.flow.slots.text import bare, plain
from assist.llm import Message

# Spanish

_CALLS = r"(?:(?:llame|moleste|contacte|marque)(?:[ns]|is)?|(?:llam|molest|contact|marc)(?:aran?|asen?))"
_TO_CALL = r"(?:llamar|molestar|marcar|contactar|acosar)(?:me|nos)?"
_SOMETIMES = (
    r"\b(?! (?:hasta|antes|despues|tan|por la|por las|a esta hora|a estas horas|a esa hora|a las?|entre|los|las|el|"
    r"en horas?|de noche|de madrugada|de las?|durante|cuando|mientras|hoy|manana|mas (?:tarde|temprano|de))\b)"
)
_EVER = r"(?:mas|nunca|jamas|otra vez|de nuevo|nuevamente)(?! (?:tarde|temprano|pronto|de|que|hasta|adelante))"
_DELETE = r"(?:borr|quit|elimin|saqu|sac|retir|tach)(?:e|en|a|ar|ad|es)(?:me|nos|lo)?"
_MINE = r"(?:mis?|este|nuestro) (?:numero|telefono|nombre|datos|movil|celular|contacto)"
_LIST = (
    r"(?:(?:de|en) )?(?:las?|sus?|esa|esta|vuestra|tus?|todas las|todas sus|cualquier) "
    r"(?:listas?|bases?|registros?|agenda|sistema)\b(?! de (?:espera|invitados|precios|reservas|citas|pacientes))"
)
_SPANISH = (
    rf"no (?:me|nos)? ?(?:vuelva[ns]?|vuelvas|volvais) a {_TO_CALL}{_SOMETIMES}",
    rf"no (?:quiero|queremos|deseo|quisiera|me interesa) que (?:se )?(?:me|nos) {_CALLS}{_SOMETIMES}",
    rf"no (?:quiero|queremos|deseo|quisiera) que (?:se )?(?:me|nos) (?:vuelvan? a \w+|sigan? \w+ndo){_SOMETIMES}",
    rf"no (?:me|nos) {_CALLS} (?:por favor )?(?:\w+ )?{_EVER}{_SOMETIMES}",
    rf"no (?:me|nos) {_CALLS}(?: por favor| a (?:este|mi) (?:numero|telefono|movil|celular)| aqui)*$",
    rf"no llame(?:[ns]|is)? (?:a este (?:numero|telefono) )?{_EVER}\b",
    r"(?:dije|dicho|pedi|pedido) que no (?:me |nos )?(?:llam(?:aran?|asen)|volvieran? a llamar(?:me|nos)?)\b",
    r"(?:no|nunca) (?:quiero|queremos|deseo) volver a (?:recibir|tener) (?:\w+ )?llamada",
    r"no (?:les )?(?:autorizo|consiento|doy permiso) (?:a )?(?:para )?(?:que )?(?:me |estas |sus )?(?:llam|recibir)",
    r"como (?:me )?(?:vuelvan?|vuelvas) a llamar(?:me)?\b",
    rf"no sigan? (?:llamando|molestando)(?:me|nos)?{_SOMETIMES}",
    rf"(?:deje[ns]?|deja|dejad|pare[ns]?|para) de {_TO_CALL}{_SOMETIMES}",
    r"(?:puede[ns]?|podrian?|quiere[ns]?|va[ns]? a|el favor de) (?:\w+ )?dejar de (?:llamar|molestar)(?:me|nos)\b",
    r"dej(?:e|en|a)(?:me|nos) (?:ya )?(?:en paz|tranquil[oa]s?)\b",
    r"basta de llama(?:das|r)\b",
    r"no (?:quiero|queremos|deseo) (?:recibir )?(?:mas|ningun[ao]?|sus|estas|otra)?(?: mas)? ?"
    r"(?:llamadas?|publicidad)\b(?! (?:a|por|de|en) (?:las|la|el|los|noche)\b)",
    r"(?:no|ni una) (?:llamada )?mas llamadas?\b",
    r"ni una llamada mas\b",
    rf"{_DELETE} (?:\w+ )?(?:{_MINE}(?: \w+)? ?)?{_LIST}",
    rf"{_DELETE} {_MINE}(?: de telefono| por favor)?$",
    r"(?:den?me|dame|darme|darnos|me den?|denos|me (?:quiero|quisiera) dar|me doy) de baja"
    r"(?: ya| por favor| de (?:todo|"
    r"(?:la|esta|sus?|estas|las|esa|vuestra) (?:listas?|llamadas?|base|promociones|campanas?)).*)?$",
    r"borr(?:e|en|a)(?:me|nos)(?: ya)?(?: de (?:donde|ahi|todo|todas).*)?$",
    r"lista robinson\b",
)

# English

_CALL = r"(?:call|phone|ring|contact|bother)"
_ME = r"(?:me|us|here|(?:on |at )?this number)"
_AGAIN = r"(?:again|any ?more|ever)"
_AT_TIMES = (
    r"\b(?! (?:so|before|after|until|till|at (?:night|\w+ o clock|\d+|work)|during|on|in the|this|when|while|today|"
    r"tonight|that|early|late|between|every|him|her|them|it|my)\b)"
)
_RECORDS = (
    r"(?<!monday )(?<!tuesday )(?<!wednesday )(?<!thursday )(?<!friday )(?<!waiting )(?<!guest )(?<!wait )"
    r"(?:lists?|database|records|system|files?)\b"
)
_MY_NUMBER = r"(?:me|us|my (?:\w+ )?(?:number|name|phone|details|data)|this number|our number)"
_ENGLISH = (
    rf"(?:stop|quit|cease) (?:calling|phoning|ringing|bothering|harassing|contacting)(?: {_ME}| my \w+)?{_AT_TIMES}",
    r"(?:stop|quit|cease) these calls\b",
    rf"(?:don t|do not|never|not) (?:you )?(?:ever )?{_CALL} (?:{_ME} |my \w+ )?(?:ever )?{_AGAIN}\b",
    rf"(?:not|no longer) (?:allowed|permitted|authori[sz]ed|supposed) to (?:call|contact) {_ME}\b",
    rf"(?:don t|do not|never) (?:ever )?{_CALL} {_ME}(?: please| at (?:this|my) number| at home| at all)*$",
    rf"(?:not to|don t|do not) (?:ever )?{_CALL} {_ME} {_AGAIN}\b",
    rf"(?:take|remove|delete|get|strike|scratch) {_MY_NUMBER} (?:off|from|out of) (?:of )?(?:\w+ )?(?:\w+ )?{_RECORDS}",
    rf"be (?:removed|taken|deleted) (?:off|from|out of) (?:\w+ )?(?:\w+ )?{_RECORDS}",
    rf"(?:don t|do not|no longer) (?:wish|want|like|care) to be (?:called|contacted|phoned){_AT_TIMES}",
    rf"(?:remove|delete) {_MY_NUMBER}(?: please| now)?$",
    r"(?:put|add|place) (?:me|us|my number|this number) (?:on|to|in) (?:\w+ )?(?:do not|don t|no) call\b",
    r"do not call (?:list|registry|register)\b",
    r"opt(?:ing)? (?:me )?out\b",
    r"unsubscribe\b",
    r"lose my number\b",
    r"leave (?:me|us) alone\b",
    r"no more (?:of (?:these|your) )?calls\b",
    r"i (?:don t|do not) want (?:any |to (?:get|receive) )?(?:any )?(?:more )?(?:of )?(?:your |these |more )?"
    rf"(?:phone |sales )?calls{_AT_TIMES}",
    r"i (?:don t|do not) want (?:you |you guys |you people |anyone )?(?:to call|calling|to contact)"
    rf"(?: {_ME})?(?: {_AGAIN})?(?: please)?$",
)
_WISHES = re.compile("|".join(rf"\b{wish}" for wish in (*_SPANISH, *_ENGLISH)))

_OTHERS = re.compile(
    r"\b(?:dile|digale|decirle|diganle|avise|avisale|avisele|dijo|dice|dijeron)\b.*?\bno (?:me|nos|l[ea]s?)\b.*|"
    r"\bno (?:quiero|quisiera|queremos|hace falta|es necesario|necesito|deseo) (?:que )?(?:me |nos )?"
    r"(?:borr|quit|elimin|saqu|sac|den? de baja|dar)\w*.*|"
    r"\b(?:tell|told|said|says)\b(?! you).*?\b(?:not|stop|don t|never)\b.*|"
    r"\b(?:don t|do not|didn t|never) (?:want (?:you )?to |need to )?(?:take|remove|delete|unsubscribe|opt)\b.*"
)
"""What somebody else is to be told, and what is not to be deleted."""


@dataclass(frozen=True, slots=True)
class OptOut:
    """How people say, in one campaign, that they do not want to be called again."""

    key: str = "9"
    """One that is pressed alone; empty: none."""
    words: Sequence[str] = ()
    """Besides those that are understood anyway: all that is said, courtesies apart."""

    def asked(self, message: Message) -> bool:
        """Return whether *message*, the caller's, says so."""
        if message.keyed:
            return message.text == self.key
        return any(map(self._wished, (message.text, *message.alternatives)))

    def _wished(self, text: str) -> bool:
        said = plain(text)
        if _WISHES.search(_OTHERS.sub(" | ", said)):
            return True
        return any(_bare(said) == _bare(plain(words)) for words in self.words)


def _bare(said: str) -> str:
    """Return what is left of *said* without the courtesies of both languages; all of it if that is nothing."""
    return bare(bare(said, "es"), "en") or said
