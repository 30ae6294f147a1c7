"""Counts a call while a worker holds it."""

import asyncio
import time
from types import TracebackType
from typing import Final, Self

from assist.call.events import Ended, Event, Started, Turn
from assist.errors import HungUp
from assist.metrics import (
    CALL_DURATION,
    CALL_SETUP,
    CALL_TAKEOVERS,
    CALLS,
    CALLS_ACTIVE,
    DEAD_AIR,
    DEAD_AIR_TURNS,
    INTERRUPTIONS,
    TURN_LATENCY,
    TURNS,
    cause_label,
)
from assist.switch import events

BEARABLE: Final = 3.0
"""Seconds after which a wait counts as dead air."""
DEAD: Final = 5.0
"""Seconds after which callers take the line for dead."""


class Tally:
    """One call's, as a context: it is `note`d what happens."""

    def __init__(self, connect: events.Event) -> None:
        """*connect* is what FreeSWITCH says of the call as it arrives."""
        outbound = connect.get("variable_assist_direction") == "outbound"
        self._direction = "outbound" if outbound else "inbound"
        # Of calls in FreeSWITCH knows the gateway only where that registers.
        gateway = connect.get("variable_sip_gateway_name") or connect.get("variable_sip_gateway")
        self._trunk = gateway or connect.get("variable_sofia_profile_name") or "none"
        self._began = time.monotonic()
        self._resumed = False
        self._cause: str | None = None

    def __enter__(self) -> Self:
        CALLS_ACTIVE.labels(self._direction, self._trunk).inc()
        return self

    def note(self, event: Event) -> None:
        """Count *event*; returns at once."""
        match event:
            case Started(resumed=resumed):
                self._resumed = resumed
                if not resumed and self._direction == "inbound":
                    CALL_SETUP.labels("inbound", "answered").observe(time.monotonic() - self._began)
            case Turn():
                count_turn(event)
            case Ended(cause):
                self._cause = cause

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        cause = error.cause if isinstance(error, HungUp) else self._cause
        result = "held" if cause else "handed_over" if isinstance(error, asyncio.CancelledError) else "failed"
        CALLS_ACTIVE.labels(self._direction, self._trunk).dec()
        CALLS.labels(self._direction, self._trunk, result, cause_label(cause or "NONE")).inc()
        if cause:
            CALL_DURATION.labels(self._direction).observe(time.monotonic() - self._began)
        if self._resumed:
            CALL_TAKEOVERS.labels("resumed" if cause else result).inc()


def count_turn(turn: Turn) -> None:
    """Count a question and its answer."""
    TURNS.labels("interrupted" if turn.interrupted else "silent" if turn.tts_ms is None else "answered").inc()
    if turn.interrupted:
        INTERRUPTIONS.inc()
    if turn.first_audio_ms is None:
        return
    parts = {"end_of_turn": turn.end_of_turn_ms, "stt": turn.stt_ms, "llm": turn.llm_ms, "tts": turn.tts_ms}
    for stage, milliseconds in {**parts, "total": turn.first_audio_ms}.items():
        TURN_LATENCY.labels(stage).observe((milliseconds or 0) / 1000)
    wait = turn.first_audio_ms / 1000
    DEAD_AIR.inc(max(wait - BEARABLE, 0))
    if wait > DEAD:
        DEAD_AIR_TURNS.inc()
