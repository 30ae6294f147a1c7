"""Tests for what the streams say, as events."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from assist.store import CallRecord, TurnRecord
from assist.webhooks.model import EventType
from assist.webhooks.news import of_calls, of_campaign

NINE = datetime(2026, 11, 23, 9, tzinfo=UTC)
ENTRY = "1795424400123-0"
RECORD = CallRecord(
    id="call-1",
    assistant="clinica",
    direction="outbound",
    started=NINE,
    answered=NINE + timedelta(seconds=5),
    ended=NINE + timedelta(seconds=65.5),
    cause="NORMAL_CLEARING",
    turns=(TurnRecord(600, 300, 20, None, 920),),
    cost_usd=Decimal("0.0125"),
    answered_by="human",
)


def test_a_call_that_begins() -> None:
    fields = {"kind": "began", "call": "call-1", "assistant": "clinica", "direction": "inbound"}
    (event,) = of_calls(ENTRY, fields, None)
    assert (event.type, event.at) == (EventType.CALL_STARTED, 1795424400.123)
    assert event.data == {"call": "call-1", "assistant": "clinica", "direction": "inbound"}


def test_a_call_that_is_over_tells_what_became_of_it_without_words() -> None:
    ended, transcript = of_calls(ENTRY, {"kind": "ended", "call": "call-1"}, RECORD)
    assert ended.type is EventType.CALL_ENDED
    assert ended.data == {
        "call": "call-1",
        "assistant": "clinica",
        "direction": "outbound",
        "started": "2026-11-23T09:00:00.000Z",
        "answered": "2026-11-23T09:00:05.000Z",
        "ended": "2026-11-23T09:01:05.500Z",
        "seconds": 60.5,
        "cause": "NORMAL_CLEARING",
        "answered_by": "human",
        "turns": 1,
        "cost_usd": "0.0125",
    }
    assert (transcript.type, transcript.data) == (
        EventType.CALL_TRANSCRIPT,
        {"call": "call-1", "assistant": "clinica"},
    )


def test_a_call_that_was_erased_since_is_not_told() -> None:
    assert list(of_calls(ENTRY, {"kind": "ended", "call": "call-1"}, None)) == []


def test_a_call_that_is_written_down_twice_is_told_under_one_id() -> None:
    fields = {"kind": "ended", "call": "call-1"}
    ids = [[event.id for event in of_calls(entry, fields, RECORD)] for entry in (ENTRY, "1795424401000-0")]
    assert ids[0] == ids[1]
    assert len({*ids[0]}) == 2


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ("running", EventType.CAMPAIGN_STARTED),
        ("paused", EventType.CAMPAIGN_PAUSED),
        ("cancelled", EventType.CAMPAIGN_CANCELLED),
        ("finished", EventType.CAMPAIGN_FINISHED),
    ],
)
def test_what_the_owner_wants_of_a_campaign(state: str, told: EventType) -> None:
    (event,) = of_campaign("c", ENTRY, {"kind": "state", "at": "1", "state": state})
    assert (event.type, event.data) == (told, {"campaign": "c"})


def test_an_attempt_that_is_over_and_is_followed_by_another() -> None:
    fields = {"kind": "finished", "contact": "p1", "attempt": "a", "result": "busy", "ms": "0", "then": "1795428000000"}
    (event,) = of_campaign("c", ENTRY, fields)
    assert event.type is EventType.ATTEMPT_ENDED
    assert event.data == {
        "campaign": "c",
        "contact": "p1",
        "call": "a",
        "result": "busy",
        "seconds": 0.0,
        "again_at": "2026-11-23T10:00:00.000Z",
        "outcome": None,
    }


def test_the_last_attempt() -> None:
    fields = {"kind": "finished", "contact": "p1", "attempt": "a", "result": "human", "ms": "61500", "then": "reached"}
    (event,) = of_campaign("c", ENTRY, fields)
    assert (event.data["seconds"], event.data["again_at"], event.data["outcome"]) == (61.5, None, "reached")


def test_a_contact_that_is_done() -> None:
    (event,) = of_campaign("c", ENTRY, {"kind": "done", "contact": "p1", "outcome": "reached"})
    assert event.type is EventType.CONTACT_DONE
    assert event.data == {"campaign": "c", "contact": "p1", "outcome": "reached"}


def test_somebody_who_does_not_want_to_be_called_is_told_apart() -> None:
    done, opted_out = of_campaign("c", ENTRY, {"kind": "done", "contact": "p1", "outcome": "opted_out"})
    assert (done.type, opted_out.type) == (EventType.CONTACT_DONE, EventType.CONTACT_OPTED_OUT)
    assert done.id != opted_out.id


def test_a_campaign_that_rests_by_itself() -> None:
    (event,) = of_campaign("c", ENTRY, {"kind": "breaker", "failed": "12", "short": "0"})
    assert (event.type, event.data) == (EventType.CAMPAIGN_BREAKER, {"campaign": "c", "failed": 12, "short": 0})


def test_that_a_number_is_being_dialed_is_not_told() -> None:
    assert list(of_campaign("c", ENTRY, {"kind": "dialing", "contact": "p1", "attempt": "a"})) == []


def test_the_same_entry_of_two_campaigns_is_not_the_same_event() -> None:
    fields = {"kind": "state", "state": "running"}
    one, other = (next(of_campaign(name, ENTRY, fields)) for name in ("c", "d"))
    assert one.id != other.id
