"""Where a call is: from the history, from whoever placed it, from whoever holds it, and from FreeSWITCH."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from assist.api.calls.shapes import Call, CallState
from assist.api.problem import Refusal
from assist.api.rooms import Rooms
from assist.call.channel import Direction
from assist.call.session import Session
from assist.errors import ConnectionLost
from assist.placing.placement import Placement, Stage

SETTLING: Final = 10.0
"""Seconds after it was placed within which FreeSWITCH knows of a call; and those after its end until it is recorded."""


@dataclass(frozen=True, slots=True)
class Traces:
    """What there is of a call that is not in the history."""

    placement: Placement | None
    session: Session | None
    alive: bool | None
    """Whether FreeSWITCH has it; None: it cannot be asked."""


async def look(rooms: Rooms, call: str) -> Call:
    """Return the call. Raises `Refusal` if there is none such, `StoreError`."""
    if record := await rooms.store.history.call(call):
        found = Call.of(record)
        if record.direction == Direction.OUTBOUND and (placement := await rooms.book.get(call)):
            found.reference = placement.reference
        return found
    placement = await rooms.book.get(call)
    session = await session_of(rooms, call)
    if placement is None and session is None:
        raise Refusal("not-found", "There is no such call, or nobody remembers it.")
    return seen(call, Traces(placement, session, await is_alive(rooms, call)), datetime.now(UTC))


async def session_of(rooms: Rooms, call: str) -> Session | None:
    """Return the call as whoever holds it has left it last."""
    data = await rooms.store.load_session(call, within=1.0)
    return Session.from_json(data) if data else None


async def is_alive(rooms: Rooms, call: str) -> bool | None:
    """Return whether a FreeSWITCH has the call; None: not all of them can be asked, or none."""
    answers: list[bool] = []
    for node in tuple(rooms.nodes.values()):
        try:
            if await node.has(call):
                return True
            answers.append(False)
        except ConnectionLost:
            continue
    return False if len(answers) == len(rooms.settings.esl.addresses) else None


def seen(call: str, traces: Traces, now: datetime) -> Call:
    """Return a call that is not in the history as *traces* show it, of which there are some."""
    placement, session = traces.placement, traces.session
    started = placement.placed_at if placement else datetime.fromtimestamp(session.started_at if session else 0, UTC)
    return Call(
        id=UUID(call),
        state=_state(traces, (now - started).total_seconds()),
        assistant=placement.assistant if placement else session.assistant if session else "",
        direction=Direction.OUTBOUND if placement else Direction.INBOUND,
        started=started,
        answered=datetime.fromtimestamp(session.started_at, UTC) if session else None,
        cause=placement.cause if placement else "",
        answered_by=session.answered_by if session else None,
        reference=placement.reference if placement else "",
    )


def _state(traces: Traces, age: float) -> CallState:
    placement, alive = traces.placement, traces.alive
    if placement and placement.stage is Stage.OVER:
        return CallState.ENDED
    if traces.session:
        return CallState.IN_PROGRESS if alive is not False else CallState.ENDED
    if placement and placement.stage is Stage.ANSWERED:
        return CallState.IN_PROGRESS if alive else CallState.UNKNOWN
    return CallState.CALLING if alive or age < SETTLING else CallState.UNKNOWN
