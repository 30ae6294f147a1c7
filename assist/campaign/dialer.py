"""Calls who was claimed: once, whatever happens, and tells the ledger how it ended if nobody answered.

The order is what makes an attempt at most one INVITE. The ledger writes `DIALING` first; then it is asked for a longer
lease, so that whoever comes back from a pause finds that he is too late; then FreeSWITCH is asked, at once and never
again. Whatever is not known after that is left to the reaper, who asks the FreeSWITCH that had the call.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final

from assist.aio import end
from assist.campaign.causes import End, result_of
from assist.campaign.eligibility import Gate
from assist.campaign.insisting import insist
from assist.campaign.ledger import Ledger
from assist.campaign.model import Claim, ContactState, Result
from assist.campaign.node import Node
from assist.campaign.order import Order, order_of
from assist.campaign.oversight import oversee
from assist.campaign.plans import UNTIL_MENDED, Plan, Plans, is_trial
from assist.campaign.wording import needed
from assist.errors import ConfigurationError, ConnectionLost, ProtocolError, StoreError
from assist.log import CALL
from assist.metrics import CALL_SETUP

log = logging.getLogger(__name__)

LEASE: Final = 30.0
"""Seconds for which whoever claims, dials or talks has the attempt, unless he says again that he lives."""
OVERDUE: Final = 30.0
"""Seconds after the last ring within which FreeSWITCH tells how it ended."""
NODE_DOWN: Final = 10.0
"""Seconds after which a contact is claimed again whose FreeSWITCH was lost meanwhile."""


class Dialer:
    """Dials claims."""

    def __init__(
        self,
        ledger: Ledger,
        plans: Plans,
        nodes: Mapping[str, Node],
        lease: float = LEASE,
        gate: Gate | None = None,
    ) -> None:
        """*gate*: who asks whether calls may be made; without one no campaign that wants to be asked calls anybody."""
        self._ledger = ledger
        self._gate = gate
        self._plans = plans
        self._nodes = nodes
        self._lease = lease

    async def dial(self, attempt: str, fence: int) -> None:
        """Call once, if nobody has begun to. Safe to be asked again at any time: then nothing happens."""
        CALL.set(attempt)
        try:
            live = await self._ledger.attempts.get(attempt)
            # In any later state somebody has begun to dial, and it may ring.
            if live and live.state is ContactState.CLAIMED and live.claim.fence == fence:
                await self._dial(live.claim)
        except StoreError as error:
            log.warning("not dialed, or whoever reaps finds out: %s", error)

    async def _dial(self, claim: Claim) -> None:
        try:
            plan = self._plan(claim)
        except ConfigurationError as error:
            log.error("a contact of campaign %s is not called until this is mended:\n%s", claim.campaign, error)
            await self._ledger.attempts.release(claim, time.time() + UNTIL_MENDED)
            return
        name = self._place(claim)
        if name is None:
            await self._ledger.attempts.release(claim, time.time() + NODE_DOWN)
        elif await self._is_eligible(plan, claim) and await self._ledger.attempts.dialing(claim, name):
            await self._send(self._nodes[name], plan, claim)

    async def _is_eligible(self, plan: Plan, claim: Claim) -> bool:
        eligibility = plan.campaign.eligibility
        # The owner calls himself to see that all goes well.
        if eligibility is None or is_trial(claim.campaign):
            return True
        why = await self._gate.refusal(eligibility, claim) if self._gate else "nobody is there to ask"
        if why:
            log.info("held back: whoever is asked before the call did not say yes")
            await self._ledger.attempts.release(claim, time.time() + eligibility.again_s, held=why)
        return not why

    def _place(self, claim: Claim) -> str | None:
        """Return the FreeSWITCH that calls: the one that was meant, or another if that cannot be reached from here."""
        up = [name for name, node in self._nodes.items() if node.up]
        return claim.node if claim.node in up else next(iter(up), None)

    def _plan(self, claim: Claim) -> Plan:
        plan = self._plans.get(claim.campaign)
        if missing := needed(plan.campaign) - {name for name, value in claim.contact.variables.items() if value}:
            raise ConfigurationError(f"contact {claim.contact.id}: it is not known: {', '.join(sorted(missing))}")
        return plan

    async def _send(self, node: Node, plan: Plan, claim: Claim) -> None:
        order = order_of(plan.campaign, claim)
        asked = asyncio.get_running_loop().time()
        if not await self._ledger.attempts.renew(claim.id, self._lease):
            return
        if asyncio.get_running_loop().time() - asked > self._lease / 2:
            # This process slept: the lease may be over before FreeSWITCH has the command.
            await self._finish(claim, Result.FAILED)
            return
        try:
            # Nothing is waited for from here until the command is written.
            over = await self._called(node, order, plan, claim)
        except ProtocolError as error:
            log.error("nothing was sent: %s", error)
            over = End("PROTOCOL_ERROR")
        except (ConnectionLost, TimeoutError) as error:
            log.warning("whoever reaps finds out what became of the call: %s", error or "FreeSWITCH tells nothing")
            return
        CALL_SETUP.labels("outbound", "failed" if over else "answered").observe(
            asyncio.get_running_loop().time() - asked
        )
        if over:
            log.info("nobody answered: %s, SIP %d", over.cause, over.status)
            await self._finish(claim, result_of(over))
        else:
            # Whoever holds the call tells its end.
            await insist(lambda: self._ledger.attempts.answered(claim.id))

    async def _called(self, node: Node, order: Order, plan: Plan, claim: Claim) -> End | None:
        async with asyncio.timeout(plan.campaign.pace.ring_s + OVERDUE):
            async with self._kept(plan, claim):
                return await node.call(order)

    async def _finish(self, claim: Claim, result: Result) -> None:
        then = self._plans.after(claim, result)
        await insist(lambda: self._ledger.attempts.finish(claim.id, result, then))

    @asynccontextmanager
    async def _kept(self, plan: Plan, claim: Claim) -> AsyncIterator[None]:
        """Keep the attempt for as long as the block lasts."""
        keeping = asyncio.create_task(self._keep(plan, claim), name=f"lease {claim.id}")
        try:
            yield
        finally:
            await end(keeping)

    async def _keep(self, plan: Plan, claim: Claim) -> None:
        await oversee(self._ledger, plan.calendar, claim)
        await keep(self._ledger, claim.id, self._lease)


async def keep(ledger: Ledger, attempt: str, lease: float = LEASE) -> None:
    """Say again and again that somebody has *attempt*. Returns when it is over."""
    while True:
        await asyncio.sleep(lease / 3)
        try:
            if not await ledger.attempts.renew(attempt, lease):
                return
        except StoreError as error:
            log.warning("the lease of a call is not renewed just now: %s", error)
