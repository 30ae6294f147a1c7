"""Places calls: what is wished twice under one id rings once.

The order is what makes it so. The placement is written first, as safely as the installation demands; then FreeSWITCH
is asked, at once and never again. Whatever is not known after that is asked of FreeSWITCH, and of the history.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from assist.call.channel import Direction
from assist.call.events import Ended
from assist.campaign.causes import End
from assist.campaign.node import Node
from assist.campaign.numbers import Number
from assist.campaign.order import Order
from assist.errors import AssistError, ConnectionLost, ProtocolError, StoreError
from assist.journal import fields_of
from assist.log import CALL
from assist.placing.placement import Book, LimitReached, Placement, Stage, until_tomorrow
from assist.settings import Calls
from assist.store import CallRecord, Store

log = logging.getLogger(__name__)

OVERDUE: Final = 30.0
"""Seconds after the last ring within which FreeSWITCH tells how it ended."""


class Unreachable(AssistError):
    """No FreeSWITCH can be asked for a call just now; nothing was written, and nobody called."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A call to be placed."""

    call: str
    """The id it is to have: the same for the same wish."""
    number: Number
    key: bytes
    """What stands for the number."""
    assistant: str
    reference: str = ""


class Placer:
    """Places calls by whichever FreeSWITCH is there."""

    def __init__(self, calls: Calls, book: Book, nodes: Mapping[str, Node], store: Store) -> None:
        self._calls = calls
        self._book = book
        self._nodes = nodes
        self._store = store
        self.ringing: set[asyncio.Task[None]] = set()
        """Calls whose answer is waited for."""

    async def place(self, wish: Wish) -> tuple[Placement, bool]:
        """Let the number ring, and return the call as it was written first, and whether it is new.

        Raises `LimitReached`, `Unreachable`, `StoreError`.
        """
        if known := await self._book.get(wish.call):
            return known, False
        await self._check_spent()
        node = self._node()
        placement = Placement(wish.call, wish.assistant, datetime.now(UTC), node, wish.reference)
        if known := await self._book.write(placement, wish.key):
            return known, False
        order = order_of(wish, self._calls)
        task = asyncio.create_task(self._ring(self._nodes[node], order, placement), name=f"call {wish.call}")
        self.ringing.add(task)
        task.add_done_callback(self.ringing.discard)
        return placement, True

    def _node(self) -> str:
        up = [name for name, node in self._nodes.items() if node.up]
        if not up:
            raise Unreachable("no FreeSWITCH can be asked for a call just now")
        return up[0]

    async def _check_spent(self) -> None:
        now = datetime.now(UTC)
        spent = sum(usage.cost_usd for usage in await self._store.history.usage(now.date(), now.date()))
        if spent > self._calls.usd_per_day:
            raise LimitReached("the calls of today have cost as much as they may", until_tomorrow(now))

    async def _ring(self, node: Node, order: Order, placement: Placement) -> None:
        CALL.set(order.call)
        try:
            # Nothing is waited for from here until the command is written.
            async with asyncio.timeout(self._calls.ring_seconds + OVERDUE):
                over = await node.call(order)
        except ProtocolError as error:
            log.error("nothing was sent: %s", error)
            over = End("PROTOCOL_ERROR")
        except (ConnectionLost, TimeoutError) as error:
            log.warning("what became of the call is not known: %s", error or "FreeSWITCH tells nothing")
            return
        try:
            await (self._over(placement, over.cause) if over else self._answered(placement))
        except StoreError as error:
            log.warning("what became of the call is not written down: %s", error)

    async def _answered(self, placement: Placement) -> None:
        await self._book.change(replace(placement, stage=Stage.ANSWERED))

    async def _over(self, placement: Placement, cause: str) -> None:
        """Tell that nobody answered; of a call that somebody did answer, its worker tells."""
        log.info("nobody answered: %s", cause)
        await self._book.change(replace(placement, stage=Stage.OVER, cause=cause))
        if await self._store.history.call(placement.call):
            return
        await self._store.history.record(
            CallRecord(
                id=placement.call,
                assistant=placement.assistant,
                direction=Direction.OUTBOUND,
                started=placement.placed_at,
                answered=None,
                ended=datetime.now(UTC),
                cause=cause,
            )
        )
        await self._store.add_event(placement.call, fields_of(Ended(cause, {})))


@asynccontextmanager
async def placing(placer: Placer) -> AsyncIterator[Placer]:
    """Lend *placer*; afterwards nobody waits any more for what rings, which goes on."""
    try:
        yield placer
    finally:
        tasks = list(placer.ringing)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def order_of(wish: Wish, calls: Calls) -> Order:
    """Return what FreeSWITCH is asked for."""
    number = wish.number.e164
    shown = {f"origination_caller_id_{what}": calls.shown for what in ("number", "name")} if calls.shown else {}
    return Order(
        call=wish.call,
        endpoint=f"sofia/gateway/{calls.gateway}/{number}",
        extension=number,
        variables={
            "originate_timeout": str(calls.ring_seconds),
            # An announcement is no answer.
            "ignore_early_media": "true",
            # To follow a redirection would be a second INVITE.
            "outbound_redirect_fatal": "true",
            "assist_direction": Direction.OUTBOUND.value,
            "assist_assistant": wish.assistant,
            **shown,
        },
    )
