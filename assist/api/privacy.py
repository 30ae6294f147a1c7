"""What is personal goes when the person wants it; who did what."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from assist.api.access import Asker, answers, needs, takes
from assist.api.described import JSON, problems
from assist.api.keys import Scope
from assist.api.moments import Moment
from assist.api.paging import Cursor, Limit, cursor_of, place_of
from assist.api.problem import Fault, Refusal
from assist.api.rooms import Here
from assist.campaign.flaw import Unfit
from assist.campaign.numbers import spelled
from assist.privacy.erasure import Erasure, InProgress, Receipt

_ID: Final = re.compile(r"\d{1,19}-\d{1,19}")

router: Final = APIRouter(tags=["privacy"], dependencies=[needs(Scope.ADMIN), answers(JSON)])


class Person(BaseModel):
    """Somebody of whom nothing is to stay."""

    model_config = ConfigDict(extra="forbid")

    number: str = Field(
        pattern=r"^\+[1-9][0-9]{6,14}$", description="With its country code.", examples=["+34612345678"]
    )
    do_not_call: bool = Field(default=False, description="Nobody may call it from now on, too.")


class Deed(BaseModel):
    """Something that somebody did, or tried to."""

    id: str
    at: datetime
    actor: str = Field(description="A key, somebody at a terminal, or the system.", examples=["key:3f786850e3"])
    action: str = Field(examples=["campaign.start"])
    subject: str = Field(description="The id or the name of what it was done to.")
    details: Mapping[str, str]


class Deeds(BaseModel):
    """Some of what was done, the oldest first."""

    items: list[Deed]
    next_cursor: str | None


@router.post(
    "/v1/erasures",
    operation_id="erasePerson",
    summary="Remove all that belongs to a number",
    responses=problems(400, 404, 409, 413, 415, 422),
    dependencies=[takes(JSON)],
)
async def erase(rooms: Here, asker: Asker, person: Person) -> Receipt:
    """Words, recordings, contacts in campaigns and their results. That it is not to be called stays.

    Refused while a call with the number is in progress.
    """
    try:
        number = spelled(person.number, rooms.settings.calls.country)
        erasure = Erasure(rooms.store, rooms.ledger, rooms.settings.files.recordings_dir)
        return await erasure.erase(number, f"key:{asker.id}", do_not_call=person.do_not_call)
    except Unfit as unfit:
        raise Refusal("not-found", "There is no such number.", [Fault(detail=str(unfit), pointer="/number")]) from unfit
    except InProgress as busy:
        raise Refusal("conflict", str(busy)) from busy


@router.get(
    "/v1/audit",
    operation_id="listDeeds",
    summary="List who did what",
    responses=problems(404, 422),
)
async def deeds(
    rooms: Here,
    since: Moment = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Deeds:
    """Changes, and looks at what was said; the oldest first."""
    after = str(place_of(cursor, str)[0]) if cursor else ""
    if after and not _ID.fullmatch(after):
        raise Refusal("not-found", "There is no such page: take next_cursor as it is.")
    moment = since.replace(tzinfo=since.tzinfo or UTC) if since else None
    found: list[Deed] = []
    async for deed in rooms.store.audit.deeds(moment, after):
        if len(found) == limit:
            return Deeds(items=found, next_cursor=cursor_of(found[-1].id))
        found.append(Deed(**{name: getattr(deed, name) for name in Deed.model_fields}))
    return Deeds(items=found, next_cursor=None)
