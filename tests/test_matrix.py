"""Every engine fails in every way during a live call, and another answers what was asked."""

import asyncio
from pathlib import Path

import pytest

from assist.call.events import Heard
from assist.provider import Kind
from assist.provider.member import TookOver
from tests.outage import (
    ANSWERS,
    DEAF,
    KEYED,
    MENU,
    NOW,
    TROUBLE,
    WELL,
    Outage,
    Outcome,
    backup_of,
    outcomes,
)
from tests.providers import Fault
from tests.providers.everyone import ENGINES
from tests.word_tones import words_of

# Time that is measured, on a machine that others use too: what fails is looked at once more.
pytestmark = [pytest.mark.slow, pytest.mark.alone, pytest.mark.timeout(240), pytest.mark.flaky(reruns=1)]

MATRIX = [Outage(kind, engine, fault) for kind in Kind for engine in ENGINES[kind] for fault in Fault]
LATE = [Outage(Kind.LLM, "openai", fault, after_a_sentence=True) for fault in (Fault.STALLED, Fault.CUT)]
ALONE = [
    Outage(kind, ENGINES[kind][-1], fault, backup=False) for kind in Kind for fault in (Fault.BROKEN, Fault.CLOSED)
]


class Rounds:
    """Holds all the calls, once, and once more if a test wants another look."""

    def __init__(self, directory: Path, redis_url: str) -> None:
        self._directory = directory
        self._redis_url = redis_url
        self._held: list[dict[Outage, Outcome]] = []

    def outcome(self, outage: Outage, look: int) -> Outcome:
        """Return what became of that call the first time, or the second."""
        while len(self._held) < look:
            directory = self._directory / str(len(self._held))
            directory.mkdir()
            self._held.append(asyncio.run(outcomes([*MATRIX, *LATE, *ALONE], directory, self._redis_url)))
        return self._held[look - 1][outage]


@pytest.fixture(scope="module")
def rounds(tmp_path_factory: pytest.TempPathFactory, redis_url: str) -> Rounds:
    return Rounds(tmp_path_factory.mktemp("outages"), redis_url)


@pytest.fixture
def outcome(request: pytest.FixtureRequest, rounds: Rounds, outage: Outage) -> Outcome:
    """What became of the call."""
    found = rounds.outcome(outage, getattr(request.node, "execution_count", 1))
    print(
        f"{outage.name}: silent for {found.silence:.2f} s, answered after {found.wait:.2f} s", *found.events, sep="\n"
    )
    return found


def name(outage: Outage) -> str:
    return outage.name


@pytest.mark.parametrize("outage", [*MATRIX, *LATE], ids=name)
def test_what_was_asked_is_answered_by_another(outcome: Outcome, outage: Outage) -> None:
    assert outcome.before == words_of(ANSWERS[WELL])
    assert heard(outcome) == [WELL, NOW]
    assert outcome.words == words_of(ANSWERS[NOW]), "all of it, and nothing twice"
    assert outcome.silence <= 3.0
    assert told(outcome) == {(outage.kind, outage.engine, backup_of(outage.kind, outage.engine))}
    assert not outcome.apologised


@pytest.mark.parametrize("outage", ALONE, ids=name)
def test_only_when_all_of_a_kind_are_down_the_caller_is_told(outcome: Outcome, outage: Outage) -> None:
    """And what else he can do: press keys, or call again."""
    honest = {Kind.STT: f"{DEAF} {MENU} {KEYED}", Kind.LLM: TROUBLE, Kind.TTS: ""}
    assert outcome.before == words_of(ANSWERS[WELL])
    assert heard(outcome) == {Kind.STT: [WELL, "0"], Kind.LLM: [WELL, NOW], Kind.TTS: [WELL, NOW]}[outage.kind]
    assert outcome.words == words_of(honest[outage.kind])
    assert outcome.apologised is (outage.kind is Kind.TTS)
    assert outcome.apologised or outcome.wait <= 3.0
    assert told(outcome) == {(outage.kind, outage.engine, "")}


def heard(outcome: Outcome) -> list[str]:
    return [event.text for event in outcome.events if isinstance(event, Heard)]


def told(outcome: Outcome) -> set[tuple[Kind, str, str]]:
    """Return of which kind who failed, and who took over; of a voice it may be told for a filler and for the answer."""
    return {(event.kind, event.failed, event.by) for event in outcome.events if isinstance(event, TookOver)}
