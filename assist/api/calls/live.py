"""Calls in progress: followed, and told what to do."""

from typing import Final
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from assist.aio import Stream
from assist.api import sse
from assist.api.access import answers, needs, takes
from assist.api.calls.history import OF_CALL
from assist.api.calls.looking import is_alive, look, session_of
from assist.api.calls.shapes import Call, CallState, Ordered, Say, TransferTo
from assist.api.described import JSON, linked, media, problems
from assist.api.keys import Scope
from assist.api.once import IdempotencyKey, OnceRoute
from assist.api.problem import Fault, Refusal, retry_after
from assist.api.rooms import Here, Rooms
from assist.call.events import Ended
from assist.call.session import Session
from assist.errors import ConfigurationError, ConnectionLost
from assist.postbox import SAY, TRANSFER, fields_of

following: Final = APIRouter(tags=["calls"], dependencies=[needs(Scope.READ)])
router: Final = APIRouter(tags=["calls"], dependencies=[needs(Scope.CALLS)], route_class=OnceRoute)

_EVENT: Final = {"description": "event: its kind; id: to go on from; data: JSON with what is said of it."}
_OVER: Final = (CallState.ENDED, CallState.UNKNOWN)


@following.get(
    "/v1/calls/{call_id}/events",
    operation_id="followCall",
    summary="Follow a call",
    response_class=sse.EventStream,
    status_code=200,
    responses=problems(404, 410, 422)
    | {200: media(sse.MEDIA_TYPE) | _EVENT, 204: {"description": "It is over, and everything was told."}},
    dependencies=[answers(sse.MEDIA_TYPE)],
)
async def follow_call(rooms: Here, call_id: UUID, last_event_id: sse.LastEventId = None) -> Response:
    """What happens in it, from its beginning or from the last event that was seen, until it is over."""
    call = await look(rooms, str(call_id))
    if rooms.calls.full:
        raise Refusal("unavailable", "Too many are watching already.", headers=retry_after(10))
    if call.state in _OVER and not await rooms.store.events(str(call_id), last_event_id or "0"):
        if last_event_id is None and call.answered:
            raise Refusal("gone", "What happened is kept no longer.")
        return Response(status_code=204)
    return sse.EventStream(_told(rooms, str(call_id), last_event_id or "0"))


async def _told(rooms: Rooms, call: str, after: str) -> Stream[bytes]:
    async for told in rooms.calls.watch(call, after):
        if told is None:
            yield sse.quiet()
            if (await look(rooms, call)).state in _OVER:
                return
            continue
        identity, fields = told
        yield sse.event(_kind(fields["kind"]), identity, fields["data"])
        if fields["kind"] == Ended.__name__:
            return


@router.post(
    "/v1/calls/{call_id}/hang-up",
    operation_id="hangUpCall",
    summary="End a call",
    responses=problems(404, 409, 422) | {200: linked(**OF_CALL)},
    dependencies=[answers(JSON)],
)
async def hang_up(rooms: Here, call_id: UUID, idempotency_key: IdempotencyKey = None) -> Call:
    """At once, whatever is being said. One that is over stays over."""
    call = str(call_id)
    found = await look(rooms, call)
    if found.state is CallState.ENDED:
        return found
    if rooms.settings.esl.password is None:
        raise Refusal("unavailable", "Set ASSIST_ESL_PASSWORD.", headers=retry_after(60))
    reached = False
    for node in tuple(rooms.nodes.values()):
        try:
            await node.hang_up(call)
            reached = True
        except ConnectionLost:
            continue
    if not reached:
        raise Refusal("unavailable", "No FreeSWITCH can be asked just now.", headers=retry_after(5))
    return await look(rooms, call)


@router.post(
    "/v1/calls/{call_id}/say",
    operation_id="sayInCall",
    summary="Let the assistant say something",
    status_code=202,
    responses=problems(400, 404, 409, 413, 415, 422),
    dependencies=[answers(JSON), takes(JSON)],
)
async def say(rooms: Here, call_id: UUID, wanted: Say, idempotency_key: IdempotencyKey = None) -> Ordered:
    """As soon as nobody talks. What was heard of it is told among the call's events."""
    await _held(rooms, str(call_id))
    return await _ordered(rooms, call_id, SAY, wanted.text)


@router.post(
    "/v1/calls/{call_id}/transfer",
    operation_id="transferCall",
    summary="Connect the caller with somebody",
    status_code=202,
    responses=problems(400, 404, 409, 413, 415, 422),
    dependencies=[answers(JSON), takes(JSON)],
)
async def transfer(rooms: Here, call_id: UUID, wanted: TransferTo, idempotency_key: IdempotencyKey = None) -> Ordered:
    """As soon as nobody talks. How that ended is told among the call's events."""
    session = await _held(rooms, str(call_id))
    known = _destinations(rooms, session)
    if wanted.destination not in known:
        listed = ", ".join(sorted(known)) or "none"
        faults = [Fault(detail=f"this assistant has: {listed}", pointer="/destination")]
        raise Refusal("not-found", "There is no such destination.", faults)
    return await _ordered(rooms, call_id, TRANSFER, wanted.destination)


async def _held(rooms: Rooms, call: str) -> Session:
    """Return the call as its worker left it last. Raises `Refusal` if nobody holds it."""
    found = await look(rooms, call)
    session = await session_of(rooms, call)
    if session is None or found.state is not CallState.IN_PROGRESS or await is_alive(rooms, call) is False:
        raise Refusal("conflict", f"Nobody holds this call: it is {found.state}.")
    return session


def _destinations(rooms: Rooms, session: Session) -> set[str]:
    try:
        return set(rooms.files.assistants.get(session.assistant).destinations)
    except ConfigurationError:
        return set()


async def _ordered(rooms: Rooms, call: UUID, what: str, argument: str) -> Ordered:
    identity = await rooms.store.order(str(call), fields_of(what, argument), within=1.0)
    return Ordered(call=call, id=identity)


def _kind(name: str) -> str:
    """Return ``call_back`` for ``CallBack``."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).removeprefix("_")
