"""Tests for what is done after a try."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis.strategies import floats, integers, text

from assist.webhooks.ladder import JITTER, MOST_TRIES, Dead, Delivered, Later, judge, retry_after

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.mark.parametrize("status", [200, 202, 204, 299])
def test_an_answer_of_success_is_the_end(status: int) -> None:
    assert judge(1, 0.5, status) == Delivered()


def test_each_wait_is_twice_as_long_as_the_one_before_until_it_is_given_up() -> None:
    waits = [judge(tries, 0.5) for tries in range(1, MOST_TRIES + 1)]
    assert waits == [*(Later(30.0 * 2**number) for number in range(9)), Dead(gone=False)]


def test_all_tries_take_some_hours() -> None:
    waits = [judge(tries, 0.5) for tries in range(1, MOST_TRIES)]
    assert 4 * 3600 < sum(wait.seconds for wait in waits if isinstance(wait, Later)) < 5 * 3600


@pytest.mark.parametrize("status", [None, 100, 301, 302, 400, 401, 404, 500, 503])
def test_everything_else_is_tried_again(status: int | None) -> None:
    assert judge(1, 0.5, status) == Later(30.0)


@pytest.mark.parametrize("tries", [1, MOST_TRIES])
def test_an_endpoint_that_is_gone_is_told_nothing_more(tries: int) -> None:
    assert judge(tries, 0.5, 410) == Dead(gone=True)


@pytest.mark.parametrize("status", [429, 503])
def test_who_asks_for_more_time_gets_it(status: int) -> None:
    assert judge(1, 0.5, status, 600.0) == Later(600.0)
    assert judge(5, 0.5, status, 1.0) == Later(480.0)


def test_nobody_gets_more_than_some_hours() -> None:
    assert judge(1, 0.5, 429, 1e9) == Later(6 * 3600.0)


def test_other_answers_cannot_ask_for_time() -> None:
    assert judge(1, 0.5, 500, 600.0) == Later(30.0)


@given(integers(1, MOST_TRIES - 1), floats(0, 1))
def test_chance_moves_a_wait_a_little(tries: int, chance: float) -> None:
    wait = judge(tries, chance)
    assert isinstance(wait, Later)
    middle = 30.0 * 2 ** (tries - 1)
    assert middle * (1 - JITTER) * 0.999 <= wait.seconds <= middle * (1 + JITTER) * 1.001


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("120", 120.0),
        ("Mon, 23 Nov 2026 12:01:00 GMT", 60.0),
        ("Mon, 23 Nov 2026 11:59:00 -0000", -60.0),
        ("soon", None),
        ("", None),
        ("-5", None),
    ],
)
def test_the_time_that_is_asked_for_is_read_as_seconds_or_a_date(header: str | None, seconds: float | None) -> None:
    assert retry_after(header, NOON) == seconds


@given(text())
def test_any_header_can_be_read(header: str) -> None:
    wait = retry_after(header, NOON)
    assert isinstance(judge(1, 0.5, 503, wait), Later)
