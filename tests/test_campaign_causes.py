"""Every end of a call that nobody answered, as FreeSWITCH tells it."""

import pytest

from assist.campaign.causes import End, end_of, result_of
from assist.campaign.model import Result
from assist.switch.events import Event


@pytest.mark.parametrize(
    ("end", "result"),
    [
        (End("USER_BUSY", 486), Result.BUSY),
        (End("USER_BUSY", 600), Result.BUSY),
        (End("UNALLOCATED_NUMBER", 404), Result.INVALID),
        (End("NUMBER_CHANGED", 410), Result.INVALID),
        (End("INVALID_NUMBER_FORMAT", 484), Result.INVALID),
        (End("NO_ROUTE_DESTINATION", 604), Result.INVALID),
        (End("NO_ROUTE_DESTINATION", 502), Result.FAILED),
        (End("CALL_REJECTED", 603, rang=True), Result.REJECTED),
        (End("CALL_REJECTED", 603), Result.REJECTED),
        (End("CALL_REJECTED", 403), Result.FAILED),
        (End("CALL_REJECTED", 407), Result.FAILED),
        (End("NORMAL_TEMPORARY_FAILURE", 503), Result.CONGESTION),
        (End("NORMAL_CIRCUIT_CONGESTION"), Result.CONGESTION),
        (End("NORMAL_TEMPORARY_FAILURE", 500), Result.FAILED),
        (End("SUBSCRIBER_ABSENT", 480), Result.UNAVAILABLE),
        (End("NO_USER_RESPONSE", 480), Result.UNAVAILABLE),
        (End("NO_USER_RESPONSE", 480, played=True), Result.UNAVAILABLE),
        (End("NO_USER_RESPONSE", 480, rang=True), Result.NO_ANSWER),
        (End("RECOVERY_ON_TIMER_EXPIRE", 408, rang=True), Result.NO_ANSWER),
        (End("RECOVERY_ON_TIMER_EXPIRE", 408, played=True), Result.UNAVAILABLE),
        (End("RECOVERY_ON_TIMER_EXPIRE", 408), Result.FAILED),
        (End("NO_ANSWER", rang=True), Result.NO_ANSWER),
        (End("NO_ANSWER", played=True), Result.NO_ANSWER),
        (End("NO_ANSWER"), Result.FAILED),
        (End("ORIGINATOR_CANCEL", 487, rang=True), Result.NO_ANSWER),
        (End("INVALID_GATEWAY"), Result.FAILED),
        (End("GATEWAY_DOWN"), Result.FAILED),
        (End("INCOMPATIBLE_DESTINATION", 488), Result.FAILED),
        (End("something new"), Result.FAILED),
    ],
)
def test_a_call_that_nobody_answered(end: End, result: Result) -> None:
    assert result_of(end) is result


def test_what_freeswitch_tells_at_the_end() -> None:
    event = Event(
        {
            "Event-Name": "CHANNEL_HANGUP_COMPLETE",
            "Hangup-Cause": "USER_BUSY",
            "variable_sip_term_status": "486",
            "Caller-Channel-Progress-Time": "1700000000000000",
            "Caller-Channel-Progress-Media-Time": "0",
        }
    )
    assert end_of(event) == End("USER_BUSY", 486, rang=True, played=False)


def test_a_call_that_was_answered() -> None:
    event = Event(
        {
            "Hangup-Cause": "NORMAL_CLEARING",
            "Caller-Channel-Answered-Time": "1700000000000000",
            "Caller-Channel-Hangup-Time": "1700000002500000",
        }
    )
    assert end_of(event) == End("NORMAL_CLEARING", talked=2.5)
    assert result_of(end_of(event)) is Result.HUMAN


def test_an_end_of_which_little_is_told() -> None:
    assert end_of(Event({"variable_hangup_cause": "NETWORK_OUT_OF_ORDER", "variable_sip_term_status": "x"})) == End(
        "NETWORK_OUT_OF_ORDER"
    )
