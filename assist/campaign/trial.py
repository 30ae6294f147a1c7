"""The owner is called first: by the way that everybody else will be called, at any hour, and counted apart."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

from assist.aio import Stream
from assist.campaign.bounds import limits
from assist.campaign.declaration import Campaign, Trial
from assist.campaign.dialer import LEASE, Dialer
from assist.campaign.group import group_of
from assist.campaign.ledger import Ledger
from assist.campaign.ledger.views import Past
from assist.campaign.model import (
    Blocked,
    Breaker,
    CampaignState,
    Caps,
    Ceilings,
    Claim,
    Contact,
    ContactState,
    Limits,
    Outcome,
    Window,
)
from assist.campaign.node import Node
from assist.campaign.numbers import read
from assist.campaign.plans import Plan, Plans, trial_of
from assist.campaign.reaper import Reaper
from assist.errors import AssistError, ConnectionLost
from assist.store import Store

LOOK: Final = 0.2
PATIENCE: Final = 10.0
"""Seconds within which a FreeSWITCH is reached, and the trunk lets one more call begin."""
DAY: Final = 86_400.0


class NotCalled(AssistError):
    """The owner was not called; says why."""


@dataclass(frozen=True, slots=True)
class Tried:
    """How far it is."""

    state: ContactState
    past: Past | None = None
    """How it ended, once it is `DONE`."""


class Rehearsed:
    """Calls the owner of campaigns."""

    def __init__(self, ledger: Ledger, plans: Plans, nodes: Mapping[str, Node], store: Store) -> None:
        self._ledger = ledger
        self._nodes = nodes
        self._dialer = Dialer(ledger, plans, nodes)
        self._reaper = Reaper(ledger, plans, nodes, store)
        self._policies = plans.policies

    async def call(self, plan: Plan, trial: Trial, now: float) -> Stream[Tried]:
        """Call, and yield each state once; the last is `DONE`. Whoever stops iterating ends the call.

        Raises `NotCalled`, `StoreError`.
        """
        node = await self._node()
        claim = await self._claim(plan.campaign, trial, node, now)
        dialing = asyncio.create_task(self._dialer.dial(claim.id, claim.fence), name=f"test call {claim.id}")
        try:
            async for tried in self._follow(claim):
                yield tried
            await dialing
        finally:
            if await self._ledger.attempts.get(claim.id):
                with suppress(ConnectionLost):
                    await self._nodes[node].hang_up(claim.id)
            dialing.cancel()
            await self._ledger.set_state(claim.campaign, CampaignState.PAUSED)
        yield Tried(ContactState.DONE, await self._past(claim))

    async def _follow(self, claim: Claim) -> Stream[Tried]:
        told = ContactState.CLAIMED
        while live := await self._ledger.attempts.get(claim.id):
            if live.state is not told:
                told = live.state
                yield Tried(told)
            # Whether a dialer runs or not, somebody must find out if whoever holds the call is lost.
            await self._reaper.reap()
            await asyncio.sleep(LOOK)

    async def _past(self, claim: Claim) -> Past:
        standing = await self._ledger.contact(claim.campaign, claim.contact.id)
        if standing is None or not standing.past:
            raise NotCalled("nothing was sent: FreeSWITCH was lost at that moment; try again")
        return standing.past[-1]

    async def _node(self) -> str:
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                while True:
                    for name, node in self._nodes.items():
                        if node.up:
                            return name
                    await asyncio.sleep(LOOK)
        raise NotCalled("no FreeSWITCH can be reached: ASSIST_ESL_HOST says where it is")

    async def _claim(self, campaign: Campaign, trial: Trial, node: str, now: float) -> Claim:
        name = trial_of(campaign.name)
        await self._ledger.create(name, _alone(limits(campaign, self._policies, 1, now)))
        await self._ledger.set_state(name, CampaignState.RUNNING)
        for group in (await self._ledger.counts(name)).groups:
            await self._ledger.end_waiting(name, group, Outcome.CANCELLED)
        contact = contact_of(campaign, trial, now)
        await self._ledger.add(name, [contact])
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                while not isinstance(claim := await self._claim_once(name, contact, node, now), Claim):  # noqa: ASYNC110 -- nobody tells of a free place
                    await asyncio.sleep(LOOK)
                return claim
        raise NotCalled(f"the trunk has no place for one more call within {PATIENCE:.0f} s; try again")

    async def _claim_once(self, name: str, contact: Contact, node: str, now: float) -> Claim | None:
        answer = await self._ledger.attempts.claim(name, contact.group, Window(0.0, now + DAY), node, LEASE)
        if isinstance(answer, Claim):
            return answer
        if answer.reason is Blocked.NOBODY_DUE:
            raise NotCalled("your number is on the do-not-call list, or is being called: see assist campaign dnc list")
        return None


def contact_of(campaign: Campaign, trial: Trial, now: float) -> Contact:
    """Return the owner as a contact, another one each time."""
    return Contact(
        id=f"{now:.3f}",
        number=trial.number,
        group=group_of(read(trial.number, "ZZ"), home=campaign.contacts.home),
        variables=trial.columns,
        language=trial.language,
    )


def _alone(bounds: Limits) -> Limits:
    """Return *bounds* for one call that nothing but the trunk holds back."""
    ceilings = Ceilings(call_seconds=bounds.ceilings.call_seconds, call_cost=bounds.ceilings.call_cost)
    free = replace(bounds, calls=1, everybody=bounds.trunk.calls, caps=Caps(), ceilings=ceilings)
    return replace(free, breaker=Breaker(sample=1000), elsewhere=None)
