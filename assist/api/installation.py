"""What the installation is made of, and what it uses up: engines and usage."""

import asyncio
import time
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from assist.api.access import answers, needs
from assist.api.calls.shapes import Use
from assist.api.described import JSON, problems
from assist.api.keys import Scope
from assist.api.moments import Day
from assist.api.problem import Refusal
from assist.api.rooms import Here
from assist.engines.survey import Finding, State, survey
from assist.provider import Kind
from assist.settings import Settings

router: Final = APIRouter(dependencies=[needs(Scope.READ), answers(JSON)])

FRESH: Final = 300.0
"""Seconds for which what was found out of the engines holds: hosted ones are asked for it."""
LONGEST: Final = 366
"""Days in one question."""


class Engine(BaseModel):
    """An engine that somebody chose."""

    kind: Kind
    engine: str
    model: str
    options: dict[str, Any]
    used_by: list[str] = Field(description="Assistants; `settings`; `last resort`.")
    state: State
    reason: str = Field(description="Why it is not ready, with the mend.")
    connect_ms: int | None = Field(description="Until it answered that its key is good.")

    @staticmethod
    def of(found: Finding) -> "Engine":
        return Engine(
            kind=found.kind,
            engine=found.engine,
            model=found.model,
            options={
                name: value for name, value in found.options.items() if isinstance(value, bool | int | float | str)
            },
            used_by=list(found.used_by),
            state=found.state,
            reason=found.reason,
            connect_ms=found.connect_ms,
        )


class Engines(BaseModel):
    """The engines that are chosen."""

    checked: datetime
    items: list[Engine]


class DayUsage(BaseModel):
    """What the calls of one assistant used up that began on one day, in UTC."""

    day: date
    assistant: str
    calls: int = Field(ge=0)
    minutes: float = Field(ge=0, description="Of talk.")
    cost_usd: Decimal = Field(ge=0)
    used: list[Use] = Field(description="By engine.")


class UsageReport(BaseModel):
    """What was used up, day by day and assistant by assistant."""

    items: list[DayUsage]
    calls: int
    minutes: float
    cost_usd: Decimal


@dataclass(slots=True)
class Surveyor:
    """Finds out about the engines, not too often."""

    settings: Settings
    found: Engines | None = None
    until: float = 0.0
    alone: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def engines(self) -> Engines:
        """Return what is known of them, found out anew if that is long ago."""
        async with self.alone:
            if self.found is None or time.monotonic() > self.until:
                items = [Engine.of(one) async for one in survey(self.settings, probe=False, unchosen=False)]
                self.found = Engines(checked=datetime.now(UTC), items=items)
                self.until = time.monotonic() + FRESH
            return self.found


@router.get(
    "/v1/engines",
    operation_id="listEngines",
    summary="List the engines that are chosen",
    tags=["installation"],
    responses=problems(),
)
async def list_engines(request: Request) -> Engines:
    """Whether each is installed, has its key, and answers; found out anew every five minutes at most."""
    surveyor: Surveyor = request.app.state.surveyor
    return await surveyor.engines()


@router.get(
    "/v1/usage",
    operation_id="getUsage",
    summary="Tell what was used up",
    tags=["installation"],
    responses=problems(409),
)
async def get_usage(
    rooms: Here,
    first: Annotated[
        date | None, Query(description="The first day, in UTC; without it, 30 days before the last.")
    ] = None,
    last: Annotated[Day | None, Query(description="The last day; without it, today.")] = None,
) -> UsageReport:
    """Calls, minutes and money, by day, assistant and engine."""
    until = last or datetime.now(UTC).date()
    since = first or max(until, date.min + timedelta(days=30)) - timedelta(days=30)
    if not 0 <= (until - since).days < LONGEST:
        raise Refusal("conflict", f"Ask for {LONGEST} days at most, the first of them before the last.")
    items = [
        DayUsage(
            day=usage.day,
            assistant=usage.assistant,
            calls=usage.calls,
            minutes=round(usage.seconds / 60, 3),
            cost_usd=usage.cost_usd,
            used=[Use.of(use) for use in usage.used],
        )
        for usage in await rooms.store.history.usage(since, until)
    ]
    return UsageReport(
        items=items,
        calls=sum(one.calls for one in items),
        minutes=round(sum(one.minutes for one in items), 3),
        cost_usd=sum((one.cost_usd for one in items), Decimal(0)),
    )
