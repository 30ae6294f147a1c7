"""The campaigns in numbers, for those who watch. Every dialer tells the same: take the largest, not the sum."""

import asyncio
import logging
import math
import time
from collections.abc import Iterable, Mapping
from typing import Final

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily

from assist.campaign.ledger import Ledger
from assist.campaign.ledger.records import Live
from assist.campaign.ledger.views import Counts
from assist.campaign.model import Blocked, CampaignState, ContactState, Result
from assist.campaign.plans import Plans, is_trial
from assist.errors import ConfigurationError, StoreError
from assist.metrics import ATTEMPTS, BLOCKED
from assist.monitor.sight import Complaint, Look, Sight, gauge, gauges

log = logging.getLogger(__name__)

RINGS: Final = 180.0
"""Seconds that no telephone rings for."""
LOST: Final = 60.0
"""Seconds after the end of a lease in which whoever can finds out what became of an attempt."""
LAG: Final = (
    "assist_campaign_lag_seconds",
    "For how long somebody might have been called, since the first was due or the hours began; 0 while anybody is.",
    "campaign",
)
RUNNING: Final = ("assist_campaign_running", "1: people are called. 0: it is paused.", "campaign")
OPEN: Final = frozenset({CampaignState.RUNNING, CampaignState.PAUSED})

# What has not happened yet is told as 0: its first time is not to be missed.
for _result in Result:
    ATTEMPTS.labels(_result)
for _reason in Blocked:
    BLOCKED.labels(_reason)


def campaigns_look(ledger: Ledger, plans: Plans, stop: asyncio.Event) -> Look:
    """Return what looks at the campaigns that are neither drafts nor over; this dialer calls until *stop*."""

    complain = Complaint(log)

    async def look() -> Sight:
        try:
            counts = {name: await ledger.counts(name) for name in await ledger.campaigns() if not is_trial(name)}
            live = await ledger.attempts.live()
        except StoreError as error:
            complain(f"how the campaigns are is not known: {error}")
            return Sight(checks={"dialing": False})
        complain()
        now = time.time()
        going = {name: count for name, count in counts.items() if count.state in OPEN}
        return Sight(
            [
                contacts(going),
                gauges(*LAG, {name: lag(count, plans, name, now) for name, count in going.items()}),
                gauges(*RUNNING, {name: count.state is CampaignState.RUNNING for name, count in going.items()}),
                gauge("assist_attempts_unknown", "Attempts of which nobody knows what became.", unknown(live, now)),
            ],
            {"dialing": not stop.is_set()},
        )

    return look


def contacts(campaigns: Mapping[str, Counts]) -> Metric:
    """Return how many contacts are in which state."""
    family = GaugeMetricFamily("assist_campaign_contacts", "Contacts, by where they are.", labels=["campaign", "state"])
    for name, counts in campaigns.items():
        for state in ContactState:
            family.add_metric([name, state], counts.states.get(state, 0))
    return family


def lag(counts: Counts, plans: Plans, name: str, now: float) -> float:
    """Return for how many seconds a campaign has called nobody although it might."""
    if counts.state is not CampaignState.RUNNING or counts.calls:
        return 0.0
    try:
        calendar = plans.get(name).calendar
    except ConfigurationError:
        # Nobody is called until its file is mended, however long that takes.
        return math.inf
    waits = [0.0]
    for group, queue in counts.groups.items():
        window = calendar.window(group, now)
        if queue.first is not None and window is not None and window.opens <= now:
            waits.append(now - max(queue.first, window.opens))
    return max(waits)


def unknown(live: Iterable[Live], now: float) -> int:
    """Return of how many attempts nobody has told for long, or that dial for longer than any telephone rings."""
    return sum(
        one.state is not ContactState.CLAIMED
        and (now - one.claim.lease > LOST or (one.state is ContactState.DIALING and now - one.at > RINGS))
        for one in live
    )
