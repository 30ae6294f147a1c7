"""Where a campaign is: in numbers, what blocks it, when it will be finished."""

from collections.abc import Iterator
from dataclasses import dataclass

from assist.campaign.assumptions import assumed
from assist.campaign.bounds import limits
from assist.campaign.estimate import Work, estimate
from assist.campaign.ledger import Ledger
from assist.campaign.ledger.views import Counts
from assist.campaign.model import CampaignState
from assist.campaign.plans import Plan, Plans
from assist.campaign.standstill import Block, standstill
from assist.errors import ConfigurationError
from assist.store import Store


@dataclass(frozen=True, slots=True)
class Status:
    """Where a campaign is."""

    campaign: str
    counts: Counts
    blocked: tuple[Block, ...] = ()
    """Why nobody, or not everybody, is called just now."""
    ends: float | None = None
    """When it will be finished, if it goes on as so far; None: not within a year, or it does not run."""
    problems: tuple[str, ...] = ()
    """What keeps it from going on that has nothing to do with its contacts, with the mend."""


async def status_of(ledger: Ledger, store: Store, plans: Plans, name: str, now: float) -> Status:
    """Return where the campaign is. Raises `StoreError` if there is none."""
    counts = await ledger.counts(name)
    capacity = sum(worker.capacity for worker in await store.workers())
    try:
        plan = plans.get(name)
    except ConfigurationError as error:
        return Status(name, counts, problems=(f"nobody is called until its file is mended: {error}",))
    return Status(
        campaign=name,
        counts=counts,
        blocked=tuple(await standstill(ledger, plan.calendar, counts, now)),
        ends=_ends(plan, plans, counts, capacity, now),
        problems=tuple(_problems(plan, counts, capacity)),
    )


def _problems(plan: Plan, counts: Counts, capacity: int) -> Iterator[str]:
    if counts.state is not CampaignState.RUNNING:
        return
    if not capacity:
        yield "no worker lives to hold the calls: start assist serve"
    elif capacity <= (kept := plan.campaign.pace.kept):
        yield (
            f"the workers hold {capacity} calls, and pace.kept keeps {kept} of them for those who call us:"
            " lower it, or let more workers run (ASSIST_WORKERS_COUNT, ASSIST_WORKERS_CALLS)"
        )


def _ends(plan: Plan, plans: Plans, counts: Counts, capacity: int, now: float) -> float | None:
    if counts.state is not CampaignState.RUNNING:
        return None
    work = [
        Work(group, max(queue.first or now, now), queue.contacts)
        for group, queue in counts.groups.items()
        if queue.contacts
    ]
    if not work:
        return now if counts.calls else None
    bounds = limits(plan.campaign, plans.policies, capacity, now)
    return estimate(work, plan.calendar, bounds, assumed(counts), now, counts.seconds).ends
