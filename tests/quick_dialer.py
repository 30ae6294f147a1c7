"""A dialer with short leases, for a proof that must not take long: ``python quick_dialer.py [hasty]``.

``hasty``: it calls first and writes down afterwards that it does, which a proof must not let pass.
"""

import asyncio
import sys

import assist.campaign.service
from assist.campaign.causes import result_of
from assist.campaign.dialer import Dialer
from assist.campaign.model import Claim
from assist.campaign.order import order_of
from assist.campaign.service import run_dialer
from assist.log import set_up_logging
from assist.settings import read_settings

LEASE = 5.0
"""Seconds."""


class HastyDialer(Dialer):
    """Wrong."""

    async def _dial(self, claim: Claim) -> None:
        plan, name = self._plan(claim), self._place(claim)
        if name is None:
            return
        over = await self._nodes[name].call(order_of(plan.campaign, claim))
        await self._ledger.attempts.dialing(claim, name)
        if over:
            await self._finish(claim, result_of(over))


if __name__ == "__main__":
    if "hasty" in sys.argv:
        vars(assist.campaign.service)["Dialer"] = HastyDialer
    set_up_logging()
    asyncio.run(run_dialer(read_settings(), asyncio.Event(), LEASE))
