"""What Deepgram says of one utterance, put together. Nothing here waits.

A stream hears one utterance after another, and its clock is the audio it was sent, in seconds: every result tells from
where to where it reaches. Nothing of an utterance is missing once final results reach its last voice. Asking for the
rest (``Finalize``) brings them, but what is hardly more than silence need not be answered; so an answer is not waited
for when what was said is known already.
"""

import json
from collections import Counter
from typing import TypeAlias

from deepgram.listen.v1.types import ListenV1Results, ListenV1UtteranceEnd
from deepgram.listen.v1.types.listen_v1results_channel_alternatives_item import ListenV1ResultsChannelAlternativesItem

from assist.errors import ProviderError
from assist.stt import Transcript

NAME = "deepgram"

Said: TypeAlias = ListenV1Results | ListenV1UtteranceEnd

SILENCE = 0.2
"""Seconds before a pause is told that hold no voice for sure."""
CRUMB = 0.05
"""Seconds that may go unanswered: the service counts in frames."""


def parse(message: str | bytes) -> Said | None:
    """Return what *message* says of an utterance, None if it is about something else. Raises `ProviderError`."""
    try:
        match json.loads(message):
            case {"type": "Results", **data}:
                return ListenV1Results.model_validate(data)
            case {"type": "UtteranceEnd", **data}:
                return ListenV1UtteranceEnd.model_validate(data)
            case {"type": "Error"}:
                raise ProviderError(NAME, "the service gave up in mid-utterance", temporary=True)
            case {"type": str()}:
                return None
    except ValueError:
        pass
    # Without its cause: what a service answers may hold words of the caller.
    raise ProviderError(NAME, "the answer is malformed", temporary=True)


class Draft:
    """An utterance on its way: audio positions and results in, transcripts out."""

    def __init__(self, begin: float, language: str, *, detect: bool = False) -> None:
        """*begin* is where it begins; *language* is spoken, unless *detect* and the words are another's."""
        self._language = language
        self._detect = detect
        self._begin = begin
        self._known_until = begin
        self._voice_until: float | None = None
        self._asked: list[float] = []
        self._ended = False
        self._finals: list[ListenV1ResultsChannelAlternativesItem] = []

    # What is sent

    def pause(self, at: float) -> None:
        """The caller has been silent for a while."""
        self._voice_until = at - SILENCE

    def resume(self) -> None:
        """The caller goes on."""
        self._voice_until = None

    def end(self, at: float) -> None:
        """The caller's turn is over."""
        self._ended = True
        if self._voice_until is None:
            self._voice_until = at - CRUMB

    def ask(self, at: float) -> None:
        """The rest of what was said up to there has been asked for."""
        self._asked.append(at)

    @property
    def unasked(self) -> bool:
        """Whether something was said whose final result is neither there nor asked for."""
        until = self._voice_until
        return until is not None and until > max([self._known_until, *self._asked])

    # What is heard

    def feed(self, said: Said) -> Transcript | None:
        """Return what is understood now, if *said* changes that."""
        if isinstance(said, ListenV1UtteranceEnd):
            over = said.last_word_end >= self._begin
            return self._transcript(turn_over=True) if over and self._finals else None
        reach = said.start + said.duration
        if reach <= self._begin + CRUMB:
            return None  # of the utterance before
        heard = said.channel.alternatives[:1]
        if not said.is_final:
            return self._transcript(*heard) if heard and heard[0].transcript else None
        self._reached(reach, flushed=bool(said.from_finalize))
        self._finals += [alternative for alternative in heard if alternative.transcript]
        return self._transcript(turn_over=bool(said.speech_final)) if self._finals else None

    @property
    def complete(self) -> bool:
        """Whether the utterance has ended and all of it is known."""
        return self._ended and self._voice_until is not None and self._known_until >= self._voice_until

    def final(self) -> Transcript:
        """Return what was understood of all of it."""
        text = _text(self._finals)
        return Transcript(text, (text,) if text else (), self._spoken(self._finals))

    def _reached(self, reach: float, *, flushed: bool) -> None:
        if flushed and self._asked:
            # They are answered in order, though some not at all: this answers the first at least.
            reach = max(reach, self._asked.pop(0))
        self._known_until = max(self._known_until, reach)

    def _transcript(self, *interim: ListenV1ResultsChannelAlternativesItem, turn_over: bool = False) -> Transcript:
        heard = [*self._finals, *interim]
        return Transcript(_text(heard), (), self._spoken(heard), final=False, turn_over=turn_over)

    def _spoken(self, heard: list[ListenV1ResultsChannelAlternativesItem]) -> str:
        if not self._detect:
            return self._language
        tags = Counter(word.language for alternative in heard for word in alternative.words if word.language)
        return tags.most_common(1)[0][0].partition("-")[0] if tags else self._language


def _text(heard: list[ListenV1ResultsChannelAlternativesItem]) -> str:
    return " ".join(alternative.transcript for alternative in heard)
