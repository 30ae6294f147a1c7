import signal
from itertools import pairwise

import pytest

from assist.heartbeat import DUMP
from assist.roster import LAST_WORDS, Action, Beat, Died, Policy, Roster, Send, Spawn, Stop, Tell

PLAIN = Policy(workers=2, hung_after=2.0, ready_within=60.0, drain=30.0)


def told(actions: list[Action]) -> list[str]:
    return [action.text for action in actions if isinstance(action, Tell)]


def done(actions: list[Action]) -> list[Action]:
    return [action for action in actions if not isinstance(action, Tell)]


class Day:
    """A roster's day in virtual time: every tenth of a second is looked at, and healthy workers beat."""

    def __init__(self, policy: Policy = PLAIN) -> None:
        self.roster = Roster(policy)
        self.now = 1000.0
        self.healthy: set[int] = set()
        self.next_beat = self.now

    def happens(self, *happened: Beat | Died | Stop) -> list[Action]:
        return list(self.roster.feed(self.now, *happened))

    def passes(self, seconds: float) -> list[Action]:
        actions: list[Action] = []
        for _ in range(round(seconds * 10)):
            self.now += 0.1
            beats = []
            if self.now >= self.next_beat:
                self.next_beat = self.now + 0.5
                beats = [Beat(worker) for worker in sorted(self.healthy)]
            actions += self.happens(*beats)
        return actions

    def begins(self) -> "Day":
        """Return when both workers have been at work for a minute."""
        assert self.happens() == [Spawn(0), Spawn(1)]
        self.healthy = {0, 1}
        assert self.passes(60) == []
        return self


def test_workers_that_beat_are_left_alone() -> None:
    assert Day().begins().passes(600) == []


def test_a_worker_that_stops_beating_says_where_and_is_killed() -> None:
    day = Day().begins()
    day.healthy = {0}
    assert day.passes(1.4) == []
    actions = day.passes(1.2)
    assert done(actions) == [Send(1, DUMP), Send(1, signal.SIGKILL)]
    assert told(actions) == ["worker 1 hangs: no heartbeat for 2 s: it is killed"]
    assert day.passes(5) == [], "once is enough"


def test_there_is_time_for_last_words() -> None:
    day = Day().begins()
    day.now += 0.5
    day.healthy.clear()
    while not (actions := day.passes(0.1)):
        pass
    told_at = day.now
    assert Send(0, signal.SIGKILL) not in actions
    while Send(0, signal.SIGKILL) not in day.passes(0.1):
        pass
    assert day.now - told_at == pytest.approx(LAST_WORDS, abs=0.11)


def test_a_worker_that_dies_after_a_while_is_replaced_at_once() -> None:
    day = Day().begins()
    actions = day.happens(Died(1, -signal.SIGKILL))
    assert done(actions) == [Spawn(1)]
    assert told(actions) == ["worker 1 was ended by SIGKILL: another takes its place"]


def test_a_worker_that_loads_models_has_longer() -> None:
    day = Day()
    day.happens()
    assert day.passes(59) == []
    actions = day.passes(2)
    assert done(actions)[:2] == [Send(0, DUMP), Send(1, DUMP)]
    assert told(actions)[0] == "worker 0 was not ready 60 s after its start: it is killed"


def test_a_worker_that_dies_at_its_start_is_retried_ever_more_slowly_and_said_so_twice_at_most() -> None:
    day = Day()
    day.happens()
    day.healthy = {1}
    starts, texts = [], []
    actions = day.happens(Died(0, 3))
    for _ in range(10_000):
        texts += told(actions)
        if Spawn(0) in actions:
            starts.append(day.now)
            actions = day.happens(Died(0, 3))
        else:
            actions = day.passes(0.1)
    assert texts == [
        "worker 0 ended with exit code 3: another takes its place",
        "worker 0 ended with exit code 3 soon after its start, again: retried, every 30 s at last",
    ]
    pauses = [after - before for before, after in pairwise(starts)]
    assert pauses[:5] == pytest.approx([1, 2, 4, 8, 16], abs=0.15)
    assert pauses[5:] == pytest.approx([30] * len(pauses[5:]), abs=0.15)
    assert len(pauses) > 20


def test_a_worker_that_recovers_is_told_and_its_next_death_is_the_first() -> None:
    day = Day().begins()
    day.happens(Died(0, 1), Died(0, 1))
    day.healthy = {1}
    while Spawn(0) not in day.passes(0.1):
        pass
    day.healthy = {0, 1}
    assert told(day.passes(11)) == ["worker 0 is well again"]
    assert done(day.happens(Died(0, 1))) == [Spawn(0)]


def test_asked_to_stop_it_waits_for_calls_to_end_and_replaces_nobody() -> None:
    day = Day().begins()
    assert day.happens(Stop()) == [Send(0, signal.SIGTERM), Send(1, signal.SIGTERM)]
    assert day.passes(29) == []
    assert day.happens(Died(0, 0)) == []
    assert not day.roster.over
    day.healthy = {1}
    assert day.happens(Died(1, -signal.SIGTERM)) == []
    assert day.roster.over


def test_who_does_not_stop_in_time_is_killed() -> None:
    day = Day().begins()
    day.happens(Stop())
    actions = day.passes(31)
    assert done(actions) == [Send(0, DUMP), Send(1, DUMP), Send(0, signal.SIGKILL), Send(1, signal.SIGKILL)]
    assert told(actions)[0] == "worker 0 has not finished 30 s after it was asked to stop: it is killed"


def test_who_hangs_while_stopping_is_killed_sooner() -> None:
    day = Day().begins()
    day.happens(Stop())
    day.healthy = {0}
    assert done(day.passes(3)) == [Send(1, DUMP), Send(1, signal.SIGKILL)]


def test_asked_twice_it_stops_at_once() -> None:
    day = Day().begins()
    day.happens(Stop())
    day.passes(1)
    assert day.happens(Stop()) == [Send(0, signal.SIGKILL), Send(1, signal.SIGKILL)]
    assert day.happens(Died(0, -signal.SIGKILL), Died(1, -signal.SIGKILL)) == []
    assert day.roster.over


def test_one_that_waits_for_its_next_attempt_does_not_hold_up_the_end() -> None:
    day = Day()
    day.happens()
    day.happens(Died(0, 3), Died(1, 3))
    assert day.happens(Stop()) == []
    assert day.roster.over


def test_a_parent_that_was_stopped_itself_blames_nobody() -> None:
    day = Day().begins()
    day.now += 3600
    assert day.happens() == []
    assert day.passes(10) == []


def test_wrong_settings_end_the_service() -> None:
    day = Day()
    day.happens()
    assert day.happens(Died(1, 2)) == [Send(0, signal.SIGTERM)]
    assert not day.roster.over
    day.happens(Died(0, -signal.SIGTERM))
    assert day.roster.over
    assert day.roster.hopeless


def test_what_was_right_once_is_tried_again() -> None:
    day = Day().begins()
    assert done(day.happens(Died(1, 2))) == [Spawn(1)]
    assert not day.roster.hopeless


def test_others_are_treated_as_workers_but_do_not_vouch_for_the_settings() -> None:
    day = Day(Policy(workers=2, others=1))
    assert day.happens() == [Spawn(0), Spawn(1), Spawn(2)]
    day.happens(Beat(2))
    assert done(day.happens(Died(0, 2))) == [Send(1, signal.SIGTERM), Send(2, signal.SIGTERM)]
    assert day.roster.hopeless
