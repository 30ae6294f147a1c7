"""What becomes of attempts whose holder was lost: nothing is guessed that the FreeSWITCH that had the call knows."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Final

from assist.campaign.causes import End, result_of
from assist.campaign.dialer import LEASE
from assist.campaign.ledger import Ledger
from assist.campaign.ledger.records import Live
from assist.campaign.model import ContactState, Result, is_attempt
from assist.campaign.node import Node
from assist.campaign.plans import Plans
from assist.errors import ConnectionLost
from assist.store import Store

log = logging.getLogger(__name__)

GRACE: Final = 5.0
"""Seconds after a restart of Redis in which those who live tell how their calls ended meanwhile."""


class Reaper:
    """Settles what lapsed."""

    def __init__(
        self, ledger: Ledger, plans: Plans, nodes: Mapping[str, Node], store: Store, lease: float = LEASE
    ) -> None:
        self._ledger = ledger
        self._plans = plans
        self._nodes = nodes
        self._store = store
        self._lease = lease
        self._server = ""

    async def reap(self) -> None:
        """Settle each attempt whose lease ran out."""
        await self._let_others_tell()
        for live in await self._ledger.expired():
            if live.state is ContactState.CLAIMED:
                await self._ledger.release(live.claim)
            else:
                await self._settle(live)

    async def _settle(self, live: Live) -> None:
        claim = live.claim
        node = self._nodes.get(claim.node)
        try:
            if node is None:
                raise ConnectionLost("no such FreeSWITCH in ASSIST_ESL_NODES")
            lives = await node.has(claim.id)
        except ConnectionLost as error:
            log.warning("call %s: nobody knows of it until %s can be asked: %s", claim.id, claim.node, error)
            lives = True
        if lives:
            await self._ledger.renew(claim.id, self._lease)
            return
        result, seconds = await self._told(live, node.ended(claim.id) if node else None)
        log.warning("call %s: its holder was lost while it was %s: %s", claim.id, live.state, result)
        await self._ledger.finish(claim.id, result, self._plans.after(claim, result), seconds)

    async def _told(self, live: Live, end: End | None) -> tuple[Result, float]:
        """Return what is known: who held the call may have been lost right after it, or never had it."""
        if record := await self._store.history.call(live.claim.id):
            return Result.HUMAN, (record.ended - (record.answered or record.started)).total_seconds()
        if end is None:
            return Result.UNKNOWN, 0.0
        return (Result.HUMAN if live.state is ContactState.ANSWERED else result_of(end)), end.talked or 0.0

    async def _let_others_tell(self) -> None:
        server = await self._ledger.server()
        if self._server and server != self._server:
            await asyncio.sleep(GRACE)
        self._server = server


class Reconciliation:
    """Whether the ledger knows of every call there is; which it may not, after a Redis came back without its last
    seconds."""

    def __init__(self, ledger: Ledger, nodes: Mapping[str, Node]) -> None:
        self._ledger = ledger
        self._nodes = nodes
        self._reconciled: set[tuple[str, str]] = set()
        """Runs of Redis, each with a FreeSWITCH that had no other calls."""

    async def ready(self) -> list[str]:
        """Return the FreeSWITCHes that may call now: they are up, and no call of a campaign there is unknown."""
        server = await self._ledger.server()
        up = [name for name, node in self._nodes.items() if node.up]
        for name in up:
            if (server, name) not in self._reconciled and await self._agree(name):
                self._reconciled.add((server, name))
        # A call that is forgotten keeps everybody waiting, wherever it is: its contact waits in the ledger.
        return up if all((server, name) in self._reconciled for name in up) else []

    async def _agree(self, name: str) -> bool:
        try:
            calls = {call for call in await self._nodes[name].calls() if is_attempt(call)}
        except ConnectionLost:
            return False
        unknown = calls - {live.claim.id for live in await self._ledger.live()}
        if unknown:
            log.warning("nobody is called until %d calls at %s end, which Redis has forgotten", len(unknown), name)
        return not unknown
