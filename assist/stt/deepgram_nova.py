"""Deepgram's Nova: results piece by piece, interim ones replaced, final ones kept.

Asking for the rest (``Finalize``) brings it, but what is hardly more than silence need not be answered; so an answer
is not waited for when what was said is known already.
"""

from collections import Counter
from collections.abc import Iterable

from deepgram.listen.v1.types import ListenV1Finalize, ListenV1Results, ListenV1UtteranceEnd
from deepgram.listen.v1.types.listen_v1results_channel_alternatives_item import ListenV1ResultsChannelAlternativesItem
from pydantic import ValidationError

from assist.stt import Transcript
from assist.stt.deepgram_draft import Message, Progress, language_of, malformed, transcript


class NovaDraft:
    """See `Draft`."""

    question = ListenV1Finalize(type="Finalize")
    lag = 0.0

    def __init__(self, begin: float, language: str, *, detect: bool = False) -> None:
        """*begin* is where it begins; *language* is spoken, unless *detect* and the words are another's."""
        self.progress = Progress(begin)
        self._language = language
        self._detect = detect
        self._asked: list[float] = []
        self._finals: list[ListenV1ResultsChannelAlternativesItem] = []

    @property
    def unasked(self) -> bool:
        until = self.progress.voice_until
        return until is not None and not self.progress.all_known and not any(at >= until for at in self._asked)

    @property
    def complete(self) -> bool:
        return self.progress.ended and self.progress.all_known

    def ask(self, at: float) -> None:
        self._asked.append(at)

    def hear(self, message: Message) -> Transcript | None:
        try:
            match message["type"]:
                case "Results":
                    return self._result(ListenV1Results.model_validate(message))
                case "UtteranceEnd":
                    return self._gap(ListenV1UtteranceEnd.model_validate(message))
        except ValidationError:
            raise malformed() from None
        return None

    def final(self) -> Transcript:
        return transcript(_text(self._finals), self._spoken(self._finals))

    def _result(self, result: ListenV1Results) -> Transcript | None:
        reach = result.start + result.duration
        if self.progress.before(reach):
            return None
        heard = [alternative for alternative in result.channel.alternatives[:1] if alternative.transcript]
        if not result.is_final:
            return self._so_far(heard) if heard else None
        if result.from_finalize and self._asked:
            # They are answered in order, though some not at all: this answers the first at least.
            reach = max(reach, self._asked.pop(0))
        self.progress.know(reach)
        self._finals += heard
        return self._so_far(turn_over=bool(result.speech_final)) if self._finals else None

    def _gap(self, end: ListenV1UtteranceEnd) -> Transcript | None:
        """There was no word for long, whatever noise there was."""
        ours = self._finals and end.last_word_end >= self.progress.begin
        return self._so_far(turn_over=True) if ours else None

    def _so_far(
        self, interim: Iterable[ListenV1ResultsChannelAlternativesItem] = (), *, turn_over: bool = False
    ) -> Transcript:
        heard = [*self._finals, *interim]
        return Transcript(_text(heard), (), self._spoken(heard), final=False, turn_over=turn_over)

    def _spoken(self, heard: Iterable[ListenV1ResultsChannelAlternativesItem]) -> str:
        if not self._detect:
            return self._language
        tags = Counter(word.language for alternative in heard for word in alternative.words if word.language)
        return language_of(tags.most_common(1)[0][0]) if tags else self._language


def _text(heard: Iterable[ListenV1ResultsChannelAlternativesItem]) -> str:
    return " ".join(alternative.transcript for alternative in heard)
