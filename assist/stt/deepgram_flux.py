"""Deepgram's Flux: turn by turn, with a model's judgement of when the caller has finished.

It reports every quarter of a second of audio how far it has listened. A turn that it has not ended by itself is ended
by ``ForceEndTurn``, which says nothing where no turn has begun; so it is sent once the last voice has been listened to.
"""

from collections.abc import Iterable

from deepgram.listen.v2.types import ListenV2ForceEndTurn, ListenV2TurnInfo
from pydantic import ValidationError

from assist.stt import Transcript
from assist.stt.deepgram_draft import Message, Progress, language_of, malformed, transcript


class FluxDraft:
    """See `Draft`."""

    question = ListenV2ForceEndTurn(type="ForceEndTurn")
    lag = 0.5

    def __init__(self, begin: float, language: str, *, detect: bool = False) -> None:
        """*begin* is where it begins; *language* is spoken, unless *detect* and the words are another's."""
        self.progress = Progress(begin)
        self._language = language
        self._detect = detect
        self._turns: list[ListenV2TurnInfo] = []
        self._open: ListenV2TurnInfo | None = None
        self._asked = False

    @property
    def unasked(self) -> bool:
        return self.progress.ended and self.progress.all_known and self._open is not None and not self._asked

    @property
    def complete(self) -> bool:
        return self.progress.ended and self.progress.all_known and self._open is None

    def ask(self, at: float) -> None:
        self._asked = True

    def hear(self, message: Message) -> Transcript | None:
        if message["type"] != "TurnInfo":
            return None
        try:
            info = ListenV2TurnInfo.model_validate(message)
        except ValidationError:
            raise malformed() from None
        if self.progress.before(info.audio_window_end):
            return None
        self.progress.know(info.audio_window_end)
        before = self._open.transcript if self._open else ""
        if over := info.event == "EndOfTurn":
            self._turns.append(info)
        self._open = info if info.transcript and not over else None
        return self._so_far(turn_over=over) if over or info.transcript != before else None

    def final(self) -> Transcript:
        return transcript(_text(self._turns), self._spoken(self._turns))

    def _so_far(self, *, turn_over: bool) -> Transcript | None:
        heard = [*self._turns, *([self._open] if self._open else [])]
        text = _text(heard)
        return Transcript(text, (), self._spoken(heard), final=False, turn_over=turn_over) if text else None

    def _spoken(self, heard: Iterable[ListenV2TurnInfo]) -> str:
        found = [language for turn in heard for language in (turn.languages or ())[:1]]
        return language_of(found[-1]) if found and self._detect else self._language


def _text(turns: Iterable[ListenV2TurnInfo]) -> str:
    return " ".join(turn.transcript for turn in turns if turn.transcript)
