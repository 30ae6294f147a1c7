"""The nouns of telling others what happens. Times are seconds since the epoch, UTC."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID, uuid5

NAMESPACE = UUID("0b0c7b1c-0f6a-5b39-8d8c-5b8e4d1f6f11")


class EventType(StrEnum):
    """What may have happened."""

    CALL_STARTED = "call.started"
    CALL_ENDED = "call.ended"
    CALL_TRANSCRIPT = "call.transcript"
    """What was said, when the call is over; only for an endpoint that wants transcripts."""
    CAMPAIGN_STARTED = "campaign.started"
    """Or goes on after a pause."""
    CAMPAIGN_PAUSED = "campaign.paused"
    CAMPAIGN_CANCELLED = "campaign.cancelled"
    CAMPAIGN_FINISHED = "campaign.finished"
    CAMPAIGN_BREAKER = "campaign.breaker"
    """It rests by itself, since too much failed."""
    ATTEMPT_ENDED = "campaign.attempt.ended"
    CONTACT_DONE = "campaign.contact.done"
    """The campaign will not call this contact again."""
    CONTACT_OPTED_OUT = "contact.opted_out"
    WEBHOOK_DISABLED = "webhook.disabled"
    """Nothing more is told to an endpoint: the others are told."""
    WEBHOOK_TEST = "webhook.test"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened."""

    id: str
    """The same whenever it is told."""
    type: EventType
    at: float
    data: Mapping[str, object]
    """Ids, results, times and money, ready for JSON; neither words nor numbers."""


class Disabled(StrEnum):
    """Why nothing is told to an endpoint."""

    OWNER = "owner"
    GONE = "gone"
    """It answered 410."""
    FAILING = "failing"
    """For days, nothing arrived."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where to tell what happens."""

    id: str
    url: str
    types: frozenset[EventType]
    """That it wants to know of."""
    transcripts: bool
    """Whether it may be told what was said."""
    numbers: bool
    """Whether it may be told telephone numbers, besides the contacts' ids."""
    created: float
    """What happened before is not told."""
    disabled: Disabled | None = None
    failing_since: float | None = None

    def wants(self, event: Event) -> bool:
        """Return whether *event* is to be told here."""
        allowed = self.transcripts or event.type is not EventType.CALL_TRANSCRIPT
        return self.disabled is None and event.type in self.types and allowed and event.at >= self.created


class DeliveryState(StrEnum):
    """What became of a delivery."""

    WAITING = "waiting"
    """To be sent, or sent again, when due."""
    DELIVERED = "delivered"
    DEAD = "dead"
    """Given up; it may be sent again by hand."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event on its way to one endpoint."""

    id: str
    endpoint: str
    event: Event
    state: DeliveryState
    tries: int
    created: float
    due: float | None
    """Of one that waits; of one that is being sent: when somebody else would try."""
    ended: float | None
    status: int | None
    """HTTP's, of the last answer."""
    reason: str
    """Why the last try failed; empty: none did."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to send one delivery, until its lease has passed."""

    id: str
    endpoint: str
    event: Event
    tries: int
    """This one included."""
    fence: int
    """Whoever comes with an older one is refused."""


def delivery_id(event: Event, endpoint: str) -> str:
    """Return the id of a delivery: the same wherever it is computed."""
    return f"dlv_{uuid5(NAMESPACE, f'{event.id} {endpoint}').hex}"


def event_id(*of: str) -> str:
    """Return an id for what happened *of* these: the same wherever it is computed."""
    return f"evt_{uuid5(NAMESPACE, chr(10).join(of)).hex}"
