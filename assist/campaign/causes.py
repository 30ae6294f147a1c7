"""What became of a call that nobody held, from what FreeSWITCH and the carrier say of it.

FreeSWITCH's cause comes first: the carrier's Q.850 cause is in it already, where there is one. A SIP status decides
where one cause stands for several things, and whether it rang where "no answer" does.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from assist.campaign.model import Result
from assist.switch.events import Event


@dataclass(frozen=True, slots=True)
class End:
    """How a call ended."""

    cause: str
    """FreeSWITCH's, as ``USER_BUSY``."""
    status: int = 0
    """The SIP status; 0: there was none."""
    rang: bool = False
    """The far end said so."""
    played: bool = False
    """Something was to be heard before any answer: a ring, or an announcement."""
    talked: float | None = None
    """Seconds since it was answered; None: it was not."""


CAUSES: Final[Mapping[str, Result]] = {
    "USER_BUSY": Result.BUSY,
    "UNALLOCATED_NUMBER": Result.INVALID,
    "NUMBER_CHANGED": Result.INVALID,
    "INVALID_NUMBER_FORMAT": Result.INVALID,
    "SUBSCRIBER_ABSENT": Result.UNAVAILABLE,
    "DESTINATION_OUT_OF_ORDER": Result.UNAVAILABLE,
    "USER_NOT_REGISTERED": Result.UNAVAILABLE,
    "CALL_REJECTED": Result.REJECTED,
    "DECLINE": Result.REJECTED,
    "UNWANTED": Result.REJECTED,
    "NORMAL_CIRCUIT_CONGESTION": Result.CONGESTION,
    "SWITCH_CONGESTION": Result.CONGESTION,
    "REQUESTED_CHAN_UNAVAIL": Result.CONGESTION,
    "NORMAL_TEMPORARY_FAILURE": Result.CONGESTION,
    "PRE_EMPTED": Result.CONGESTION,
}
"""What is not here, and of no `NOT_TAKEN`, is `FAILED`."""

STATUSES: Final[Mapping[int, Result]] = {
    # The trunk, not the person, refuses: a wrong password, a destination that is not sold, too many calls.
    401: Result.FAILED,
    402: Result.FAILED,
    403: Result.FAILED,
    407: Result.FAILED,
    # FreeSWITCH says NO_ROUTE_DESTINATION of these, which is also what a network says that is broken.
    485: Result.INVALID,
    604: Result.INVALID,
    500: Result.FAILED,
}
"""What a status says against the cause that FreeSWITCH makes of it."""

NOT_TAKEN: Final = frozenset({"NO_ANSWER", "ORIGINATOR_CANCEL", "ALLOTTED_TIMEOUT", "PROGRESS_TIMEOUT"})
"""We gave up waiting; which is nobody's fault if it rang, and the carrier's if nothing ever came."""
NOT_TAKEN_THERE: Final = frozenset({"NO_USER_RESPONSE", "RECOVERY_ON_TIMER_EXPIRE"})
"""The carrier did: 480 and 408."""


def result_of(end: End) -> Result:
    """Return the result of an attempt that ended so; `HUMAN` where somebody or something answered."""
    if end.talked is not None:
        return Result.HUMAN
    if end.cause in NOT_TAKEN:
        return Result.NO_ANSWER if end.rang or end.played else Result.FAILED
    if end.cause in NOT_TAKEN_THERE:
        return _not_taken_there(end)
    return STATUSES.get(end.status) or CAUSES.get(end.cause, Result.FAILED)


def _not_taken_there(end: End) -> Result:
    if end.rang:
        return Result.NO_ANSWER
    # 480 at once, or after an announcement: switched off, out of reach. 408 is also made up where nothing ever came.
    return Result.UNAVAILABLE if end.cause == "NO_USER_RESPONSE" or end.played else Result.FAILED


def end_of(event: Event) -> End:
    """Return what ``CHANNEL_HANGUP_COMPLETE`` tells."""
    answered, over = _count(event, "Caller-Channel-Answered-Time"), _count(event, "Caller-Channel-Hangup-Time")
    return End(
        cause=event.get("Hangup-Cause") or event.get("variable_hangup_cause"),
        status=_count(event, "variable_sip_term_status") or _count(event, "variable_sip_invite_failure_status"),
        rang=_count(event, "Caller-Channel-Progress-Time") > 0,
        played=_count(event, "Caller-Channel-Progress-Media-Time") > 0,
        talked=max(over - answered, 0) / 1e6 if answered else None,
    )


def _count(event: Event, header: str) -> int:
    text = event.get(header)
    return int(text) if text.isascii() and text.isdigit() else 0
