"""What text to speech costs, and doing without what costs."""

from contextlib import aclosing

from assist.aio import Stream
from assist.audio.formats import LINE_BYTES_PER_SECOND
from assist.provider import Kind
from assist.provider.bill import Bill
from assist.provider.usage import Amount
from assist.tts import TextToSpeech


class Metered:
    """Reads aloud as *engine* does, and puts on *bill* what it was given to read and what it made of that.

    Belongs below a cache: what is in that costs nothing.
    """

    def __init__(self, engine: TextToSpeech, name: str, model: str, bill: Bill) -> None:
        self._engine = engine
        self._name = name
        self._model = model
        self._bill = bill

    async def synthesize(self, text: str, language: str, *, pace: float = 1.0) -> Stream[bytes]:
        """See `TextToSpeech`."""
        made = 0
        with self._bill.request(Kind.TTS, self._name, self._model) as request:
            try:
                async with aclosing(self._engine.synthesize(text, language, pace=pace)) as speech:
                    async for piece in speech:
                        request.answered = True
                        made += len(piece)
                        yield piece
            finally:
                request.amount = Amount(1, made / LINE_BYTES_PER_SECOND, len(text))


class Rationed:
    """Reads aloud with *engine* while the call may cost more, and with *free* from then on."""

    def __init__(self, engine: TextToSpeech, free: TextToSpeech, bill: Bill) -> None:
        self._engine = engine
        self._free = free
        self._bill = bill

    def synthesize(self, text: str, language: str, *, pace: float = 1.0) -> Stream[bytes]:
        """See `TextToSpeech`."""
        engine = self._free if self._bill.exhausted else self._engine
        return engine.synthesize(text, language, pace=pace)
