"""What a call is held with."""

from dataclasses import dataclass

from assist.llm import LanguageModel
from assist.provider.bill import Bill
from assist.stt import SpeechToText
from assist.tts import TextToSpeech


@dataclass(frozen=True, slots=True)
class Engines:
    """What one call hears, thinks and speaks with."""

    stt: SpeechToText
    llm: LanguageModel
    tts: TextToSpeech
    bill: Bill | None = None
    """What they cost; None: nobody asks."""
    ends_when_spent: bool = False
    """Nothing free would be left to go on with once the bill has reached its ceiling."""
