"""What is counted of a call."""

import asyncio

import pytest

from assist.call.events import Ended, Heard, Started, Turn
from assist.errors import HungUp, MediaLost
from assist.metrics import (
    CALL_TAKEOVERS,
    CALLS,
    CALLS_ACTIVE,
    DEAD_AIR,
    DEAD_AIR_TURNS,
    INTERRUPTIONS,
    TURN_LATENCY,
    TURNS,
)
from assist.monitor.tally import Tally, count_turn
from assist.switch.events import Event
from tests.scrapes import Numbers

INBOUND = Event({"Unique-ID": "u1", "variable_sofia_profile_name": "trunk"})
OUTBOUND = Event({"Unique-ID": "u2", "variable_assist_direction": "outbound", "variable_sip_gateway_name": "carrier"})


class Change:
    """What was counted since it was made: the numbers of a process never begin anew."""

    def __init__(self) -> None:
        self._before = self._numbers()

    def __call__(self, name: str, **labels: str) -> float:
        return self._numbers()(name, **labels) - self._before(name, **labels)

    @staticmethod
    def _numbers() -> Numbers:
        of_calls = (CALLS, CALLS_ACTIVE, CALL_TAKEOVERS)
        of_turns = (TURNS, TURN_LATENCY, INTERRUPTIONS, DEAD_AIR, DEAD_AIR_TURNS)
        return Numbers(metric for kind in (*of_calls, *of_turns) for metric in kind.collect())


def turn(
    end_of_turn: int | None, stt: int | None, llm: int | None, tts: int | None, *, interrupted: bool = False
) -> Turn:
    parts = [part for part in (end_of_turn, stt, llm, tts) if part is not None]
    total = sum(parts) if len(parts) == 4 else None
    return Turn("¿Horario?", "De nueve a seis.", interrupted, end_of_turn, stt, llm, tts, total)


def test_a_call_counts_while_it_is_held_and_when_it_is_over() -> None:
    change = Change()
    with Tally(OUTBOUND) as tally:
        tally.note(Started("uno", "es", resumed=False))
        assert change("assist_calls_active", direction="outbound", trunk="carrier") == 1
        tally.note(Ended("NORMAL_CLEARING", {}))
    assert change("assist_calls_active") == 0
    labels = {"direction": "outbound", "trunk": "carrier", "result": "held", "hangup_cause": "NORMAL_CLEARING"}
    assert change("assist_calls_total", **labels) == change("assist_calls_total") == 1


@pytest.mark.parametrize(
    ("error", "result", "cause"),
    [
        (MediaLost("no ear"), "failed", "NONE"),
        (asyncio.CancelledError(), "handed_over", "NONE"),
        (HungUp("ORIGINATOR_CANCEL"), "held", "ORIGINATOR_CANCEL"),
    ],
)
def test_a_call_that_breaks_off_is_counted_by_why(error: BaseException, result: str, cause: str) -> None:
    change = Change()
    with pytest.raises(type(error)), Tally(INBOUND) as tally:
        tally.note(Started("uno", "es", resumed=True))
        raise error
    assert change("assist_calls_total", trunk="trunk", result=result, hangup_cause=cause) == 1
    assert change("assist_call_takeovers_total", result="resumed" if result == "held" else result) == 1


def test_what_is_no_cause_of_freeswitch_is_no_label() -> None:
    change = Change()
    with Tally(INBOUND) as tally:
        tally.note(Ended("600 000 001", {}))
    assert change("assist_calls_total", hangup_cause="OTHER") == 1


def test_nothing_that_was_said_is_told() -> None:
    with Tally(INBOUND) as tally:
        tally.note(Heard("Me llamo Ana", keyed=False))
        tally.note(turn(600, 300, 10, 40))
    numbers = Change._numbers()
    assert not any("Ana" in repr(metric) or "Horario" in repr(metric) for metric in numbers.metrics)


def test_the_parts_of_an_answer_add_up() -> None:
    change = Change()
    count_turn(turn(612, 310, 20, 45))
    parts = ("end_of_turn", "stt", "llm", "tts")
    stages = {part: change("assist_turn_latency_seconds_sum", stage=part) for part in parts}
    assert stages == pytest.approx({"end_of_turn": 0.612, "stt": 0.310, "llm": 0.020, "tts": 0.045})
    assert change("assist_turn_latency_seconds_sum", stage="total") == pytest.approx(sum(stages.values()))
    assert change("assist_turns_total", result="answered") == 1
    assert change("assist_dead_air_seconds_total") == 0


def test_keys_are_answered_but_nobody_knows_since_when_the_caller_waits() -> None:
    change = Change()
    count_turn(turn(None, 0, 20, 45))
    assert change("assist_turns_total", result="answered") == 1
    assert change("assist_turn_latency_seconds_count") == 0


def test_an_answer_that_is_spoken_over_and_one_that_says_nothing_are_told_apart() -> None:
    change = Change()
    count_turn(turn(600, 300, 10, 40, interrupted=True))
    count_turn(turn(600, 300, None, None))
    assert change("assist_turns_total", result="interrupted") == change("assist_turn_interruptions_total") == 1
    assert change("assist_turns_total", result="silent") == 1


def test_what_callers_wait_beyond_three_seconds_is_dead_air() -> None:
    change = Change()
    count_turn(turn(600, 400, 2500, 500))
    assert change("assist_dead_air_seconds_total") == pytest.approx(1.0)
    assert change("assist_dead_air_turns_total") == 0
    count_turn(turn(600, 400, 5500, 500))
    assert change("assist_dead_air_turns_total") == 1
