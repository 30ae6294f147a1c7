"""What FreeSWITCH is asked for when a contact is called."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from assist.campaign.declaration import Campaign
from assist.campaign.model import Claim

HEADER: Final = "X-Assist-Attempt"
"""In the INVITE: a carrier, or whoever counts for one, tells attempts apart by it."""
ATTEMPT: Final = "assist_attempt"
"""Variable of the channel: whoever holds the call finds everything else in the ledger."""


@dataclass(frozen=True, slots=True)
class Order:
    """One call to be placed."""

    call: str
    """The id that it gets, and that no second call can have while it lives."""
    endpoint: str
    extension: str
    variables: Mapping[str, str]


def order_of(campaign: Campaign, claim: Claim) -> Order:
    """Return how to call who was claimed."""
    number = claim.contact.number
    return Order(
        call=claim.id,
        endpoint=f"sofia/gateway/{campaign.trunk.gateway}/{number}",
        extension=number,
        variables={
            "originate_timeout": str(campaign.pace.ring_s),
            # An announcement is no answer.
            "ignore_early_media": "true",
            # To follow a redirection would be a second INVITE.
            "outbound_redirect_fatal": "true",
            "assist_direction": "outbound",
            "assist_assistant": campaign.assistant,
            "assist_campaign": quote(claim.campaign),
            "assist_contact": quote(claim.contact.id),
            ATTEMPT: claim.id,
            f"sip_h_{HEADER}": claim.id,
            **_shown(claim.shown),
        },
    )


def _shown(shown: str) -> Mapping[str, str]:
    return {"origination_caller_id_number": shown, "origination_caller_id_name": shown} if shown else {}
