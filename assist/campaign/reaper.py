"""What becomes of attempts whose holder was lost: nothing is guessed that the FreeSWITCH that had the call knows."""

import asyncio
import logging
import time
from collections.abc import Mapping
from typing import Final

from assist.campaign.causes import result_of
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
AGAIN: Final = 2.0
"""Seconds after which a call is looked for once more: at the moment of its end it is neither there nor remembered."""
SLACK: Final = 5.0
"""Seconds by which the clocks of two machines may differ."""
GIVEN_UP: Final = 3600.0
"""Seconds after the end of a lease in which somebody would have come who has the FreeSWITCH that had the call."""


class Reaper:
    """Settles what lapsed, if it was here or never sent. Several may do so at once."""

    def __init__(
        self, ledger: Ledger, plans: Plans, nodes: Mapping[str, Node], store: Store, lease: float = LEASE
    ) -> None:
        self._ledger = ledger
        self._plans = plans
        self._nodes = nodes
        self._store = store
        self._lease = lease
        self._server = ""
        self._missed: set[str] = set()
        """Calls that were neither there nor remembered when they were looked for."""

    async def reap(self) -> None:
        """Settle each attempt whose lease ran out. Raises `StoreError`."""
        await self._let_others_tell()
        for live in await self._ledger.attempts.expired():
            if live.state is ContactState.CLAIMED:
                await self._ledger.attempts.release(live.claim)
            elif node := self._nodes.get(live.claim.node):
                await self._settle(live, node)
            elif time.time() - live.claim.lease > GIVEN_UP:
                log.error("call %s: no dialer can ask %s: see ASSIST_ESL_NODES", live.claim.id, live.claim.node)
                await self._finish(live, Result.UNKNOWN)

    async def _settle(self, live: Live, node: Node) -> None:
        call, lease = live.claim.id, self._lease
        try:
            if not await node.has(call):
                if told := await self._told(live, node):
                    self._missed.discard(call)
                    await self._finish(live, *told)
                    return
                lease = AGAIN
        except ConnectionLost as error:
            log.warning("call %s: nobody knows of it until %s can be asked: %s", call, live.claim.node, error)
        await self._ledger.attempts.renew(call, lease)

    async def _told(self, live: Live, node: Node) -> tuple[Result, float] | None:
        """Return what is known of a call that is over; None: ask again. Raises `ConnectionLost`.

        Who held it may have been lost right after it, or never had it.
        """
        call, end = live.claim.id, (await node.ends()).get(live.claim.id)
        if record := await self._store.history.call(call):
            return Result.HUMAN, (record.ended - (record.answered or record.started)).total_seconds()
        if end:
            answered = live.state is ContactState.ANSWERED or end.talked is not None
            return await self._heard(call) if answered else result_of(end), end.talked or 0.0
        if call not in self._missed:
            self._missed.add(call)
            return None
        if live.state is ContactState.ANSWERED:
            return await self._heard(call), 0.0
        is_certain = await node.remembers() > max(time.time() - live.at, 0.0) + SLACK
        return (Result.FAILED if is_certain else Result.UNKNOWN), 0.0

    async def _heard(self, call: str) -> Result:
        """Return the result of an answered call that no worker held to its end.

        Where none ever took it, somebody heard an apology: that is our failure, and he was not reached.
        """
        return Result.HUMAN if await self._store.events(call) else Result.FAILED

    async def _finish(self, live: Live, result: Result, seconds: float = 0.0) -> None:
        log.warning("call %s: its holder was lost while it was %s: %s", live.claim.id, live.state, result)
        await self._ledger.attempts.finish(live.claim.id, result, self._plans.after(live.claim, result), seconds)

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
        unknown = calls - {live.claim.id for live in await self._ledger.attempts.live()}
        if unknown:
            log.warning("nobody is called until %d calls at %s end, which Redis has forgotten", len(unknown), name)
        return not unknown
