"""Calls, looked up: lists, one, what was said in it, its recording."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import FileResponse

from assist.api.access import answers, needs
from assist.api.calls.looking import Traces, look, seen, session_of
from assist.api.calls.shapes import Call, CallPage, CallSummary, Line, LiveCalls, Name, Speaker, Transcript
from assist.api.described import JSON, linked, media, problems
from assist.api.keys import Scope
from assist.api.moments import Moment
from assist.api.paging import Cursor, Limit, cursor_of, place_of
from assist.api.problem import Refusal
from assist.api.rooms import Here, Rooms
from assist.call.answer_words import Kind
from assist.call.channel import Direction
from assist.call.events import Event, Heard, Said, Transferred
from assist.errors import ConnectionLost
from assist.journal import event_of

router: Final = APIRouter(tags=["calls"], dependencies=[needs(Scope.READ)])

WAV: Final = "audio/wav"
OF_CALL: Final = {
    "Get": ("getCall", {"call_id": "$response.body#/id"}),
    "Transcript": ("getTranscript", {"call_id": "$response.body#/id"}),
    "HangUp": ("hangUpCall", {"call_id": "$response.body#/id"}),
    "Say": ("sayInCall", {"call_id": "$response.body#/id"}),
    "Transfer": ("transferCall", {"call_id": "$response.body#/id"}),
}
_BINARY: Final = {"type": "string", "format": "binary"}
_FIRST: Final = {"First": ("getCall", {"call_id": "$response.body#/items/0/id"})}


@router.get(
    "/v1/calls",
    operation_id="listCalls",
    summary="List calls that are over, the latest beginning first",
    responses=problems(404, 422) | {200: linked(**_FIRST)},
    dependencies=[answers(JSON)],
)
async def list_calls(
    rooms: Here,
    limit: Limit = 50,
    cursor: Cursor = None,
    assistant: Annotated[Name | None, Query()] = None,
    direction: Direction | None = None,
    cause: Annotated[str | None, Query(pattern=r"^[A-Z_]{1,60}$", examples=["USER_BUSY"])] = None,
    answered_by: Kind | None = None,
    since: Moment = None,
    before: Moment = None,
) -> CallPage:
    """With several filters a page may hold fewer calls than asked for, or none, and not be the last."""
    tags = {"assistant": assistant, "direction": direction, "cause": cause, "answered_by": answered_by}
    after = place_of(cursor, float, str) if cursor else None
    page = await rooms.store.history.recent(
        limit,
        (float(after[0]), str(after[1])) if after else None,
        since=_zoned(since),
        before=_zoned(before),
        tags={kind: str(value) for kind, value in tags.items() if value},
    )
    return CallPage.model_construct(
        items=[CallSummary.of(record) for record in page.calls],
        next_cursor=cursor_of(page.last.started.timestamp(), page.last.id) if page.last else None,
    )


@router.get(
    "/v1/live-calls",
    operation_id="listLiveCalls",
    summary="List the calls that are held now",
    responses=problems() | {200: linked(**_FIRST)},
    dependencies=[answers(JSON)],
)
async def list_live_calls(rooms: Here) -> LiveCalls:
    """As FreeSWITCH has them; where that is several, those that can be asked just now."""
    items = []
    for node in tuple(rooms.nodes.values()):
        try:
            for call in sorted(await node.calls()):
                if session := await session_of(rooms, call):
                    placement = await rooms.book.get(call)
                    items.append(seen(call, Traces(placement, session, alive=True), datetime.now(UTC)))
        except ConnectionLost:
            continue
    return LiveCalls(items=items)


@router.get(
    "/v1/calls/{call_id}",
    operation_id="getCall",
    summary="Get a call",
    responses=problems(404, 422) | {200: linked(**OF_CALL)},
    dependencies=[answers(JSON)],
)
async def get_call(rooms: Here, call_id: UUID) -> Call:
    """Be it over, held now, or ringing."""
    return await look(rooms, str(call_id))


@router.get(
    "/v1/calls/{call_id}/transcript",
    operation_id="getTranscript",
    summary="Read what was said",
    responses=problems(404, 410, 422),
    dependencies=[answers(JSON)],
)
async def get_transcript(rooms: Here, call_id: UUID) -> Transcript:
    """So far, if the call is not over. Words are kept for as long as this installation says, and then gone."""
    call = await look(rooms, str(call_id))
    told = await rooms.store.events(str(call_id))
    if not told and call.ended and call.answered:
        raise Refusal("gone", "What was said is kept no longer.")
    lines = [line for identity, fields in told if (line := _line(_moment(identity), event_of(fields)))]
    return Transcript(call=call_id, items=lines)


@router.get(
    "/v1/calls/{call_id}/recording",
    operation_id="getRecording",
    summary="Hear a call",
    response_class=FileResponse,
    responses=problems(404, 416, 422) | {status: media(WAV, schema=_BINARY) for status in (200, 206)},
    dependencies=[answers(WAV)],
)
async def get_recording(rooms: Here, call_id: UUID) -> FileResponse:
    """Stereo: the caller on the left. Parts of it by ``Range``."""
    path = _recording(rooms, str(call_id))
    if path is None:
        raise Refusal("not-found", "There is no recording of such a call.")
    return FileResponse(path, media_type=WAV, headers={"Cache-Control": "no-store"})


def _recording(rooms: Rooms, call: str) -> Path | None:
    folder = rooms.settings.files.recordings_dir
    path = folder / f"{call}.wav" if folder else None
    return path if path and path.is_file() else None


def _zoned(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment


def _moment(identity: str) -> datetime:
    return datetime.fromtimestamp(int(identity.partition("-")[0]) / 1000, UTC)


def _line(at: datetime, event: Event) -> Line | None:
    match event:
        case Heard(text=text, keyed=keyed):
            return Line(at=at, speaker=Speaker.CALLER, text=text, keyed=keyed)
        case Said(text=text, interrupted=interrupted):
            return Line(at=at, speaker=Speaker.ASSISTANT, text=text, interrupted=interrupted)
        case Transferred(destination=destination, outcome=outcome):
            return Line(at=at, speaker=Speaker.LINE, text=f"transfer to {destination}: {outcome}")
    return None
