"""Why a call ended: Q.850's numbers for FreeSWITCH's names, and what a SIP carrier says instead of answering."""

_Q850 = {
    "UNALLOCATED_NUMBER": 1,
    "NORMAL_CLEARING": 16,
    "USER_BUSY": 17,
    "NO_USER_RESPONSE": 18,
    "NO_ANSWER": 19,
    "SUBSCRIBER_ABSENT": 20,
    "CALL_REJECTED": 21,
    "DESTINATION_OUT_OF_ORDER": 27,
    "NORMAL_CIRCUIT_CONGESTION": 34,
    "NORMAL_TEMPORARY_FAILURE": 41,
    "RECOVERY_ON_TIMER_EXPIRE": 102,
}

_STATUS = {
    "UNALLOCATED_NUMBER": 404,
    "USER_BUSY": 486,
    "NO_USER_RESPONSE": 408,
    "NO_ANSWER": 480,
    "SUBSCRIBER_ABSENT": 480,
    "CALL_REJECTED": 603,
    "DESTINATION_OUT_OF_ORDER": 502,
    "NORMAL_CIRCUIT_CONGESTION": 503,
    "NORMAL_TEMPORARY_FAILURE": 503,
}


def q850(cause: str) -> int:
    """Return the number of *cause*; 0: it has none."""
    return _Q850.get(cause, 0)


def refusal(cause: str) -> dict[str, str]:
    """Return the channel variables by which FreeSWITCH tells that a carrier refused a call because of *cause*."""
    status = str(_STATUS.get(cause, 480))
    return {
        "sip_term_status": status,
        "sip_term_cause": str(q850(cause)),
        "sip_invite_failure_status": status,
        "proto_specific_hangup_cause": f"sip:{status}",
        "sip_hangup_disposition": "recv_refuse",
    }
