"""What a campaign asks of its list."""

from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from assist.assistant import Assistant
from assist.campaign.declaration import Campaign
from assist.campaign.group import Group
from assist.campaign.identity import IMPORT_DAY
from assist.campaign.numbers import Destinations
from assist.campaign.policy import Policies
from assist.campaign.wording import needed, spoken

_UTC: Final = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class Demands:
    """What each row must have."""

    country: str
    """ISO 3166: of the numbers without a country code."""
    destinations: Destinations
    languages: tuple[str, ...]
    """ISO 639-1: what the assistant speaks."""
    needed: frozenset[str] = frozenset()
    """Columns that are said of each person, or tell one call to him from the next."""
    optional: frozenset[str] = frozenset()
    """Columns that are said where there is something in them."""
    consent: frozenset[str] = frozenset()
    """Countries (ISO 3166) where nobody is called who did not agree: where and when must be there."""
    home: Group | None = None
    """Whose clock counts where a number may be in several time zones; None: all of them."""
    once_per: tuple[str, ...] = ()
    """What makes another call to the same person; see `assist.campaign.identity`."""
    timezone: ZoneInfo = _UTC
    """Whose days count as those of imports."""


def demands_of(campaign: Campaign, assistant: Assistant, policies: Policies) -> Demands:
    """Return what *campaign*, held by *assistant*, asks of its list."""
    contacts = campaign.contacts
    strict = {
        country
        for country in contacts.countries
        if contacts.consent or policies.of(country).purposes[campaign.purpose].consent
    }
    must = needed(campaign) | {name for name in contacts.once_per if name != IMPORT_DAY}
    return Demands(
        country=contacts.country,
        destinations=contacts.destinations,
        languages=assistant.languages,
        needed=must,
        optional=spoken(campaign) - must,
        consent=frozenset(strict),
        home=contacts.home,
        once_per=contacts.once_per,
        timezone=campaign.timezone,
    )
