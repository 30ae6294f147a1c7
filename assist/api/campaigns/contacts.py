"""Whom a campaign calls, what became of them, and what happens meanwhile."""

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator
from typing import Annotated, Any, Final, TextIO, cast

from fastapi import APIRouter, Path
from fastapi.responses import Response, StreamingResponse

from assist.aio import Stream
from assist.api import sse
from assist.api.access import answers, needs
from assist.api.campaigns.routes import check_exists
from assist.api.campaigns.shapes import CampaignName, Contact, ContactPage
from assist.api.described import JSON, linked, media, problems
from assist.api.keys import Scope
from assist.api.paging import Cursor, Limit, cursor_of, place_of
from assist.api.problem import Refusal, retry_after
from assist.api.rooms import Here, Rooms
from assist.campaign.model import CampaignState, ContactState, Outcome
from assist.campaign.results import record_of, standings, write_csv

router: Final = APIRouter(tags=["campaigns"], dependencies=[needs(Scope.READ)])

CSV: Final = "text/csv"
NDJSON: Final = "application/x-ndjson"
CHUNK: Final = 256 * 1024
_OVER: Final = (CampaignState.CANCELLED, CampaignState.FINISHED)

ContactId = Annotated[str, Path(min_length=1, max_length=200, pattern=r"^[^/\x00-\x1f]+$")]


@router.get(
    "/v1/campaigns/{name}/contacts",
    operation_id="listContacts",
    summary="List the contacts of a campaign, as they came",
    responses=problems(404, 422)
    | {200: linked(First=("getContact", {"name": "$request.path.name", "contact_id": "$response.body#/items/0/id"}))},
    dependencies=[answers(JSON)],
)
async def list_contacts(
    rooms: Here,
    name: CampaignName,
    limit: Limit = 50,
    cursor: Cursor = None,
    state: ContactState | None = None,
    outcome: Outcome | None = None,
) -> ContactPage:
    """With a filter a page may hold fewer than asked for, or none, and not be the last."""
    await check_exists(rooms, name)
    place = place_of(cursor, int) if cursor else (0,)
    page = await rooms.ledger.contacts(
        name,
        _number(place[0]),
        states=[state] if state else (),
        outcomes=[outcome] if outcome else (),
        size=limit,
    )
    next_cursor = cursor_of(page.cursor) if page.cursor is not None else None
    return ContactPage(items=[Contact.of(standing) for standing in page.standings], next_cursor=next_cursor)


@router.get(
    "/v1/campaigns/{name}/contacts/{contact_id}",
    operation_id="getContact",
    summary="Get a contact",
    responses=problems(404, 422),
    dependencies=[answers(JSON)],
)
async def get_contact(rooms: Here, name: CampaignName, contact_id: ContactId) -> Contact:
    """With the attempts so far."""
    await check_exists(rooms, name)
    standing = await rooms.ledger.contact(name, contact_id)
    if standing is None:
        raise Refusal("not-found", "The campaign has no such contact.")
    return Contact.of(standing)


@router.get(
    "/v1/campaigns/{name}/results.csv",
    operation_id="getResultsAsCsv",
    summary="Download what became of everybody, for a spreadsheet",
    response_class=StreamingResponse,
    responses=problems(404, 422) | {200: media(CSV)},
    dependencies=[answers(CSV)],
)
async def results_as_csv(rooms: Here, name: CampaignName, outcome: Outcome | None = None) -> StreamingResponse:
    """A row for each contact. What a spreadsheet would take for a formula is none."""
    await check_exists(rooms, name)
    return StreamingResponse(_csv(rooms, name, [outcome] if outcome else []), media_type=CSV)


@router.get(
    "/v1/campaigns/{name}/results.ndjson",
    operation_id="getResultsAsNdjson",
    summary="Download what became of everybody, for a program",
    response_class=StreamingResponse,
    responses=problems(404, 422) | {200: media(NDJSON)},
    dependencies=[answers(NDJSON)],
)
async def results_as_ndjson(
    rooms: Here, name: CampaignName, outcome: Outcome | None = None, cursor: Cursor = None
) -> StreamingResponse:
    """A line of JSON for each contact, from a page of `listContacts` on if its cursor is given."""
    await check_exists(rooms, name)
    place = _number(place_of(cursor, int)[0]) if cursor else 0
    return StreamingResponse(_lines(rooms, name, place, [outcome] if outcome else []), media_type=NDJSON)


@router.get(
    "/v1/campaigns/{name}/events",
    operation_id="followCampaign",
    summary="Follow a campaign",
    response_class=sse.EventStream,
    status_code=200,
    responses=problems(404, 422)
    | {
        200: media(sse.MEDIA_TYPE) | {"description": "event: what happened; id: to go on from; data: JSON."},
        204: {"description": "It is over, and everything was told."},
    },
    dependencies=[answers(sse.MEDIA_TYPE)],
)
async def follow_campaign(rooms: Here, name: CampaignName, last_event_id: sse.LastEventId = None) -> Response:
    """Attempts and what became of them: ids and results, no numbers, no words."""
    await check_exists(rooms, name)
    if rooms.campaigns.full:
        raise Refusal("unavailable", "Too many are watching already.", headers=retry_after(10))
    after = last_event_id or "0"
    if not await rooms.ledger.events(name, after, 1) and await _is_over(rooms, name):
        return Response(status_code=204)
    return sse.EventStream(_told(rooms, name, after))


async def _told(rooms: Rooms, name: str, after: str) -> Stream[bytes]:
    async for told in rooms.campaigns.watch(name, after):
        if told is None:
            yield sse.quiet()
            if await _is_over(rooms, name):
                return
        else:
            identity, fields = told
            yield sse.event(fields.get("kind", "message"), identity, json.dumps(dict(fields), ensure_ascii=False))


async def _is_over(rooms: Rooms, name: str) -> bool:
    if name not in await rooms.ledger.campaigns():
        return False
    counts = await rooms.ledger.counts(name)
    return counts.state in _OVER and not counts.calls


async def _lines(rooms: Rooms, name: str, place: int, outcomes: list[Outcome]) -> AsyncIterator[bytes]:
    async for standing in standings(rooms.ledger, name, outcomes, place):
        yield json.dumps(record_of(standing), ensure_ascii=False).encode() + b"\n"


async def _csv(rooms: Rooms, name: str, outcomes: list[Outcome]) -> AsyncIterator[bytes]:
    with tempfile.TemporaryFile("w+", encoding="utf-8", newline="") as file:
        await write_csv(cast("TextIO", file), rooms.ledger, name, outcomes)
        file.seek(0)
        while text := await asyncio.to_thread(file.read, CHUNK):
            yield text.encode()


def _number(place: Any) -> int:
    return min(max(int(place), 0), 2**31)
