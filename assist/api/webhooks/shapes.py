"""Webhooks as the API shows them."""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from assist.api.shapes import Hours
from assist.webhooks.model import Delivery, DeliveryState, Disabled, Endpoint, EventType

Url = Annotated[
    str,
    Field(
        min_length=9,
        max_length=2048,
        pattern=r"^https?://[^\s]+$",
        description="Public, over https.",
        examples=["https://crm.example.com/assist"],
    ),
]


class NewEndpoint(BaseModel):
    """Where to tell what happens from now on."""

    model_config = ConfigDict(extra="forbid")

    url: Url
    types: list[EventType] = Field(min_length=1, max_length=50, description="What it wants to know of.")
    transcripts: bool = Field(default=False, strict=True, description="It may be told what was said.")
    numbers: bool = Field(default=False, strict=True, description="It may be told telephone numbers.")


class EndpointChanges(BaseModel):
    """What is to be otherwise; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    url: Url | None = None
    types: list[EventType] | None = Field(default=None, min_length=1, max_length=50)
    transcripts: Annotated[bool, Field(strict=True)] | None = None
    numbers: Annotated[bool, Field(strict=True)] | None = None
    enabled: Annotated[bool, Field(strict=True)] | None = Field(default=None, description="true: what waits is told.")


class EndpointView(BaseModel):
    """Where to tell what happens."""

    id: str
    url: str
    types: list[EventType]
    transcripts: bool
    numbers: bool
    created: datetime
    disabled: Disabled | None = Field(description="Why nothing is told to it.")
    failing_since: datetime | None

    @staticmethod
    def of(endpoint: Endpoint) -> "EndpointView":
        return EndpointView(**fields_of(endpoint))


class EndpointWithSecret(EndpointView):
    """One, with the secret that signs what it is told."""

    secret: str = Field(description="Shown this once: `whsec_…`, as https://www.standardwebhooks.com has it.")


class EndpointList(BaseModel):
    """All of them, the earliest first."""

    items: list[EndpointView]


class Overlap(BaseModel):
    """How long the secret before signs, too."""

    model_config = ConfigDict(extra="forbid")

    overlap_hours: Hours = 24


class DeliveryView(BaseModel):
    """One event on its way to one endpoint."""

    id: str
    endpoint: str
    event: str = Field(description="Its id: the same each time that it is told.")
    type: EventType
    happened: datetime
    state: DeliveryState
    tries: int = Field(ge=0)
    due: datetime | None
    ended: datetime | None
    status: int | None = Field(description="HTTP's, of the last answer.")
    reason: str = Field(description="Why the last try failed.")

    @staticmethod
    def of(one: Delivery) -> "DeliveryView":
        return DeliveryView(
            id=one.id,
            endpoint=one.endpoint,
            event=one.event.id,
            type=one.event.type,
            happened=_moment(one.event.at),
            state=one.state,
            tries=one.tries,
            due=_moment(one.due) if one.due else None,
            ended=_moment(one.ended) if one.ended else None,
            status=one.status,
            reason=one.reason,
        )


class DeliveryPage(BaseModel):
    """Some deliveries, the latest first."""

    items: list[DeliveryView]
    next_cursor: str | None


def fields_of(endpoint: Endpoint) -> dict[str, Any]:
    """Return what is shown of an endpoint."""
    return {
        "id": endpoint.id,
        "url": endpoint.url,
        "types": sorted(endpoint.types),
        "transcripts": endpoint.transcripts,
        "numbers": endpoint.numbers,
        "created": _moment(endpoint.created),
        "disabled": endpoint.disabled,
        "failing_since": _moment(endpoint.failing_since) if endpoint.failing_since else None,
    }


def _moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)
