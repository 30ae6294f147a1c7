"""Campaigns with their calendars: what is asked again and again of the files."""

import time
from dataclasses import dataclass
from typing import Final, Protocol

from assist.campaign import retry
from assist.campaign.calendar import Calendar
from assist.campaign.declaration import Campaign
from assist.campaign.model import Claim, Outcome, Result
from assist.campaign.policy import Policies
from assist.errors import ConfigurationError

UNTIL_MENDED: Final = 3600.0
"""Seconds after which a contact is looked at again whose campaign's file is broken or gone."""
_TRIAL: Final = "/test"
"""No file is called so."""


def trial_of(name: str) -> str:
    """Return the name under which the ledger keeps the calls to the owner of a campaign, apart from all others."""
    return f"{name}{_TRIAL}"


def is_trial(name: str) -> bool:
    """Return whether only the owner is called in it."""
    return name.endswith(_TRIAL)


@dataclass(frozen=True, slots=True)
class Plan:
    """A campaign as its file is now."""

    campaign: Campaign
    calendar: Calendar


class Campaigns(Protocol):
    """Where campaigns are read from."""

    def get(self, name: str) -> Campaign:
        """Return the campaign as its file is now. Raises `ConfigurationError`."""
        ...


class Plans:
    """The campaigns of an installation, by name."""

    def __init__(self, campaigns: Campaigns, policies: Policies) -> None:
        self._campaigns = campaigns
        self.policies = policies
        self._plans: dict[str, Plan] = {}

    def get(self, name: str) -> Plan:
        """Return the plan of a campaign, or of its trial, which has the same. Raises `ConfigurationError`."""
        campaign = self._campaigns.get(name.removesuffix(_TRIAL))
        plan = self._plans.get(name)
        if plan is None or plan.campaign != campaign:
            plan = self._plans[name] = Plan(campaign, Calendar(campaign, self.policies))
        return plan

    def after(self, claim: Claim, result: Result, *, message_left: bool = True) -> float | Outcome:
        """Return when to call again, or why not, now that an attempt ended so."""
        now = time.time()
        try:
            plan = self.get(claim.campaign)
        except ConfigurationError:
            # Nobody is called before it is mended, and then by what it says.
            return Outcome.UNKNOWN if result is Result.UNKNOWN else now + UNTIL_MENDED
        return retry.after(result, claim.attempt, plan.calendar, now, claim.contact.group, message_left=message_left)
