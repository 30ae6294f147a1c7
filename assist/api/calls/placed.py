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
from assist.campaign.numbers import Number
from assist.campaign.suppression import DoNotCall
from assist.errors import ConfigurationError
from assist.placing.destination import NotAllowed
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
    number = await _number(rooms, wanted.to)
    _check_assistant(rooms, wanted.assistant)
    call = wish_of(asker, idempotency_key) if idempotency_key else str(uuid4())
    key = rooms.ledger.number_key(number.e164)
    try:
        await rooms.placer.place(Wish(call, number, key, wanted.assistant, wanted.reference))
    except LimitReached as limit:
        raise Refusal("limit-reached", str(limit), headers=retry_after(limit.retry_after)) from limit
    except Unreachable as error:
        detail = f"{error}{'' if rooms.settings.esl.password else ': set ASSIST_ESL_PASSWORD'}"
        raise Refusal("unavailable", detail, headers=retry_after(5)) from error
    response.headers["Location"] = f"/v1/calls/{call}"
    return await look(rooms, call)


async def _number(rooms: Rooms, written: str) -> Number:
    """Return the number that may be called. Raises `Refusal`, which does not repeat it."""
    try:
        number = rooms.guard.read(written)
    except Unfit as unfit:
        raise Refusal("destination-not-allowed", errors=[Fault(detail=str(unfit), pointer="/to")]) from unfit
    except NotAllowed as refused:
        raise Refusal("destination-not-allowed", errors=[Fault(detail=str(refused), pointer="/to")]) from refused
    if await DoNotCall(rooms.ledger).holds(number.e164):
        raise Refusal("do-not-call", "Whoever has this number does not want to be called.")
    return number


def _check_assistant(rooms: Rooms, name: str) -> None:
    try:
        rooms.files.assistants.get(name)
    except ConfigurationError as error:
        if name in rooms.files.assistants.names():
            raise Refusal("conflict", "This assistant's file has mistakes: check it.") from error
        raise Refusal(
            "not-found", "There is no such assistant.", [Fault(detail="unknown", pointer="/assistant")]
        ) from error
