"""Speech to text that does not depend on one engine: what one of them misses, another hears from the beginning."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from assist.aio import Stream
from assist.errors import ProviderError
from assist.provider import Kind
from assist.provider.contest import END, Contest, Run
from assist.provider.deadlines import Limit
from assist.provider.member import Member, TookOver
from assist.provider.team import Team
from assist.stt import Pause, SpeechToText, Transcript
from assist.stt.tape import Tape

AVOID = 30.0
"""Seconds that one caller is spared an engine that failed him: any other understands him nearly as well."""


FINAL = Limit(1.0, alone=6.0)
"""Streaming services answer in 0.2 to 0.5 s, embedded Whisper in 0.3 to 0.5 s. The end of the turn 0.4 s, one second
lost, 0.5 s to the next transcript, 0.6 s for the brain and 0.2 s for the voice are 2.7 of the three seconds that a
caller may wait. Alone, Whisper on a busy machine may have to queue."""


@dataclass(frozen=True, slots=True)
class Deadlines:
    """How long an engine is waited for."""

    final: Limit = FINAL
    """For the final transcript, from the end of the turn on, or from when it was asked if that is later."""


class Failover:
    """Understands one call by whoever of *members* can: make one for each call; *told* hears who took over."""

    def __init__(
        self,
        members: Sequence[Member[SpeechToText]],
        told: Callable[[TookOver], None],
        deadlines: Deadlines = Deadlines(),
    ) -> None:
        self._team = Team(Kind.STT, members, told, AVOID)
        self._deadlines = deadlines

    async def transcribe(self, speech: Stream[bytes | Pause], languages: tuple[str, ...]) -> Stream[Transcript]:
        """See `SpeechToText`. What is not final is of the engine that is in use; the first final one ends it."""
        async with aclosing(speech):
            tape = Tape()
            utterance = Utterance(tape, languages, self._deadlines)
            async with Contest(self._team, utterance) as contest:
                recording = asyncio.create_task(tape.record(speech, contest.nudge), name="tape")
                try:
                    async with aclosing(_understood(contest, tape)) as transcripts:
                        async for transcript in transcripts:
                            yield transcript
                    await recording
                finally:
                    recording.cancel()
                    await asyncio.gather(recording, return_exceptions=True)


async def _understood(contest: Contest[SpeechToText, Transcript], tape: Tape) -> Stream[Transcript]:
    """Yield what is not final of the one in use, then the final one of the first."""
    heard: dict[Run[SpeechToText], Transcript] = {}
    async for run, transcript in contest:
        if transcript is END:
            if tape.ended_at is None or run not in heard:
                contest.fail(run, ProviderError(run.member.name, "ended too early", temporary=True))
                continue
            # Nothing more was to be understood after the end: the last one before it is final.
            contest.finish(run)
            yield replace(heard[run], final=True)
            continue
        heard[run] = transcript
        if transcript.final and tape.ended_at is not None:
            contest.finish(run)
            yield transcript
        elif run is contest.first:
            yield transcript


class Utterance:
    """What is wanted of an engine, as a `Request`: all that is on the tape."""

    def __init__(self, tape: Tape, languages: tuple[str, ...], deadlines: Deadlines) -> None:
        self._tape = tape
        self._languages = languages
        self._deadlines = deadlines

    def ask(self, engine: SpeechToText) -> Stream[Transcript]:
        return engine.transcribe(self._tape.replay(), self._languages)

    def since(self, run: Run[SpeechToText]) -> float | None:
        ended_at = self._tape.ended_at
        return None if ended_at is None else max(ended_at, run.started)

    def due(self, run: Run[SpeechToText], *, alone: bool) -> float | None:
        since = self.since(run)
        return None if since is None else since + self._deadlines.final.of(alone=alone)

    def broke_off(self, run: Run[SpeechToText]) -> bool:
        return True
