"""Campaigns as the API shows them."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field

from assist.campaign.ledger.views import Standing
from assist.campaign.model import Blocked, CampaignState, ContactState, Outcome, Result
from assist.campaign.results import record_of
from assist.campaign.standing import Status

CampaignName = Annotated[
    str,
    Path(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$",
        description="The name of its file, without .yaml.",
        examples=["recordatorio"],
    ),
]


class Block(BaseModel):
    """Why nobody, or not everybody, is called just now."""

    reason: Blocked
    contacts: int = Field(ge=0, description="Who wait for it.")
    until: datetime | None = None


class Campaign(BaseModel):
    """Where a campaign is."""

    name: str
    state: CampaignState
    contacts: int = Field(default=0, ge=0)
    states: dict[ContactState, int] = Field(default_factory=dict, description="Contacts, by where they are.")
    outcomes: dict[Outcome, int] = Field(default_factory=dict, description="Of those who are done.")
    results: dict[Result, int] = Field(default_factory=dict, description="Attempts, by how they ended.")
    calls: int = Field(default=0, ge=0, description="In progress.")
    seconds: float = Field(default=0.0, ge=0, description="Of talk, those set aside for calls in progress included.")
    cost_usd: Decimal = Field(default=Decimal(0), ge=0, description="Likewise.")
    blocked: list[Block] = Field(default_factory=list)
    ends: datetime | None = Field(default=None, description="When it will be finished, if it goes on as so far.")
    problems: list[str] = Field(default_factory=list, description="What keeps it from going on, with the mend.")

    @staticmethod
    def of(status: Status) -> "Campaign":
        counts = status.counts
        return Campaign(
            name=status.campaign,
            state=counts.state,
            contacts=counts.contacts,
            states=dict(counts.states),
            outcomes=dict(counts.outcomes),
            results=dict(counts.results),
            calls=counts.calls,
            seconds=counts.seconds,
            cost_usd=counts.cost,
            blocked=[
                Block(reason=block.reason, contacts=block.contacts, until=moment(block.until))
                for block in status.blocked
            ],
            ends=moment(status.ends),
            problems=list(status.problems),
        )


class Campaigns(BaseModel):
    """Every campaign that has a file, or ever had contacts."""

    items: list[Campaign]


class Cancelling(BaseModel):
    """How to end a campaign for good."""

    model_config = ConfigDict(extra="forbid")

    hang_up: bool = Field(default=False, strict=True, description="End the calls in progress, too.")


class Attempt(BaseModel):
    """An attempt that is over."""

    at: datetime
    result: Result
    seconds: float = Field(ge=0)
    cost_usd: Decimal = Field(ge=0)
    caller_id: str | None = Field(description="The number that the call showed, where the trunk has several.")


class Contact(BaseModel):
    """Somebody to be called, and what became of it."""

    id: str
    phone: str
    state: ContactState
    outcome: Outcome | None
    result: Result | None = Field(description="Of the last attempt.")
    attempts: int = Field(ge=0)
    last_at: datetime | None
    due: datetime | None = Field(description="Not to be called before; null: at once, or not at all.")
    seconds: float = Field(ge=0)
    cost_usd: Decimal = Field(ge=0)
    caller_id: str | None = Field(description="Of the last attempt.")
    found_out: dict[str, str] = Field(description="What the contact made clear, by name.")
    variables: dict[str, Any]
    past: list[Attempt]

    @staticmethod
    def of(standing: Standing) -> "Contact":
        return Contact.model_validate(record_of(standing))


class ContactPage(BaseModel):
    """Some contacts, as they came."""

    items: list[Contact]
    next_cursor: str | None = Field(description="Where the next page begins; null: there is none.")


def moment(seconds: float | None) -> datetime | None:
    """Return a moment of a campaign as one that knows its zone."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
