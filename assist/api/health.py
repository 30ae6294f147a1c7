"""Whether the API lives, and whether it can do what it is asked for. Nobody needs a key for that."""

from typing import Final

from fastapi import APIRouter, Response
from pydantic import BaseModel

from assist.api.rooms import Here
from assist.monitor.sight import look_at_all

router: Final = APIRouter(tags=["installation"])


class Live(BaseModel):
    """It answers."""

    status: str = "live"


class Ready(BaseModel):
    """Whether requests may be sent here."""

    status: str
    checks: dict[str, bool]


@router.get("/health/live", operation_id="getLive", summary="Ask whether the API lives", include_in_schema=False)
async def live() -> Live:
    """It does, if this is answered."""
    return Live()


@router.get("/health/ready", operation_id="getReady", summary="Ask whether it can work", include_in_schema=False)
async def ready(rooms: Here, response: Response) -> Ready:
    """Whether Redis answers, and FreeSWITCH if we know the way to it."""
    checks = dict((await look_at_all(rooms.looks)).checks)
    well = all(checks.values())
    response.status_code = 200 if well else 503
    return Ready(status="ready" if well else "not ready", checks=checks)
