"""Claims contacts as fast as a campaign may go, and lets each be dialed."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from assist.campaign.bounds import limits
from assist.campaign.dialer import LEASE
from assist.campaign.ledger import Ledger
from assist.campaign.ledger.views import Counts
from assist.campaign.model import CampaignState, Claim, ContactState, Limits, Outcome
from assist.campaign.pacing import SOON, Round, room
from assist.campaign.plans import Plan, Plans, is_trial
from assist.campaign.reaper import Reconciliation
from assist.errors import ConfigurationError
from assist.store import Store

log = logging.getLogger(__name__)

SPELL: Final = 5.0
"""Seconds of claiming in one go; whoever is asked to stop stops after it."""
SOONEST: Final = 0.01
WAIT: Final = 2.0
"""Seconds after which it is asked again whether somebody can hold calls."""


class Pump:
    """Claims."""

    def __init__(
        self, ledger: Ledger, plans: Plans, store: Store, reconciliation: Reconciliation, lease: float = LEASE
    ) -> None:
        self._ledger = ledger
        self._plans = plans
        self._store = store
        self._reconciliation = reconciliation
        self._lease = lease
        self._limits: dict[str, Limits] = {}
        """As the ledger was told."""
        self._complaints: dict[str, str] = {}

    async def running(self) -> list[str]:
        """Return the campaigns in which somebody may be called, each with its limits as of now."""
        workers = await self._store.workers()
        capacity = sum(worker.capacity for worker in workers)
        found = []
        for name in await self._ledger.campaigns():
            if not is_trial(name) and (await self._ledger.counts(name)).state is CampaignState.RUNNING:
                try:
                    campaign = self._plans.get(name).campaign
                except ConfigurationError as error:
                    self._complain(name, f"nobody is called until this is mended:\n{error}")
                    continue
                await self._limit(name, limits(campaign, self._plans.policies, capacity, time.time()))
                found.append(name)
        return found

    async def _limit(self, campaign: str, allowed: Limits) -> None:
        # Redis writes down whatever it is told, every second for months.
        if self._limits.get(campaign) != allowed:
            await self._ledger.create(campaign, allowed)
            self._limits[campaign] = allowed

    async def pump(self, campaign: str, dial: Callable[[Claim], Awaitable[None]]) -> float | None:
        """Give claims to *dial* for a while. Returns after how many seconds to go on; None: there is nothing to do."""
        ends = time.time() + SPELL
        while True:
            delay = await self.once(campaign, dial)
            if delay is None or time.time() + delay > ends:
                return delay
            await asyncio.sleep(delay)

    async def once(self, campaign: str, dial: Callable[[Claim], Awaitable[None]]) -> float | None:
        """Give *dial* whoever may be called just now; return as `pump` does."""
        counts = await self._ledger.counts(campaign)
        if counts.state is not CampaignState.RUNNING:
            return None
        if await self._is_finished(campaign, counts):
            log.info("campaign %s: everybody is done", campaign)
            return None
        try:
            plan = self._plans.get(campaign)
        except ConfigurationError:
            return None
        nodes = await self._reconciliation.ready()
        free = await self._room(plan, counts)
        if not nodes or free <= 0:
            return WAIT
        return await self._round(plan, counts, nodes, free, dial)

    async def _round(
        self, plan: Plan, counts: Counts, nodes: Sequence[str], free: int, dial: Callable[[Claim], Awaitable[None]]
    ) -> float:
        name = plan.campaign.name
        round_ = Round(counts.groups, plan.calendar.window, time.time())
        for group in round_.over:
            await self._ledger.end_waiting(name, group, Outcome.EXPIRED)
        claimed = 0
        while turn := round_.next():
            if claimed == free:
                return SOON
            node = nodes[claimed % len(nodes)]
            answer = await self._ledger.attempts.claim(name, turn.group, turn.window, node, self._lease)
            if isinstance(answer, Claim):
                claimed += 1
                await dial(answer)
            round_.feed(answer)
        return max(round_.until - time.time(), SOONEST)

    async def _is_finished(self, campaign: str, counts: Counts) -> bool:
        done = counts.states.get(ContactState.DONE, 0)
        return done == counts.contacts and await self._ledger.set_state(campaign, CampaignState.FINISHED)

    async def _room(self, plan: Plan, counts: Counts) -> int:
        workers = await self._store.workers()
        self._complain(
            plan.campaign.name, "" if workers else "nobody is called, since no worker lives to hold the calls"
        )
        ringing = sum(counts.states.get(state, 0) for state in (ContactState.CLAIMED, ContactState.DIALING))
        return room(workers, plan.campaign.pace.kept, ringing)

    def _complain(self, campaign: str, what: str) -> None:
        """Tell what is wrong with a campaign once, though it is found every second; nothing: all is well."""
        if what and what != self._complaints.get(campaign):
            log.error("campaign %s: %s", campaign, what)
        self._complaints[campaign] = what
