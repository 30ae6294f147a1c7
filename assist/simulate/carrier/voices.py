"""What is heard of those who are called."""

from collections.abc import Mapping
from contextlib import aclosing
from enum import StrEnum
from typing import TypeAlias

import numpy as np

from assist.audio.formats import LINE
from assist.tts import TextToSpeech

BEEP_HERTZ = 1000
BEEP_SECONDS = 0.4


class Phrase(StrEnum):
    """Each value is what is said, in Spanish."""

    HELLO = "¿Sí, dígame?"
    REPLY = "Sí, de acuerdo, muchas gracias."
    GREETING = "En este momento no puedo atenderle. Por favor, deje su mensaje después de la señal."
    MENU = "Bienvenido. Para ventas, marque uno. Para administración, marque dos."
    WHO = "Por favor, diga su nombre y el motivo de su llamada."
    MOMENT = "Gracias. Un momento, por favor."
    NOBODY = "La persona a la que llama no puede atenderle en este momento. Adiós."
    OFF = "El teléfono al que llama está apagado o fuera de cobertura en este momento."
    NO_SUCH = "El número marcado no existe. Por favor, compruebe el número y vuelva a marcar."


Voices: TypeAlias = Mapping[Phrase, bytes]
"""Each phrase, `LINE`."""


async def spoken(tts: TextToSpeech) -> Voices:
    """Let *tts* say them all."""
    return {phrase: await _say(tts, phrase) for phrase in Phrase}


def beep() -> bytes:
    """Return what a voicemail sends before it listens, `LINE`."""
    samples = np.arange(round(BEEP_SECONDS * LINE.rate))
    return (8000 * np.sin(2 * np.pi * BEEP_HERTZ * samples / LINE.rate)).astype("<i2").tobytes()


async def _say(tts: TextToSpeech, text: str) -> bytes:
    async with aclosing(tts.synthesize(text, "es")) as pieces:
        return b"".join([piece async for piece in pieces])
