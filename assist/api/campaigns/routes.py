"""Campaigns: looked at, started, paused, resumed, cancelled."""

import time
from typing import Final

from fastapi import APIRouter

from assist.api.access import answers, needs, takes
from assist.api.campaigns.shapes import Campaign, CampaignName, Campaigns, Cancelling
from assist.api.described import JSON, linked, problems
from assist.api.keys import Scope
from assist.api.once import IdempotencyKey, OnceRoute
from assist.api.problem import Fault, Refusal
from assist.api.rooms import Here, Rooms
from assist.campaign import course
from assist.campaign.model import CampaignState
from assist.campaign.plans import Plan, is_trial
from assist.campaign.readiness import NotReady
from assist.campaign.standing import status_of
from assist.errors import ConfigurationError

reading: Final = APIRouter(tags=["campaigns"], dependencies=[needs(Scope.READ), answers(JSON)])
router: Final = APIRouter(
    tags=["campaigns"], dependencies=[needs(Scope.CAMPAIGNS), answers(JSON)], route_class=OnceRoute
)

_OF_CAMPAIGN: Final = {
    "Get": ("getCampaign", {"name": "$response.body#/name"}),
    "Contacts": ("listContacts", {"name": "$response.body#/name"}),
    "Pause": ("pauseCampaign", {"name": "$response.body#/name"}),
}
_FIRST: Final = {
    "First": ("getCampaign", {"name": "$response.body#/items/0/name"}),
    "Start": ("startCampaign", {"name": "$response.body#/items/0/name"}),
}


@reading.get(
    "/v1/campaigns",
    operation_id="listCampaigns",
    summary="List the campaigns",
    responses=problems() | {200: linked(**_FIRST)},
)
async def list_campaigns(rooms: Here) -> Campaigns:
    """Those that only have a file are drafts."""
    begun = [name for name in await rooms.ledger.campaigns() if not is_trial(name)]
    names = sorted({*begun, *rooms.files.campaigns.names()})
    return Campaigns(items=[await _campaign(rooms, name) for name in names])


@reading.get(
    "/v1/campaigns/{name}",
    operation_id="getCampaign",
    summary="Get a campaign",
    responses=problems(404, 422) | {200: linked(**_OF_CAMPAIGN)},
)
async def get_campaign(rooms: Here, name: CampaignName) -> Campaign:
    """In numbers, with what keeps it from calling and when it will be finished."""
    return await _campaign(rooms, name)


@router.post(
    "/v1/campaigns/{name}/start",
    operation_id="startCampaign",
    summary="Start a campaign",
    responses=problems(404, 409, 422) | {200: linked(**_OF_CAMPAIGN)},
)
async def start(rooms: Here, name: CampaignName, idempotency_key: IdempotencyKey = None) -> Campaign:
    """Refused, with all that is missing, if something is. One that runs goes on."""
    plan = plan_of(rooms, name)
    try:
        await course.start(rooms.files, rooms.ledger, plan, await rooms.desk.capacity(), time.time())
    except NotReady as refused:
        raise _not_ready(refused) from refused
    return await _campaign(rooms, name)


@router.post(
    "/v1/campaigns/{name}/pause",
    operation_id="pauseCampaign",
    summary="Pause a campaign",
    responses=problems(404, 409, 422) | {200: linked(**_OF_CAMPAIGN)},
)
async def pause(rooms: Here, name: CampaignName, idempotency_key: IdempotencyKey = None) -> Campaign:
    """Nobody new is called. Calls in progress go on to their end."""
    await check_exists(rooms, name)
    try:
        await course.pause(rooms.ledger, name)
    except course.Refused as refused:
        raise Refusal("conflict", str(refused)) from refused
    return await _campaign(rooms, name)


@router.post(
    "/v1/campaigns/{name}/resume",
    operation_id="resumeCampaign",
    summary="Resume a campaign",
    responses=problems(404, 409, 422) | {200: linked(**_OF_CAMPAIGN)},
)
async def resume(rooms: Here, name: CampaignName, idempotency_key: IdempotencyKey = None) -> Campaign:
    """It is looked at as for a start."""
    plan = plan_of(rooms, name)
    try:
        await course.resume(rooms.files, rooms.ledger, plan, await rooms.desk.capacity(), time.time())
    except NotReady as refused:
        raise _not_ready(refused) from refused
    except course.Refused as refused:
        raise Refusal("conflict", str(refused)) from refused
    return await _campaign(rooms, name)


@router.post(
    "/v1/campaigns/{name}/cancel",
    operation_id="cancelCampaign",
    summary="End a campaign for good",
    responses=problems(400, 404, 409, 413, 415, 422) | {200: linked(**_OF_CAMPAIGN)},
    dependencies=[takes(JSON)],
)
async def cancel(
    rooms: Here, name: CampaignName, wanted: Cancelling, idempotency_key: IdempotencyKey = None
) -> Campaign:
    """Whoever waits is not called. Calls in progress go on to their end, unless they are to be ended, too."""
    await check_exists(rooms, name)
    if wanted.hang_up and rooms.settings.esl.password is None:
        raise Refusal("conflict", "Set ASSIST_ESL_PASSWORD to end calls.")
    try:
        await course.cancel(rooms.ledger, name, rooms.settings.esl if wanted.hang_up else None)
    except course.Refused as refused:
        raise Refusal("conflict", str(refused)) from refused
    return await _campaign(rooms, name)


def plan_of(rooms: Rooms, name: str) -> Plan:
    """Return the campaign as its file is now. Raises `Refusal`."""
    if name not in rooms.files.campaigns.names():
        raise Refusal("not-found", "There is no file of such a campaign.")
    try:
        return rooms.files.plans.get(name)
    except ConfigurationError as error:
        # Where our files lie is nobody's business.
        told = str(error).replace(f"{rooms.settings.files.campaigns_dir}/", "")
        faults = [Fault(detail=line) for line in told.splitlines()]
        raise Refusal("conflict", "Its file has mistakes.", faults) from error


async def check_exists(rooms: Rooms, name: str) -> None:
    """Return if there is such a campaign. Raises `Refusal`."""
    if name not in await rooms.ledger.campaigns() and name not in rooms.files.campaigns.names():
        raise Refusal("not-found", "There is no such campaign.")


async def _campaign(rooms: Rooms, name: str) -> Campaign:
    if name in await rooms.ledger.campaigns():
        return Campaign.of(await status_of(rooms.ledger, rooms.store, rooms.files.plans, name, time.time()))
    await check_exists(rooms, name)
    return Campaign(name=name, state=CampaignState.DRAFT)


def _not_ready(refused: NotReady) -> Refusal:
    faults = [Fault(detail=str(lack)) for lack in refused.lacks]
    return Refusal("not-ready", "Nobody is called until this is mended.", faults)
