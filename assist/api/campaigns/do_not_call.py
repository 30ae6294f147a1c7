"""Numbers that nobody may call, or not one campaign. They are sent, never shown: they are kept as hashes."""

from typing import Annotated, Final

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from assist.api.access import answers, needs, takes
from assist.api.campaigns.routes import check_exists
from assist.api.described import JSON, problems
from assist.api.keys import Scope
from assist.api.problem import Fault, Refusal
from assist.api.rooms import Here, Rooms
from assist.campaign.flaw import Unfit
from assist.campaign.numbers import spelled
from assist.campaign.suppression import DoNotCall

router: Final = APIRouter(tags=["do-not-call"], dependencies=[answers(JSON)])

_CHANGES: Final = [needs(Scope.CAMPAIGNS), takes(JSON)]


class Listing(BaseModel):
    """A number, on the list of all or on a campaign's."""

    model_config = ConfigDict(extra="forbid")

    number: str = Field(
        min_length=3,
        max_length=40,
        pattern=r"^\+[1-9][0-9]{6,14}$",
        description="With its country code.",
        examples=["+34612345678"],
    )
    campaign: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$")] | None = Field(
        default=None, description="Only this campaign; null: everybody."
    )


class Listed(BaseModel):
    """Whether a number is on the list."""

    listed: bool
    changed: bool = Field(default=False, description="It was not so before.")


class Sources(BaseModel):
    """How many numbers are on the list, by who said so."""

    sources: dict[str, int]


@router.get(
    "/v1/do-not-call",
    operation_id="countDoNotCall",
    summary="Count the numbers that nobody may call",
    responses=problems(404, 422),
    dependencies=[needs(Scope.READ)],
)
async def count(
    rooms: Here,
    campaign: Annotated[str | None, Query(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$")] = None,
) -> Sources:
    """By who said so; the numbers themselves are shown to nobody."""
    if campaign:
        await check_exists(rooms, campaign)
    return Sources(sources=dict(await DoNotCall(rooms.ledger).sources(campaign)))


@router.post(
    "/v1/do-not-call",
    operation_id="addDoNotCall",
    summary="Let nobody call a number",
    responses=problems(400, 404, 413, 415, 422),
    dependencies=_CHANGES,
)
async def add(rooms: Here, wanted: Listing) -> Listed:
    """At once, in calls that are about to be placed, too."""
    number = await _number(rooms, wanted)
    return Listed(listed=True, changed=await DoNotCall(rooms.ledger).add(number, wanted.campaign))


@router.post(
    "/v1/do-not-call/removals",
    operation_id="removeDoNotCall",
    summary="Take a number off the list",
    responses=problems(400, 404, 413, 415, 422),
    dependencies=_CHANGES,
)
async def remove(rooms: Here, wanted: Listing) -> Listed:
    """Only with the person's consent."""
    number = await _number(rooms, wanted)
    return Listed(listed=False, changed=await DoNotCall(rooms.ledger).remove(number, wanted.campaign))


@router.post(
    "/v1/do-not-call/look-ups",
    operation_id="lookUpDoNotCall",
    summary="Ask whether a number is on the list",
    responses=problems(400, 404, 413, 415, 422),
    dependencies=[needs(Scope.READ), takes(JSON)],
)
async def look_up(rooms: Here, wanted: Listing) -> Listed:
    """On that of all, or on the campaign's."""
    number = await _number(rooms, wanted)
    return Listed(listed=await DoNotCall(rooms.ledger).holds(number, wanted.campaign))


async def _number(rooms: Rooms, wanted: Listing) -> str:
    """Return the number as it is kept. Raises `Refusal`."""
    if wanted.campaign:
        await check_exists(rooms, wanted.campaign)
    try:
        return spelled(wanted.number, rooms.settings.calls.country)
    except Unfit as unfit:
        raise Refusal("not-found", "There is no such number.", [Fault(detail=str(unfit), pointer="/number")]) from unfit
