import pytest
from hypothesis import given
from hypothesis import strategies as st

from assist.errors import ProviderError
from assist.provider.circuit import FAILURES, LONGEST, LONGEST_ASKED, RECENT, SHORTEST, Circuit

DOWN = ProviderError("x", "down", temporary=True)
REFUSED = ProviderError("x", "status 401", temporary=False, refused=True)
SENSELESS = ProviderError("x", "no such language", temporary=False)


def busy(seconds: float) -> ProviderError:
    return ProviderError("x", "status 429", temporary=True, retry_after=seconds)


def opened(now: float = 0.0) -> Circuit:
    circuit = Circuit()
    for _ in range(FAILURES):
        circuit.begin(now).failed(now, DOWN)
    return circuit


def test_it_is_closed_at_first_and_after_few_failures() -> None:
    circuit = Circuit()
    for _ in range(FAILURES - 1):
        circuit.begin(0).failed(0, DOWN)
    assert circuit.admits(0)
    assert circuit.due is None


def test_many_failures_open_it_for_a_pause() -> None:
    circuit = opened(now=100)
    assert not circuit.admits(100 + SHORTEST - 0.1)
    assert circuit.due == 100 + SHORTEST
    assert circuit.admits(100 + SHORTEST)


def test_failures_among_many_successes_do_not_open_it() -> None:
    circuit = Circuit()
    for _ in range(20):
        circuit.begin(0).failed(0, DOWN)
        for _ in range(RECENT):
            circuit.begin(0).succeeded()
    assert circuit.admits(0)


def test_failures_between_successes_open_it_too() -> None:
    circuit = Circuit()
    for _ in range(FAILURES):
        circuit.begin(0).succeeded()
        circuit.begin(0).failed(0, DOWN)
    assert not circuit.admits(0)


def test_one_refusal_opens_it_for_long() -> None:
    circuit = Circuit()
    circuit.begin(0).failed(0, REFUSED)
    assert circuit.refused
    assert circuit.due == LONGEST


@pytest.mark.parametrize(("asked", "left_alone"), [(0, SHORTEST), (1, SHORTEST), (70, 70), (86400, LONGEST_ASKED)])
def test_a_service_that_asks_for_it_is_left_alone_at_once(asked: float, left_alone: float) -> None:
    circuit = Circuit()
    circuit.begin(0).failed(0, busy(asked))
    assert circuit.due == left_alone


def test_a_request_that_no_engine_could_serve_is_no_failure() -> None:
    circuit = Circuit()
    for _ in range(2 * FAILURES):
        circuit.begin(0).failed(0, SENSELESS)
    assert circuit.admits(0)


def test_after_the_pause_one_request_at_a_time_is_let_through() -> None:
    circuit = opened()
    probe = circuit.begin(SHORTEST)
    assert not circuit.admits(SHORTEST)
    assert circuit.due is None
    probe.dropped()
    assert circuit.admits(SHORTEST)


def test_a_probe_that_succeeds_closes_it() -> None:
    circuit = opened()
    circuit.begin(SHORTEST).failed(SHORTEST, REFUSED)
    now = SHORTEST + LONGEST
    circuit.begin(now).succeeded()
    assert not circuit.refused
    for _ in range(FAILURES):
        assert circuit.admits(now), "the failures of before are forgotten"
        circuit.begin(now).failed(now, DOWN)
    assert circuit.due == now + SHORTEST, "and how long the pause was"


def test_each_probe_that_fails_doubles_the_pause_to_a_limit() -> None:
    circuit, now, pauses = opened(), SHORTEST, []
    for _ in range(8):
        circuit.begin(now).failed(now, DOWN)
        assert circuit.due is not None
        pauses.append(circuit.due - now)
        now = circuit.due
    assert pauses == [10, 20, 40, 80, 160, LONGEST, LONGEST, LONGEST]


def test_a_probe_that_no_engine_could_serve_lets_the_next_one_through() -> None:
    circuit = opened()
    circuit.begin(SHORTEST).failed(SHORTEST, SENSELESS)
    assert circuit.admits(SHORTEST)


def test_what_was_asked_without_a_prospect_closes_it_or_changes_nothing() -> None:
    circuit = opened()
    circuit.begin(1).failed(1, DOWN)
    assert circuit.due == SHORTEST
    circuit.begin(1).succeeded()
    assert circuit.admits(1)


def test_what_began_before_it_opened_says_nothing_any_more() -> None:
    circuit = Circuit()
    before = [circuit.begin(0) for _ in range(FAILURES + 2)]
    *failing, late, later = before
    for attempt in failing:
        attempt.failed(0, DOWN)
    late.succeeded()
    later.failed(0, busy(1000))
    assert circuit.due == SHORTEST


def test_only_the_first_end_of_an_attempt_counts() -> None:
    circuit = Circuit()
    attempt = circuit.begin(0)
    attempt.dropped()
    attempt.failed(0, REFUSED)
    assert circuit.admits(0)


ENDS = st.sampled_from(["succeeded", "down", "refused", "busy", "senseless", "dropped"])


@given(st.lists(st.tuples(st.floats(0, 50), st.integers(0, 3), ENDS), max_size=60))
def test_whatever_happens_nobody_is_shut_out_for_good(events: list[tuple[float, int, str]]) -> None:
    """Requests overlap at will; once all have ended and the longest pause is over, one is admitted, and only one."""
    circuit, now, under_way = Circuit(), 0.0, []
    errors = {"down": DOWN, "refused": REFUSED, "busy": busy(30), "senseless": SENSELESS}
    for passed, begun, end in events:
        now += passed
        under_way += [circuit.begin(now) for _ in range(begun)]
        if not under_way:
            continue
        attempt = under_way.pop(0)
        if end in errors:
            attempt.failed(now, errors[end])
        elif end == "succeeded":
            attempt.succeeded()
        else:
            attempt.dropped()
    for attempt in under_way:
        attempt.dropped()
    was_closed = circuit.due is None
    now += LONGEST_ASKED
    assert circuit.admits(now)
    circuit.begin(now)
    assert circuit.admits(now) == was_closed
