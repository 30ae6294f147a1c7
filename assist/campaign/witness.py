"""Tells how calls ended whose dialer was lost: every dialer hears of the end of every call, and one is enough."""

import asyncio
import logging
from collections import deque
from collections.abc import Mapping
from typing import Final, NoReturn

from assist.campaign.causes import End, result_of
from assist.campaign.ledger import Ledger
from assist.campaign.model import ContactState
from assist.campaign.node import Node
from assist.campaign.plans import Plans
from assist.errors import StoreError

log = logging.getLogger(__name__)

PATIENCE: Final = 5.0
"""Seconds in which whoever dialed tells it himself, and knows best."""


class Witness:
    """One process's ears."""

    def __init__(self, ledger: Ledger, plans: Plans, nodes: Mapping[str, Node]) -> None:
        self._ledger = ledger
        self._plans = plans
        self._heard: deque[tuple[float, str, End]] = deque()
        for node in nodes.values():
            node.subscribe(self._hear)

    async def watch(self, patience: float = PATIENCE) -> NoReturn:
        """Tell the ledger of every end that nobody else tells."""
        while True:
            while self._heard and self._heard[0][0] + patience <= asyncio.get_running_loop().time():
                _, call, end = self._heard[0]
                try:
                    await self._tell(call, end)
                except StoreError as error:
                    log.warning("the ledger is told again: %s", error)
                    break
                self._heard.popleft()
            await asyncio.sleep(patience / 5)

    def _hear(self, call: str, end: End) -> None:
        self._heard.append((asyncio.get_running_loop().time(), call, end))

    async def _tell(self, call: str, end: End) -> None:
        live = await self._ledger.attempt(call)
        # A worker that had the call knows more of it; where it was lost, the reaper decides.
        if live is None or live.state is not ContactState.DIALING:
            return
        result = result_of(end)
        log.warning("call %s: its dialer was lost: %s", call, result)
        await self._ledger.finish(call, result, self._plans.after(live.claim, result), end.talked or 0.0)
