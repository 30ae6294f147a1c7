"""What the first words of whoever answers say of who it is, in Spanish and English at once.

A machine tells what to do, and in nearly the same words everywhere: to leave something after a tone, to press a key, to
say who calls. Where two of those are said, the first of `_MACHINES` counts: after "the person you are calling is not
available, leave a message" a message can be left.
"""

import re
from enum import StrEnum

from assist.flow.slots.text import plain


class Kind(StrEnum):
    """Who or what answers."""

    HUMAN = "human"
    VOICEMAIL = "voicemail"
    IVR = "ivr"
    """A menu, or a queue."""
    SCREENED = "screened"
    """A machine asks who calls; a person may come."""
    UNAVAILABLE = "unavailable"
    """Switched off, out of reach, barred: the network says so."""
    INVALID = "invalid"
    """There is no such number any more, or there never was: the network says so."""


def _any(*patterns: str) -> re.Pattern[str]:
    """Return what finds one of *patterns* at the beginning of a word."""
    return re.compile("|".join(rf"\b{pattern}" for pattern in patterns))


_KEY = (
    r"(?:\d+|cero|uno|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|asterisco|almohadilla|numeral|gato|"
    r"zero|one|two|three|four|five|six|seven|eight|nine|star|pound|hash)\b"
)
_LEAVE = r"dej[ea](?:n|nos|me|le|te|se)?"
_AFTER = r"(?:despues|luego|tras|al (?:oir|escuchar|sonar|terminar)|cuando (?:oiga|escuche|suene)s?)"
_NOBODY = r"(?:nadie|ninguno de nosotros|ninguna persona)"
_TONE = r"(?:sen(?:g|y)?al|tono|pitido|bip)\b"
"""With what Whisper makes of "señal"."""

