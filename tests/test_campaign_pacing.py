from collections.abc import Mapping

import pytest

from assist.campaign.ledger.views import Waiting
from assist.campaign.model import Blocked, Claim, Refusal, Window
from assist.campaign.pacing import LOOK, SOON, Round, room
from assist.store import Worker
from tests.ledgers import person

NOW = 1000.0
OPEN = Window(0.0, 2000.0)


def begun(windows: Mapping[str, Window | None], **first: float | None) -> Round:
    waiting = {group: Waiting(0 if due is None else 1, due) for group, due in first.items()}
    return Round(waiting, lambda group, _: windows[group], NOW)


def claim(group: str) -> Claim:
    return Claim("c", person(1, group=group), 1, 1, "node", NOW + 30)


def groups(round_: Round, *answers: Claim | Refusal) -> list[str]:
    asked = []
    for answer in answers:
        turn = round_.next()
        assert turn is not None
        asked.append(turn.group)
        round_.feed(answer)
    return asked


def test_every_group_has_its_turn() -> None:
    round_ = begun({"a": OPEN, "b": OPEN}, a=0.0, b=0.0)
    assert groups(round_, claim("a"), claim("b"), claim("a")) == ["a", "b", "a"]


def test_a_group_of_which_nobody_is_due_has_no_turn_until_somebody_is() -> None:
    round_ = begun({"a": OPEN, "b": OPEN}, a=NOW + 2, b=None)
    assert round_.next() is None
    assert round_.until == NOW + 2


def test_a_closed_group_is_looked_at_when_it_opens() -> None:
    round_ = begun({"a": Window(NOW + 1, NOW + 9), "b": OPEN}, a=0.0, b=0.0)
    assert groups(round_, Refusal(Blocked.NOBODY_DUE, NOW + 3)) == ["b"]
    assert round_.next() is None
    assert round_.until == NOW + 1


def test_everything_is_looked_at_again_after_a_while() -> None:
    assert begun({"a": Window(NOW + 9999, NOW + 99999)}, a=0.0).until == NOW + LOOK


def test_a_group_that_never_opens_again_is_over() -> None:
    round_ = begun({"a": None, "b": OPEN}, a=0.0, b=0.0)
    assert round_.over == ["a"]
    assert groups(round_, claim("b"), claim("b")) == ["b", "b"]


@pytest.mark.parametrize("reason", [Blocked.NOBODY_DUE, Blocked.WINDOW, Blocked.CAP])
def test_what_holds_for_one_group_does_not_stop_the_others(reason: Blocked) -> None:
    round_ = begun({"a": OPEN, "b": OPEN}, a=0.0, b=0.0)
    assert groups(round_, Refusal(reason), claim("b"), claim("b")) == ["a", "b", "b"]


@pytest.mark.parametrize("reason", [Blocked.CPS, Blocked.CEILING, Blocked.BREAKER])
def test_what_holds_for_the_campaign_stops_all_until_then(reason: Blocked) -> None:
    round_ = begun({"a": OPEN, "b": OPEN}, a=0.0, b=0.0)
    groups(round_, Refusal(reason, NOW + 0.1))
    assert round_.next() is None
    assert round_.until == NOW + 0.1


def test_a_call_that_ends_makes_room_soon() -> None:
    round_ = begun({"a": OPEN}, a=0.0)
    groups(round_, Refusal(Blocked.CONCURRENCY))
    assert round_.until == NOW + SOON


def test_room_is_kept_for_those_who_call_us_and_for_those_who_may_answer() -> None:
    workers = [Worker("a", calls=10, capacity=50), Worker("b", calls=0, capacity=50)]
    assert room(workers, kept=20, ringing=5) == 65
    assert room([Worker("a", calls=45, capacity=50)], kept=10, ringing=0) < 0
    assert room([], kept=0, ringing=0) == 0
