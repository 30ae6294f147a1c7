"""Tells how calls ended of which nobody else told: FreeSWITCH remembers each end until it has been told."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Final

from assist.campaign.causes import End, result_of
from assist.campaign.ledger import Ledger
from assist.campaign.model import ContactState
from assist.campaign.node import Node
from assist.campaign.plans import Plans
from assist.errors import ConnectionLost

log = logging.getLogger(__name__)

PATIENCE: Final = 5.0
"""Seconds in which whoever dialed, or held the call, tells it himself, and knows best."""


class Witness:
    """Reads what FreeSWITCHes remember."""

    def __init__(self, ledger: Ledger, plans: Plans, nodes: Mapping[str, Node], patience: float = PATIENCE) -> None:
        self._ledger = ledger
        self._plans = plans
        self._nodes = nodes
        self._patience = patience
        self._since: dict[str, float] = {}
        """When the end of a call was seen first."""

    async def look(self) -> None:
        """Tell the ledger of every end that has been there for a while; then it is forgotten. Raises `StoreError`."""
        present: set[str] = set()
        for node in [node for node in self._nodes.values() if node.up]:
            try:
                ends = await node.ends()
                present |= ends.keys()
                for call, end in ends.items():
                    if self._is_due(call) and await self._is_told(call, end):
                        await node.forget(call)
            except ConnectionLost as error:
                log.warning("what FreeSWITCH remembers is read later: %s", error)
        self._since = {call: since for call, since in self._since.items() if call in present}

    def _is_due(self, call: str) -> bool:
        now = asyncio.get_running_loop().time()
        return now - self._since.setdefault(call, now) >= self._patience

    async def _is_told(self, call: str, end: End) -> bool:
        """Return whether the ledger knows of the end, once it was told if nobody had."""
        live = await self._ledger.attempts.get(call)
        if live is None:
            return True
        # A worker that had the call knows more of it; where it was lost, or none was there, the reaper decides.
        if live.state is not ContactState.DIALING or end.talked is not None:
            return False
        result = result_of(end)
        log.warning("call %s: its dialer was lost: %s", call, result)
        await self._ledger.attempts.finish(call, result, self._plans.after(live.claim, result))
        return True