_VOICEMAIL = _any(
    rf"(?:{_LEAVE}|grab[ea](?:n|nos)?) (?:\w+ ){{0,6}}(?:mensaje|recado)\b",
    r"(?:si (?:\w+ )?(?:quieres?|deseas?|gusta)|(?<!me )puedes?|podeis|pueden|para) (?:\w+ )?"
    r"(?:dejar|grabar)(?:nos|me|le|te)? (?:\w+ )?(?:mensaje|recado)\b",
    rf"{_LEAVE} (?:\w+ ){{1,8}}{_TONE}",
    rf"(?<!su nombre )(?<!tu nombre ){_AFTER} (?:del? )?(?:(?:\w+ )?(?:la|el) )?{_TONE}"
    r"(?! (?:diga|di|indique) (?:su|tu) nombre)",
    rf"{_LEAVE} (?:su|tu|sus|tus) (?:nombre|telefono|numero|datos)\b",
    r"(?:mandame|enviame|escribeme|mandeme|envieme) (?:\w+ )?(?:whatsapp|mensaje|sms)\b",
    r"buzon (?:de|esta|lleno)\b",
    rf"{_NOBODY} (?:esta |se encuentra |puede )?(?:libre |disponible )?(?:para )?(?:responder|contestar|atender)",
    r"(?:no ?(?:one|body)|none of us) (?:is|can) (?:\w+ ){0,3}(?:take|answer|come|get to)\b",
    r"(?:contestador|casilla de (?:mensajes|voz)|correo de voz|mensaje de voz)\b",
    r"(?:leave|record) (?:\w+ ){0,6}message\b(?<!like to leave a message)(?<!want to leave a message)",
    r"leave (?:\w+ ){0,6}(?:name|number)\b",
    r"(?:after|at|wait for|hear) the (?:tone|beep|signal)\b"
    r"(?! (?:please )?(?:say|state) your name)(?<!your name after the tone)",
    r"(?:voice ?mail|voice message|mailbox|answering machine|automated voice messag\w+)\b",
)
_ANNOUNCES = _any(
    r"(?:h[ae]s?|habeis) llamado (?:al?|con)\b",
    r"gracias por (?:(?:su|tu) llamada|llamar)\b",
    r"este es el (?:telefono|numero|movil|contestador)\b",
    r"has contactado\b",
    r"(?:you|you ve|you have|have) reached\b",
    r"thanks? (?:you )?for calling\b",
    r"this is the (?:phone|number) of\b",
)
_ABSENT = _any(
    r"no (?:l[ea]s? |os |te |le )?(?:puedo|podemos|puede|podre|podremos) (?:atender|contestar|responder|coger)",
    r"no (?:\w+ )?(?:estoy|estamos|esta|se encuentra) (?:\w+ )?(?:disponibles?|en casa|en la oficina)\b",
    r"(?:fuera de|nuestro) horario\b",
    r"(?:lineas|operadores|agentes) (?:estan )?ocupad[oa]s\b",
    r"(?:can t|cannot|can not|unable|not able) (?:to )?(?:take|answer|come|get to|pick)\b",
    r"not (?:available|here|in the office|home)\b",
    r"get back to you\b",
    r"our (?:office|opening|business) hours\b",
    r"currently closed\b",
    r"missed your call\b",
)
"""A person says this too, but not right after what `_ANNOUNCES` finds."""
_SCREENED = _any(
    r"(?:diga|di|indique|indica|grabe|graba|mencione|pronuncie) (?:\w+ )?(?:su|tu) nombre\b",
    r"(?:diga|di|indique|y|cual es) (?:\w+ ){0,4}motivo de (?:su|la|tu|esta) llamada\b",
    r"soy el asistente (?:de|personal)\b",
    r"activado (?:un |el )?filtr\w+",
    r"filtr\w+ (?:\w+ )?(?:las |sus |de )?llamadas?\b",
    r"(?:asistente|servicio) (?:\w+ )?(?:de )?(?:filtrado|llamadas de)\b",
    r"antes de (?:pasarl|pasart|conectarl|conectart)e (?:\w+ )?llamada\b",
    r"(?:state|say|record) your name\b",
    r"(?:say|state) (?:\w+ ){0,4}(?:why|reason)\b",
    r"this is the (?:call|google) assistant\b",
    r"call (?:screen|assist\b)",
    r"screening (?:service|your call|this call|calls)\b",
    r"see if (?:this person|they re|they are|\w+ is|he s|she s) available\b",
    r"before i (?:try to )?connect you\b",
)
_WHAT = r"(?<!mi )(?<!tengo el )(?:telefono|movil|celular|numero|linea|abonado|usuario|cliente|terminal|suscriptor)\b"
_CANNOT = r"(?:cannot|can t|can not|could not)"
_CALLED = (
    r"(?:number|person|customer|subscriber|party|phone|mobile|user)\b(?: \w+){0,3} you (?:\w+ )?"
    r"(?:dial\w*|call\w*|are (?:calling|trying to (?:reach|call)))(?: \w+){0,4}"
)
_INVALID = _any(
    rf"{_WHAT}(?: \w+){{0,9}} (?:no existe|incorrecto|inexistente|no (?:es )?valido|dado de baja)\b",
    rf"{_WHAT}(?: \w+){{0,9}} no (?:\w+ )?(?:esta|se encuentra) (?:\w+ )?(?:en servicio|asignado|habilitado)\b",
    rf"{_WHAT}(?: \w+){{0,9}} no (?:corresponde|pertenece|ha sido reconocido)\b",
    rf"{_WHAT}(?: \w+){{0,9}} ha (?:sido )?cambiado\b",
    r"no existe (?:ninguna |la )?linea\b",
    r"llamada no (?:puede|se puede|pudo|ha podido) (?:ser )?(?:complet|curs|realiz)\w+ como\b",
    rf"{_CALLED} (?:(?:is|s) (?:not|no longer) (?:in service|assigned|valid|recognized|allocated)|does not exist)\b",
    rf"{_CALLED} (?:is|was) (?:incorrect|invalid)\b",
    r"(?:not|no longer) in service\b",
    r"not a working number\b",
    r"(?:number|line) (?:\w+ ){0,4}has been (?:disconnected|changed)\b",
    rf"call (?:\w+ )?{_CANNOT} be completed as\b",
)
_UNAVAILABLE = _any(
    rf"{_WHAT}(?: \w+){{0,9}} (?:apagad[oa]|fuera de|suspendid[oa]|restringid[oa])\b",
    rf"{_WHAT}(?: \w+){{0,9}} no (?:\w+ )?(?:esta|se encuentra) (?:\w+ )?(?:disponible|operativ[oa])\b",
    rf"{_WHAT}(?: \w+){{0,9}} no (?:tiene|admite|acepta)\b",
    r"(?:destino|numero) no (?:es|esta) (?:\w+ )?(?:alcanzable|accesible|localizable)\b",
    r"no (?:es|ha sido) posible (?:establecer|completar|realizar|cursar) (?:la|su) (?:comunicacion|llamada|conexion)\b",
    r"(?:apagado o|o esta|se encuentra) fuera del? (?:\w+ )?(?:cobertura|servicio|area)",
    r"(?:su|la) llamada no (?:puede|se puede|pudo|ha podido) (?:ser )?(?:complet|curs|realiz|establec)",
    rf"{_CALLED} (?:is|has|{_CANNOT}|isn t|not)\b",
    r"(?:switched|powered) off\b",
    rf"call (?:\w+ )?{_CANNOT} be completed\b",
)
_IVR = _any(
    rf"(?:marque|pulse|presione|oprima|digite|teclee|marca|pulsa|presiona) (?:\w+ )?(?:\w+ )?{_KEY}",
    # What Whisper makes of "marque".
    rf"mar(?:k|c|que) ?{_KEY}",
    r"(?:marque|digite|pulse|ingrese|introduzca) (?:\w+ ){0,4}(?:extension|opcion|interno|tecla)\b",
    r"si conoce (?:\w+ ){0,4}extension\b",
    r"(?:nuestros|los) (?:agentes|operadores|asesores|ejecutivos|representantes|gestores) (?:\w+ )?(?:estan|se)\b",
    r"(?:su|tu) llamada (?:es (?:muy )?importante|sera atendida|esta siendo|va a ser)",
    r"esta llamada (?:puede|podra|podria|sera|esta siendo) (?:ser )?grabada\b",
    r"mant[ei]n\w+ (?:a la espera|en (?:la )?linea)\b",
    r"menu (?:principal|de opciones)\b",
    r"(?:elija|escoja|seleccione|diga) (?:\w+ ){0,5}(?:opcion|opciones)\b",
    r"asistente virtual de\b",
    r"d(?:iga|igame|iganos|ime) su (?:dni|nif|nie|curp|rut|cedula|numero de (?:cliente|cuenta|poliza))\b",
    r"gracias por (?:su|tu) (?:espera|paciencia)\b",
    r"en breves? (?:momentos?|instantes?)\b",
    rf"(?:press|dial|enter|push) (?:\w+ )?{_KEY}",
    r"for \w+(?: \w+){0,4} press\b",
    r"(?:dial|enter|know) (?:\w+ ){0,4}(?:extension|account number|pin)\b",
    r"followed by the (?:pound|hash|star)\b",
    r"(?:this|your) call (?:may|will|is being) (?:be )?record",
    r"your call is (?:very )?important\b",
    r"all (?:of )?our (?:agents|representatives|operators)\b",
    r"next available (?:agent|representative|operator)\b",
    r"(?:main menu|menu options|wait time)\b",
    r"listen (?:carefully )?to the following\b",
)
_MACHINES = (
    (_VOICEMAIL, Kind.VOICEMAIL),
    (_SCREENED, Kind.SCREENED),
    (_INVALID, Kind.INVALID),
    (_UNAVAILABLE, Kind.UNAVAILABLE),
    (_IVR, Kind.IVR),
)

