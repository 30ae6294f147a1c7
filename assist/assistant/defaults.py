"""What assistants say unless their file says otherwise; whoever speaks a language here can be an assistant."""

from collections.abc import Mapping

PHRASES: Mapping[str, Mapping[str, str | list[str]]] = {
    "es": {
        "fillers": ["Un momento, por favor.", "A ver, un segundo.", "Déjeme ver."],
        "still_there": ["¿Sigue usted ahí?", "Perdone, no le oigo. ¿Puedo ayudarle en algo?"],
        "silent_goodbye": "Como no le oigo, voy a colgar. Llámenos cuando quiera. Hasta luego.",
        "too_long": "Perdone, esta llamada ha llegado a su duración máxima. Gracias por llamar. Hasta luego.",
        "trouble": "Perdone, tengo un problema técnico y no puedo atenderle como es debido.",
        "not_understood": [
            "Perdone, no le he entendido. ¿Me lo puede decir de otra manera?",
            "Disculpe, no estoy seguro de haberle entendido. ¿Qué necesita?",
        ],
        "give_up": "Siento no poder ayudarle por teléfono. Por favor, llámenos en otro momento. Hasta luego.",
        "understood": ["Muy bien.", "De acuerdo.", "Perfecto."],
        "transferring": "Le paso. Un momento, por favor.",
        "transfer_busy": "Lo siento, ahora mismo están comunicando. ¿Puedo ayudarle yo en algo?",
        "transfer_no_answer": "Lo siento, en este momento no contestan. ¿Puedo ayudarle yo en algo?",
        "transfer_failed": "Lo siento, no he podido pasarle. ¿Puedo ayudarle yo en algo?",
        "transfer_ended": "Ya estoy otra vez con usted. ¿Necesita algo más?",
        "slower": "Claro, hablo más despacio.",
        "faster": "De acuerdo, hablo más deprisa.",
        "closed_now": "Ahora mismo no hay nadie que le pueda atender. Abrimos {opening}. ¿Puedo ayudarle yo en algo?",
        "open_week": "Abrimos {hours}.",
        "open_on": "{date} abrimos {hours}.",
        "closed_on": "Lo siento, {date} no abrimos.",
        "not_open_now": "Ahora mismo está cerrado. Abrimos {opening}.",
        "over_today": "Lo siento, hoy ya no atendemos.",
        "open_now": "Sí, ahora está abierto, hasta {time}.",
        "outside_hours": "Lo siento, a esa hora no atendemos. {date} abrimos {hours}.",
        "past": "Perdone, esa hora ya ha pasado.",
    },
    "en": {
        "fillers": ["One moment, please.", "Let me see.", "Just a second."],
        "still_there": ["Are you still there?", "Sorry, I can't hear you. Can I help you with anything?"],
        "silent_goodbye": "I can't hear you, so I will hang up now. Please call again any time. Goodbye.",
        "too_long": "I am sorry, this call has reached its longest time. Thank you for calling. Goodbye.",
        "trouble": "I am sorry, I have a technical problem and cannot help you properly.",
        "not_understood": [
            "Sorry, I did not understand. Could you say it another way?",
            "I'm sorry, I am not sure I understood you. What do you need?",
        ],
        "give_up": "I am sorry that I cannot help you by telephone. Please call again another time. Goodbye.",
        "understood": ["Very well.", "All right.", "Perfect."],
        "transferring": "I will put you through. One moment, please.",
        "transfer_busy": "I am sorry, the line is busy right now. Can I help you with anything?",
        "transfer_no_answer": "I am sorry, nobody answers at the moment. Can I help you with anything?",
        "transfer_failed": "I am sorry, I could not put you through. Can I help you with anything?",
        "transfer_ended": "I am back with you. Is there anything else you need?",
        "slower": "Of course, I will speak more slowly.",
        "faster": "All right, I will speak faster.",
        "closed_now": "Nobody is here to take your call right now. We open {opening}. Can I help you with anything?",
        "open_week": "We are open {hours}.",
        "open_on": "{date} we are open {hours}.",
        "closed_on": "I am sorry, {date} we are closed.",
        "not_open_now": "It is closed right now. We open {opening}.",
        "over_today": "I am sorry, we are closed for today.",
        "open_now": "Yes, it is open now, until {time}.",
        "outside_hours": "I am sorry, we are not open at that time. {date} we are open {hours}.",
        "past": "Sorry, that time is already over.",
    },
}

YES_NO: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "yes": {"es": ("sí",), "en": ("yes",)},
    "no": {"es": ("no",), "en": ("no",)},
}
"""For the options that are called ``yes`` and ``no``; whoever matches them knows the other ways to say either."""
