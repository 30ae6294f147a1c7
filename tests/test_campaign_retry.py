"""Who is called again, and when."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from assist.campaign.again import Again, Retry, duration
from assist.campaign.calendar import Calendar
from assist.campaign.model import Outcome, Result
from assist.campaign.retry import after
from tests.campaigns import ALWAYS, at, campaign, lenient, read

MADRID = "Europe/Madrid ES-MD"
ZONE = "Europe/Madrid"
TUESDAY = "2026-11-24"

MESSAGE: dict[str, Any] = {
    "voicemail": "message",
    "words": {"greeting": {"es": "Hola."}, "message": {"es": "Le hemos llamado."}},
}


def again(
    result: Result, attempt: int = 1, clock: str = f"{TUESDAY} 10:00", *, left: bool = True, **changes: Any
) -> str | Outcome:
    """Return when to call again after an attempt at *clock* in Madrid, by that clock."""
    hours = {"hours": dict.fromkeys(ALWAYS, ("9:00-14:00", "17:00-20:00")), "holidays": "none"}
    days = Calendar(campaign(**{"when": hours} | changes), lenient())
    found = after(result, attempt, days, at(clock, ZONE), MADRID, message_left=left)
    return found if isinstance(found, Outcome) else read(found, ZONE)


@pytest.mark.parametrize(
    ("result", "outcome"),
    [
        (Result.HUMAN, Outcome.REACHED),
        (Result.INVALID, Outcome.INVALID),
        (Result.UNKNOWN, Outcome.UNKNOWN),
        (Result.REJECTED, Outcome.EXHAUSTED),
        (Result.IVR, Outcome.EXHAUSTED),
    ],
)
def test_some_results_are_the_end_unless_the_file_says_otherwise(result: Result, outcome: Outcome) -> None:
    assert again(result) is outcome


def test_whoever_was_perhaps_called_is_called_again_only_if_the_owner_takes_the_risk() -> None:
    assert again(Result.UNKNOWN, retry={"unknown": "2h"}) == f"{TUESDAY} 12:00"
    assert again(Result.UNKNOWN, 4, retry={"unknown": "2h"}) is Outcome.EXHAUSTED


@pytest.mark.parametrize("result", [result for result in Result if result not in (Result.HUMAN, Result.INVALID)])
def test_every_other_result_can_be_called_again_or_not(result: Result) -> None:
    assert again(result, retry={result.value: "1h"}) == f"{TUESDAY} 11:00"
    assert isinstance(again(result, retry={result.value: "never"}), Outcome)


@pytest.mark.parametrize(
    ("attempt", "due"),
    [(1, f"{TUESDAY} 10:15"), (2, f"{TUESDAY} 12:00"), (3, f"{TUESDAY} 12:00"), (4, Outcome.EXHAUSTED)],
)
def test_each_attempt_waits_its_own_time_and_the_last_is_the_last(attempt: int, due: str | Outcome) -> None:
    assert again(Result.BUSY, attempt, retry={"busy": ["15m", "2h"], "attempts": 4}) == due


def test_a_result_may_allow_fewer_attempts() -> None:
    retry = {"busy": {"after": "15m", "attempts": 2}, "attempts": 4}
    assert again(Result.BUSY, 1, retry=retry) == f"{TUESDAY} 10:15"
    assert again(Result.BUSY, 2, retry=retry) is Outcome.EXHAUSTED


@pytest.mark.parametrize(
    ("clock", "due"),
    [
        ("13:59", "2026-11-24 17:00"),
        ("13:44", "2026-11-24 13:59"),
        ("13:45", "2026-11-24 17:00"),
        ("19:50", "2026-11-25 09:00"),
    ],
)
def test_nobody_is_called_again_outside_the_hours(clock: str, due: str) -> None:
    assert again(Result.BUSY, clock=f"{TUESDAY} {clock}", retry={"busy": "15m"}) == due


def test_after_the_last_day_it_is_too_late() -> None:
    when = {"hours": dict.fromkeys(ALWAYS, "9:00-20:00"), "ends": TUESDAY, "holidays": "none"}
    assert again(Result.BUSY, clock=f"{TUESDAY} 19:50", retry={"busy": "15m"}, when=when) is Outcome.EXPIRED


@pytest.mark.parametrize(
    ("clock", "wait", "due"),
    [
        # In the morning: not before the evening's window, which begins in the afternoon
        (f"{TUESDAY} 10:00", "1h", "2026-11-24 13:00"),
        (f"{TUESDAY} 13:30", "1d", "2026-11-25 18:00"),
        (f"{TUESDAY} 18:30", "15m", "2026-11-25 09:00"),
        (f"{TUESDAY} 10:00", "8h", "2026-11-24 18:00"),
        ("2026-10-24 10:00", "1d", "2026-10-25 13:00"),
    ],
)
def test_another_time_of_day_is_another_part_of_it(clock: str, wait: str, due: str) -> None:
    assert again(Result.NO_ANSWER, clock=clock, retry={"no_answer": {"after": wait, "another_time": True}}) == due


def test_where_there_is_no_other_time_of_day_it_is_the_same() -> None:
    when = {"hours": dict.fromkeys(ALWAYS, "9:00-11:00"), "holidays": "none"}
    retry = {"no_answer": {"after": "3h", "another_time": True}}
    assert again(Result.NO_ANSWER, when=when, retry=retry) == "2026-11-25 09:00"


def test_a_message_that_was_left_is_the_end() -> None:
    assert again(Result.VOICEMAIL, **MESSAGE) is Outcome.MESSAGE_LEFT
    assert again(Result.VOICEMAIL, left=False, retry={"voicemail": "1h"}, **MESSAGE) == f"{TUESDAY} 11:00"
    assert again(Result.VOICEMAIL, retry={"voicemail": "1h"}) == f"{TUESDAY} 11:00"


def test_what_nobody_wrote_down_is_moderate() -> None:
    retry = Retry()
    for result in Result:
        one = retry.of(result)
        assert one is None or min(one.after) >= timedelta(minutes=10), result
    assert retry.attempts <= 4


@pytest.mark.parametrize(
    ("text", "length"),
    [("90s", timedelta(seconds=90)), ("15m", timedelta(minutes=15)), ("2 h", timedelta(hours=2)), ("1d", timedelta(1))],
)
def test_lengths_of_time_are_read(text: str, length: timedelta) -> None:
    assert duration(text) == length


@pytest.mark.parametrize("text", ["", "15", "m", "0m", "1.5h", "-1h", "1w", 15, None, "999999d"])
def test_what_is_no_length_of_time_is_refused_with_a_mend(text: object) -> None:
    with pytest.raises(ValueError, match="; write"):
        duration(text)


def test_short_and_long_forms_mean_the_same() -> None:
    read_again = TypeAdapter(Retry).validate_python
    hour = Again((timedelta(hours=1),))
    forms: list[object] = ["1h", ["1h"], {"after": "1h"}, {"after": ["1h"]}]
    assert [read_again({"busy": form}).busy for form in forms] == [hour] * 4
    assert read_again({"busy": "never"}).busy is None
    with pytest.raises(ValidationError):
        read_again({"busy": []})
