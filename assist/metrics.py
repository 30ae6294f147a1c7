"""What is counted, by the names that dashboards and alert rules know. Whoever sees it happen counts it.

In a worker of `assist serve` the numbers live in files that outlast it (`assist.monitor.crew`), elsewhere in memory:
the library decides when it is imported. Labels have few values, all of them from this program, a configuration or
FreeSWITCH's fixed lists: never a number, a name of a person or a word.
"""

import re
from typing import Final

from prometheus_client import Counter, Gauge, Histogram

from assist.errors import ProviderError

WAITS: Final = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.25, 1.5, 2, 3, 5, 8)
"""Seconds that a caller may wait."""
TIMES: Final = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 8)
"""Seconds of a request."""
LENGTHS: Final = (5, 10, 20, 30, 60, 120, 180, 300, 600, 1200, 1800, 3600)
"""Seconds of a call."""
RINGS: Final = (0.5, 1, 2, 4, 6, 10, 15, 20, 30, 45, 60)
"""Seconds until somebody picks up."""
LAGS: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2)
"""Seconds that everybody in a process waits."""

# Calls

CALLS_ACTIVE = Gauge("assist_calls_active", "Calls held.", ["direction", "trunk"], multiprocess_mode="livesum")
CALLS_CAPACITY = Gauge(
    "assist_calls_capacity", "Calls that workers can hold which take any; 0: none does.", multiprocess_mode="livesum"
)
CALLS = Counter(
    "assist_calls_total",
    "Calls that are over, by whether they were held to their end (held), left to the dialplan (failed) or to another"
    " worker (handed_over), and by FreeSWITCH's hang-up cause.",
    ["direction", "trunk", "result", "hangup_cause"],
)
CALL_SETUP = Histogram(
    "assist_call_setup_seconds",
    "Outbound: from the request until somebody picks up, or nobody does. Inbound: from the call's arrival at a worker"
    " until the conversation begins.",
    ["direction", "outcome"],
    buckets=RINGS,
)
CALL_DURATION = Histogram("assist_call_duration_seconds", "Calls that are over.", ["direction"], buckets=LENGTHS)
CALL_TAKEOVERS = Counter(
    "assist_call_takeovers_total", "Calls that a worker took over from another that was lost.", ["result"]
)

# Turns

TURN_LATENCY = Histogram(
    "assist_turn_latency_seconds",
    "From the caller's last sound to the first audio of the answer (total), of spoken questions that were answered,"
    " and its parts one after the other (end_of_turn, stt, llm, tts): they add up to the total.",
    ["stage"],
    buckets=WAITS,
)
TURNS = Counter(
    "assist_turns_total",
    "Questions of callers, and their answers: heard (answered), spoken over (interrupted), or nothing said (silent).",
    ["result"],
)
INTERRUPTIONS = Counter("assist_turn_interruptions_total", "Answers that the caller spoke over.")
DEAD_AIR = Counter(
    "assist_dead_air_seconds_total", "Of what callers waited for the first word of an answer, all beyond three seconds."
)
DEAD_AIR_TURNS = Counter("assist_dead_air_turns_total", "Answers that callers waited for for more than five seconds.")

# Engines

PROVIDER_REQUESTS = Counter(
    "assist_provider_requests_total",
    "Requests to engines, by what became of them. Nobody wanted the answer any more: dropped.",
    ["provider", "op", "outcome"],
)
PROVIDER_LATENCY = Histogram(
    "assist_provider_latency_seconds",
    "From when an engine's answer was waited for until it came: a transcript, a first part, a first sound.",
    ["provider", "op"],
    buckets=TIMES,
)
PROVIDER_CIRCUIT = Gauge(
    "assist_provider_circuit_state",
    "0: in use. 1: on trial after failures. 2: left alone after failures. Of the workers the one that sees it worst.",
    ["provider", "op"],
    multiprocess_mode="livemax",
)
TOKENS = Counter("assist_tokens_total", "Tokens of language models: cached ones are input too.", ["kind"])
COST = Counter("assist_cost_usd_total", "What engines cost, as far as their prices are known.", ["kind"])

# The process

LOOP_LAG = Histogram(
    "assist_event_loop_lag_seconds", "How late the event loop of a worker comes round, twice a second.", buckets=LAGS
)
ESL_CONNECTIONS = Gauge(
    "assist_esl_connections",
    "Event Socket connections: a call's, and those to FreeSWITCH.",
    multiprocess_mode="livesum",
)
ESL_RECONNECTS = Counter("assist_esl_reconnects_total", "Times that a lost FreeSWITCH was reached again.")
ESL_ERRORS = Counter(
    "assist_esl_errors_total",
    "Where calls arrive: could not listen (listen), a call whose holder failed (call), a peer that is no FreeSWITCH"
    " (stranger), a call that could not be sent back (refused).",
    ["kind"],
)
REDIS_ERRORS = Counter("assist_redis_errors_total", "Requests that Redis did not answer, or not in time.")

# Campaigns

ATTEMPTS = Counter("assist_campaign_attempts_total", "Attempts that are over.", ["result"])
BLOCKED = Counter("assist_campaign_blocked_total", "Times that nobody could be called just then.", ["reason"])
DUPLICATES = Counter("assist_dial_duplicates_total", "Calls beyond the first of one attempt: must be 0.")
VIOLATIONS = Counter(
    "assist_campaign_violations_total",
    "Calls begun though the number was not to be called (do_not_call), or not at that hour (window): must be 0.",
    ["rule"],
)

# Webhooks

WEBHOOK_DELIVERIES = Counter("assist_webhook_deliveries_total", "Attempts to deliver an event.", ["outcome"])

for _kind in ("listen", "call", "stranger", "refused"):
    ESL_ERRORS.labels(_kind)
for _rule in ("do_not_call", "window"):
    VIOLATIONS.labels(_rule)


def outcome_of(error: ProviderError) -> str:
    """Return what became of a request that failed so, as `PROVIDER_REQUESTS` counts it."""
    if error.refused:
        return "refused"
    if error.retry_after is not None:
        return "throttled"
    return "error" if error.temporary else "rejected"


def cause_label(cause: str) -> str:
    """Return FreeSWITCH's hang-up *cause* as a label."""
    return cause if re.fullmatch(r"[A-Z0-9_]{1,48}", cause) else "OTHER"
