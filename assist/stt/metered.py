"""What speech to text costs, and doing without what costs."""

from contextlib import aclosing

from assist.aio import Stream
from assist.audio.formats import LINE_BYTES_PER_SECOND
from assist.provider import Kind
from assist.provider.bill import Bill
from assist.provider.usage import Amount
from assist.stt import Pause, SpeechToText, Transcript


class Metered:
    """Writes down as *engine* does, and puts on *bill* the audio that it took."""

    def __init__(self, engine: SpeechToText, name: str, model: str, bill: Bill) -> None:
        self._engine = engine
        self._name = name
        self._model = model
        self._bill = bill

    async def transcribe(self, speech: Stream[bytes | Pause], languages: tuple[str, ...]) -> Stream[Transcript]:
        """See `SpeechToText`."""
        heard = 0

        async def counted() -> Stream[bytes | Pause]:
            nonlocal heard
            async for piece in speech:
                heard += len(piece) if isinstance(piece, bytes) else 0
                yield piece

        with self._bill.request(Kind.STT, self._name, self._model) as request:
            try:
                async with aclosing(speech), aclosing(self._engine.transcribe(counted(), languages)) as transcripts:
                    async for transcript in transcripts:
                        request.answered = True
                        yield transcript
            finally:
                request.amount = Amount(requests=1, seconds=heard / LINE_BYTES_PER_SECOND)


class Rationed:
    """Writes down with *engine* while the call may cost more, and with *free* from then on."""

    def __init__(self, engine: SpeechToText, free: SpeechToText, bill: Bill) -> None:
        self._engine = engine
        self._free = free
        self._bill = bill

    def transcribe(self, speech: Stream[bytes | Pause], languages: tuple[str, ...]) -> Stream[Transcript]:
        """See `SpeechToText`."""
        engine = self._free if self._bill.exhausted else self._engine
        return engine.transcribe(speech, languages)
