import logging

import pytest

from assist.errors import ProviderError
from assist.provider import Kind
from assist.provider.circuit import LONGEST
from assist.provider.member import Member, TookOver
from assist.provider.team import Team
from tests.scripted_engines import REFUSED, Report, members

BUSY = ProviderError("x", "status 429", temporary=True, retry_after=60)
AVOID = 30.0


def team_of(listed: list[Member[str]], report: Report | None = None) -> Team[str]:
    return Team(Kind.TTS, listed, (report if report is not None else Report()).append, AVOID)


def order(team: Team[str], now: float) -> str:
    """Return the names of all, as they would be asked."""
    waiting, names = list(team.members), ""
    while waiting:
        best = team.best(waiting, now)
        waiting.remove(best)
        names += best.name
    return names


def test_those_that_are_well_are_asked_as_they_are_listed() -> None:
    assert order(team_of(members("", "", "")), 0) == "abc"


def test_one_that_failed_this_call_comes_after_the_others_for_a_while() -> None:
    team = team_of(members("", "", ""))
    team.failed(team.members[0], 10)
    assert order(team, 10 + AVOID - 1) == "bca"
    assert order(team, 10 + AVOID) == "abc"


def test_one_that_failed_all_calls_comes_later_and_one_that_needs_an_admin_last() -> None:
    listed = members("", "", "", "")
    a, b, c = listed[:3]
    a.circuit.begin(0).failed(0, REFUSED)
    b.circuit.begin(0).failed(0, BUSY)
    team = team_of(listed)
    team.failed(c, 0)
    assert order(team, 1) == "dcba"
    assert order(team, 60) == "bcda"
    assert order(team, LONGEST) == "abcd"


def test_who_took_over_is_told_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    report = Report()
    team = team_of(members("", ""), report)
    with caplog.at_level(logging.WARNING):
        team.tell(team.members[0], BUSY, "b")
        team.tell(team.members[1], BUSY, "")
    assert report == [TookOver(Kind.TTS, "a", "status 429", "b"), TookOver(Kind.TTS, "b", "status 429", "")]
    assert caplog.messages == ["tts: x: status 429; b takes over", "tts: x: status 429; nobody is left to ask"]


def test_a_team_of_nobody_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="no tts at all"):
        team_of([])
