"""Calls, placed."""

from typing import Final
from uuid import uuid4

from fastapi import APIRouter, Response

from assist.api.access import Asker, answers, needs, takes
from assist.api.calls.history import OF_CALL
from assist.api.calls.looking import look
from assist.api.calls.shapes import Call, NewCall
from assist.api.described import JSON, linked, problems
from assist.api.keys import Scope
from assist.api.once import IdempotencyKey, OnceRoute, wish_of
from assist.api.problem import Fault, Refusal, retry_after
from assist.api.rooms import Here, Rooms
from assist.campaign.flaw import Unfit
from assist.errors import ConfigurationError
from assist.placing.destination import NotAllowed
from assist.placing.exchange import NotWanted
from assist.placing.placement import LimitReached
from assist.placing.placer import Unreachable, Wish

router: Final = APIRouter(tags=["calls"], dependencies=[needs(Scope.CALLS)], route_class=OnceRoute)


@router.post(
    "/v1/calls",
    operation_id="placeCall",
    summary="Place a call",
    status_code=202,
    responses=problems(400, 403, 404, 409, 413, 415, 422) | {202: linked(**OF_CALL)},
    dependencies=[answers(JSON), takes(JSON)],
)
async def place_call(
    rooms: Here, asker: Asker, wanted: NewCall, response: Response, idempotency_key: IdempotencyKey = None
) -> Call:
    """Let a number ring, and an assistant talk to whoever answers; follow the call by its events.

    With an idempotency key it rings once, however often this is sent, and whatever crashes: a call of which nobody
    knows whether it rang is `unknown`, and is not placed again.
    """
    call = wish_of(asker, idempotency_key) if idempotency_key else str(uuid4())
    wish = await _wish(rooms, call, wanted)
    _check_assistant(rooms, wanted.assistant)
    try:
        await rooms.exchange.placer.place(wish)
    except LimitReached as limit:
        raise Refusal("limit-reached", str(limit), headers=retry_after(limit.retry_after)) from limit
    except Unreachable as error:
        detail = f"{error}{'' if rooms.settings.esl.password else ': set ASSIST_ESL_PASSWORD'}"
        raise Refusal("unavailable", detail, headers=retry_after(5)) from error
    response.headers["Location"] = f"/v1/calls/{call}"
    return await look(rooms, call)


async def _wish(rooms: Rooms, call: str, wanted: NewCall) -> Wish:
    """Return what may be wished. Raises `Refusal`, which does not repeat the number."""
    try:
        return await rooms.exchange.wish(call, wanted.to, wanted.assistant, wanted.reference)
    except (Unfit, NotAllowed) as refused:
        raise Refusal("destination-not-allowed", errors=[Fault(detail=str(refused), pointer="/to")]) from refused
    except NotWanted as unwanted:
        raise Refusal("do-not-call", "Whoever has this number does not want to be called.") from unwanted


def _check_assistant(rooms: Rooms, name: str) -> None:
    try:
        rooms.files.assistants.get(name)
    except ConfigurationError as error:
        if name in rooms.files.assistants.names():
            raise Refusal("conflict", "This assistant's file has mistakes: check it.") from error
        raise Refusal(
            "not-found", "There is no such assistant.", [Fault(detail="unknown", pointer="/assistant")]
        ) from error
