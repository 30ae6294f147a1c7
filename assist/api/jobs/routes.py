"""Lists, sent; and jobs, looked up."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final
from uuid import UUID, uuid4

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field

from assist.api.access import answers, needs, takes
from assist.api.campaigns.routes import plan_of
from assist.api.campaigns.shapes import CampaignName
from assist.api.described import JSON, body, linked, media, problems
from assist.api.jobs.book import Job, JobState
from assist.api.jobs.imports import List
from assist.api.keys import Scope
from assist.api.problem import Refusal
from assist.api.rooms import Here
from assist.campaign.course import state_of
from assist.campaign.model import CampaignState

CSV: Final = "text/csv"
NDJSON: Final = "application/x-ndjson"
SUFFIXES: Final = {CSV: ".csv", NDJSON: ".ndjson"}
LATEST: Final = 100

sending: Final = APIRouter(tags=["campaigns"], dependencies=[needs(Scope.CAMPAIGNS), answers(JSON)])
router: Final = APIRouter(tags=["jobs"], dependencies=[needs(Scope.READ)])

_OF_JOB: Final = {"Get": ("getJob", {"job_id": "$response.body#/id"})}


class Import(BaseModel):
    """The import of a list: all of it is read and checked before anything is added."""

    id: UUID
    campaign: str
    state: JobState
    began: datetime
    stage: str = Field(description="`comparing`, `checking`, `bringing`, `adding`, `done`.")
    share: float = Field(ge=0, le=1, description="Of the stage.")
    rows: int = Field(ge=0)
    new: int = Field(ge=0)
    updated: int = Field(ge=0, description="In the campaign already and not reached yet: the list says it otherwise.")
    known: int = Field(ge=0, description="In the campaign already: they stay as they are.")
    refused: int = Field(ge=0, description="Rows with mistakes: `getImportErrors` has them.")
    ended: int = Field(ge=0, description="Not called any more, since they are not on the list that came instead.")
    error: str = Field(description="Why it failed, with the mend.")

    @staticmethod
    def of(job: Job) -> "Import":
        return Import(
            id=UUID(job.id),
            campaign=job.campaign,
            state=job.at(datetime.now(UTC)),
            began=job.began,
            stage=job.stage,
            share=min(job.share, 1.0),
            rows=job.rows,
            new=job.new,
            updated=job.updated,
            known=job.known,
            refused=job.refused,
            ended=job.ended,
            error=job.error,
        )


class Jobs(BaseModel):
    """The jobs that began last, the latest first."""

    items: list[Import]


@sending.post(
    "/v1/campaigns/{name}/imports",
    operation_id="importContacts",
    summary="Send a list of contacts",
    status_code=202,
    responses=problems(404, 409, 413, 415, 422) | {202: linked(**_OF_JOB)},
    openapi_extra=body(CSV, NDJSON, schema={"type": "string"}, example="telefono,nombre\n+34612345678,Ana\n"),
    dependencies=[takes(CSV, NDJSON)],
)
async def import_contacts(
    rooms: Here,
    name: CampaignName,
    request: Request,
    response: Response,
    numbers_in: Annotated[
        str | None, Query(min_length=1, max_length=100, description="The column with the numbers, if several may be.")
    ] = None,
    instead: Annotated[bool, Query(description="Who waits and is not on the list is not called any more.")] = False,
) -> Import:
    """As spreadsheets write them. Sent again, nobody is added twice."""
    plan = plan_of(rooms, name)
    if await state_of(rooms.ledger, name) is CampaignState.CANCELLED:
        raise Refusal("conflict", "It was cancelled, which is for good.")
    now = datetime.now(UTC)
    job = Job(str(uuid4()), name, now, now)
    kind = request.headers["content-type"].partition(";")[0].strip().lower()
    path = rooms.imports.path_of(job.id, SUFFIXES[kind])
    await _receive(request, path)
    await rooms.imports.begin(job, plan, List(path, numbers_in, instead), await rooms.desk.capacity())
    response.headers["Location"] = f"/v1/jobs/{job.id}"
    return Import.of(job)


@router.get(
    "/v1/jobs",
    operation_id="listJobs",
    summary="List the latest jobs",
    responses=problems() | {200: linked(First=("getJob", {"job_id": "$response.body#/items/0/id"}))},
    dependencies=[answers(JSON)],
)
async def list_jobs(rooms: Here) -> Jobs:
    """Those of a week, a hundred at most."""
    return Jobs(items=[Import.of(job) for job in await rooms.jobs.latest(LATEST)])


@router.get(
    "/v1/jobs/{job_id}",
    operation_id="getJob",
    summary="Get a job",
    responses=problems(404, 422) | {200: linked(Errors=("getImportErrors", {"job_id": "$response.body#/id"}))},
    dependencies=[answers(JSON)],
)
async def get_job(rooms: Here, job_id: UUID) -> Import:
    """How far it is."""
    job = await rooms.jobs.get(str(job_id))
    if job is None:
        raise Refusal("not-found", "There is no such job, or it was long ago.")
    return Import.of(job)


@router.get(
    "/v1/jobs/{job_id}/errors",
    operation_id="getImportErrors",
    summary="Download the rows that were refused",
    response_class=FileResponse,
    responses=problems(404, 422) | {200: media(CSV)},
    dependencies=[answers(CSV)],
)
async def get_errors(rooms: Here, job_id: UUID) -> FileResponse:
    """Each with what is wrong, to be mended and sent as it is."""
    job = await rooms.jobs.get(str(job_id))
    path = rooms.imports.errors_of(str(job_id)) if job else None
    if path is None:
        raise Refusal("not-found", "No row of such a job was refused.")
    return FileResponse(path, media_type=CSV)


async def _receive(request: Request, path: Path) -> None:
    """Write the body to *path*; if it does not come whole, nothing stays."""
    try:
        with await asyncio.to_thread(path.open, "xb") as file:
            async for piece in request.stream():
                file.write(piece)
    except BaseException:
        await asyncio.to_thread(path.unlink, missing_ok=True)
        raise
