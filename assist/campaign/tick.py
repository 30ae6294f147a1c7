"""Starts the campaigns whose time has come. May run twice, late, or on several machines: each start is made once."""

import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from assist.campaign.ledger import Ledger
from assist.campaign.ledger.views import Counts
from assist.campaign.model import CampaignState
from assist.campaign.plans import Plan, Plans
from assist.campaign.schedule import GRACE
from assist.errors import AssistError, ConfigurationError

log = logging.getLogger(__name__)


class Ticked(StrEnum):
    """What became of a start."""

    STARTED = "started"
    STOPPED = "stopped"
    """The owner has paused or cancelled the campaign, which counts for more than its schedule."""
    FAILED = "failed"
    """It could not be started; the log tells why, and the next tick tries again."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A start that was due."""

    campaign: str
    moment: float
    became: Ticked


async def tick(
    ledger: Ledger, plans: Plans, names: Iterable[str], start: Callable[[str], Awaitable[None]], now: float
) -> list[Tick]:
    """Make the starts that are due of the campaigns *names*, by *start*, and return what became of each."""
    ticks = []
    for name in names:
        try:
            if found := await _tick(ledger, plans.get(name), start, now):
                ticks.append(found)
        except ConfigurationError as error:
            log.error("campaign %s cannot start before this is mended:\n%s", name, error)
    return ticks


async def _tick(ledger: Ledger, plan: Plan, start: Callable[[str], Awaitable[None]], now: float) -> Tick | None:
    campaign = plan.campaign
    if campaign.schedule is None:
        return None
    since = await ledger.starts.since(campaign.name, now - GRACE)
    moment = campaign.schedule.due(campaign.timezone, since, now)
    if moment is None:
        return None
    counts = await _counts(ledger, campaign.name)
    if counts and now - moment > GRACE and not _is_open(plan, counts, now):
        # It was missed, and nobody may be called just now: it is made once somebody may.
        return None
    if not await ledger.starts.begin(campaign.name, moment):
        return None
    if counts and counts.state in (CampaignState.PAUSED, CampaignState.CANCELLED):
        became = Ticked.STOPPED
    else:
        became = await _started(campaign.name, start)
    if became is Ticked.FAILED:
        await ledger.starts.failed(campaign.name)
    else:
        await ledger.starts.done(campaign.name, moment)
    return Tick(campaign.name, moment, became)


async def _started(name: str, start: Callable[[str], Awaitable[None]]) -> Ticked:
    try:
        await start(name)
    except AssistError as error:
        log.error("campaign %s was not started: %s", name, error)
        return Ticked.FAILED
    return Ticked.STARTED


async def _counts(ledger: Ledger, name: str) -> Counts | None:
    return await ledger.counts(name) if name in await ledger.campaigns() else None


def _is_open(plan: Plan, counts: Counts, now: float) -> bool:
    windows = (plan.calendar.window(group, now) for group in counts.groups)
    return any(window and window.opens <= now for window in windows)