_HELLO = re.compile(
    r"(?:(?:hola|si|se|diga|dime|digame|digan|bueno|alo|oiga|ola|buenas|buenos|dias|tardes|noches|quien|es|habla|llama|de|"
    r"parte|con|a|ver|perdon|perdone|como|que|hello|hi|hey|yes|yeah|speaking|who|is|this|it|s|calling|good|morning|"
    r"afternoon|evening|sorry|what|pardon)(?: |$))+"
)
_HOLDS = _any(
    r"(?:esper[ea]|un (?:momento|segundo|instante)|en ?seguida|no cuelgue|gracias)\b",
    r"(?:mant[ei]n|comprob|conect)",
    r"(?:hold|moment|wait|stay on the line|thank you|thanks|connect\w*|checking|one second)\b",
)


def machine(text: str) -> Kind | None:
    """Return the machine that says *text*, which a transcript wrote down; None: as far as one can tell a person."""
    said = plain(text)
    for words, kind in _MACHINES:
        if words.search(said):
            return kind
    return Kind.VOICEMAIL if _ANNOUNCES.search(said) and _ABSENT.search(said) else None


def is_hello(text: str) -> bool:
    """Return whether *text* is only what one says on picking up: "hola", "¿sí, dígame?", "who is this?"."""
    return bool(_HELLO.fullmatch(plain(text)))


def holds(text: str) -> bool:
    """Return whether *text* only asks to wait."""
    return bool(_HOLDS.search(plain(text)))
