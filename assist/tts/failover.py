"""A voice that does not depend on one engine: where one breaks off, even in mid-sentence, another goes on.

Nobody knows at which word a voice broke off, only how much audio came of it. Its usual rate, learned from what it has
finished in this call, tells the place to within a word or so. The next voice goes on between two clauses if that is
near, else between two words: whatever is nearest, so that about as little is heard twice as is lost.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from assist.aio import Stream
from assist.audio.formats import LINE_BYTES_PER_SECOND
from assist.errors import ProviderError
from assist.provider import Kind
from assist.provider.contest import Contest, End, Run
from assist.provider.deadlines import Limit
from assist.provider.member import Member, TookOver
from assist.provider.team import Team
from assist.tts import TextToSpeech

AVOID = 60.0
"""Seconds that one call is spared a voice that failed it: better one change of voices than many."""

USUAL_RATE = 15.0
"""Characters a second: voices read es and en at 13 to 17."""
SURE = 3.0
"""Seconds of speech that outweigh what is usual."""

CLAUSE = re.compile(r"[,;:.!?…)»]+\s+")
WORD = re.compile(r"\s+")
NEAR = 6
"""Characters, a short word, that the end of a clause may be away from the place where the voice broke off."""


FIRST = Limit(1.0, alone=5.0)
"""Hosted voices begin after 0.15 to 0.4 s. The end of the turn 0.4 s, the transcript 0.3 s, the brain 0.6 s, 1 s lost
and 0.3 s to the next one's first audio are 2.6 of the three seconds that a caller may wait."""
BETWEEN = Limit(0.5, alone=3.0)
"""Voices deliver faster than they speak, so there is mostly something left to hear; when there is not, half a second is
the longest gap that sounds like a breath."""


@dataclass(frozen=True, slots=True)
class Deadlines:
    """How long a voice is waited for."""

    first: Limit = FIRST
    """For the first audio, from the request on."""
    between: Limit = BETWEEN
    """For more, from when on the caller has heard all that came."""


class Failover:
    """Speaks in one call by whoever of *members* can: make one for each call; *told* hears who took over.

    No voice gets company because it is late: a change of voices is worse than a wait.
    """

    def __init__(
        self,
        members: Sequence[Member[TextToSpeech]],
        told: Callable[[TookOver], None],
        deadlines: Deadlines = Deadlines(),
    ) -> None:
        self._team = Team(Kind.TTS, members, told, AVOID)
        self._deadlines = deadlines
        self._rates: defaultdict[Member[TextToSpeech], Rate] = defaultdict(Rate)

    async def synthesize(self, text: str, language: str, *, pace: float = 1.0) -> Stream[bytes]:
        """See `TextToSpeech`."""
        sentence = Sentence(text, language, pace, self._rates, self._deadlines)
        async with Contest(self._team, sentence, hedged=False) as contest:
            async for run, pcm in contest:
                if isinstance(pcm, End):
                    if sentence.silent and not contest.alone(run):
                        contest.fail(run, ProviderError(run.member.name, "no audio", temporary=True))
                        continue
                    sentence.finished(run)
                    contest.finish(run)
                elif pcm:
                    contest.choose(run)
                    sentence.spoken(run, pcm)
                    yield pcm


class Rate:
    """How fast a voice reads."""

    def __init__(self) -> None:
        self._characters = USUAL_RATE * SURE
        self._seconds = SURE

    def learn(self, characters: int, seconds: float) -> None:
        """Take note that it read so much in so long, at usual pace."""
        self._characters += characters
        self._seconds += seconds

    def characters(self, seconds: float) -> int:
        """Return how much it reads in so long, at usual pace."""
        return round(seconds * self._characters / self._seconds)


class Sentence:
    """One sentence, as a `Request`: how much of it was spoken, by whoever began it."""

    def __init__(
        self,
        text: str,
        language: str,
        pace: float,
        rates: Mapping[Member[TextToSpeech], Rate],
        deadlines: Deadlines,
    ) -> None:
        self._rest = text
        self._language = language
        self._pace = pace
        self._rates = rates
        self._deadlines = deadlines
        self._began: float | None = None
        self._seconds = 0.0
        """Of audio that came of the rest."""

    @property
    def silent(self) -> bool:
        """Nothing came of the rest."""
        return self._seconds == 0.0

    def spoken(self, run: Run[TextToSpeech], pcm: bytes) -> None:
        """Take note of audio that is passed on."""
        if self._began is None:
            self._began = run.touched
        self._seconds += len(pcm) / LINE_BYTES_PER_SECOND

    def finished(self, run: Run[TextToSpeech]) -> None:
        """All of the rest was spoken."""
        self._rates[run.member].learn(len(self._rest), self._seconds * self._pace)

    def ask(self, engine: TextToSpeech) -> Stream[bytes]:
        return engine.synthesize(self._rest, self._language, pace=self._pace)

    def since(self, run: Run[TextToSpeech]) -> float | None:
        return run.started

    def due(self, run: Run[TextToSpeech], *, alone: bool) -> float | None:
        if run.touched is None or self._began is None:
            return run.started + self._deadlines.first.of(alone=alone)
        heard_all = max(run.touched, self._began + self._seconds)
        return heard_all + self._deadlines.between.of(alone=alone)

    def broke_off(self, run: Run[TextToSpeech]) -> bool:
        spoken = self._rates[run.member].characters(self._seconds * self._pace)
        self._rest = rest_after(self._rest, spoken)
        self._began, self._seconds = None, 0.0
        return any(character.isalnum() for character in self._rest)


def rest_after(text: str, spoken: int) -> str:
    """Return what of *text* is left to say after about so many characters, from a place where a voice may begin."""
    for boundary, reach in ((CLAUSE, NEAR), (WORD, len(text))):
        places = [0, *(found.end() for found in boundary.finditer(text)), len(text)]
        nearest = min(places, key=lambda place: abs(place - spoken))
        if abs(nearest - spoken) <= reach:
            return text[nearest:]
    return ""
