"""What Google understands of an utterance, put together from its answers. Nothing here waits."""

from collections import Counter
from itertools import islice, product

from google.cloud.speech_v2 import StreamingRecognizeResponse

from assist.stt import Transcript


class Draft:
    """What was understood so far, of one stretch of speech after the other."""

    def __init__(self) -> None:
        self._settled: list[tuple[str, ...]] = []
        """The readings of each part that will not change any more."""
        self._pending = ""
        self._latest = ""
        """The language that was told last."""
        self._spoken: Counter[str] = Counter()
        """How much of what is settled is in each language: a short word may be taken for one of another."""

    def feed(self, answer: StreamingRecognizeResponse) -> Transcript | None:
        """Return what is understood now, if *answer* tells."""
        if not answer.results:
            return None
        pending = []
        for result in answer.results:
            readings = tuple(filter(None, (reading.transcript.strip() for reading in result.alternatives)))
            self._latest = result.language_code.partition("-")[0].lower() or self._latest
            if readings and result.is_final:
                self._settle(readings)
            elif readings:
                pending.append(readings[0])
        self._pending = " ".join(pending)
        parts = [*(readings[0] for readings in self._settled), self._pending]
        return Transcript(" ".join(filter(None, parts)), language=self._language, final=False)

    def settle(self) -> None:
        """Nothing more will come of this stretch: what was not said to be final is so now."""
        if self._pending:
            self._settle((self._pending,))
        self._pending = ""

    def final(self, most: int) -> Transcript:
        """Return what was understood, with *most* readings at most, once all is settled."""
        if not self._settled:
            return Transcript("", language=self._language)
        readings = tuple(" ".join(parts) for parts in islice(product(*self._settled), most))
        return Transcript(readings[0], readings, self._language)

    @property
    def _language(self) -> str:
        return max(self._spoken, key=self._spoken.__getitem__, default=self._latest)

    def _settle(self, readings: tuple[str, ...]) -> None:
        self._settled.append(readings)
        self._spoken[self._latest] += len(readings[0])
