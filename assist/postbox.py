"""Orders from outside, from the store to the calls that this worker holds."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from typing import Final

from assist.aio import end
from assist.call.orders import Order, Orders, ToSay, ToTransfer
from assist.errors import StoreError
from assist.store import Event, Store

log = logging.getLogger(__name__)

WAIT: Final = timedelta(seconds=5)
"""For the next order; then it is asked for again."""
AGAIN: Final = 1.0
"""Seconds after which a store that does not answer is asked again."""

SAY: Final = "say"
TRANSFER: Final = "transfer"


def fields_of(what: str, argument: str) -> Event:
    """Return an order as it is stored: `SAY` words, or `TRANSFER` to a destination."""
    return {"do": what, "with": argument}


class Postbox:
    """Hands out orders."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._calls: dict[str, Orders] = {}
        self._reads = False

    @property
    def ready(self) -> bool:
        """Whether whatever is ordered from now on reaches those who hold calls here."""
        return self._reads

    @contextmanager
    def holding(self, call: str, orders: Orders) -> Iterator[None]:
        """Give *orders* what is ordered of *call* while the block lasts."""
        self._calls[call] = orders
        try:
            yield
        finally:
            del self._calls[call]

    async def missed(self, call: str, orders: Orders, after: str) -> None:
        """Give *orders* what was ordered of a call after that order, by now: nobody held it, or another worker did."""
        try:
            for identity, fields in await self._store.orders(after):
                if fields["call"] == call:
                    _give(orders, identity, fields)
        except StoreError as error:
            log.warning("what was ordered before this worker took the call over is not known: %s", error)

    async def run(self) -> None:
        """Hand out what is ordered from now on, until cancelled."""
        last = await self._end()
        self._reads = True
        while True:
            try:
                for identity, fields in await self._store.orders(last, wait=WAIT):
                    last = identity
                    if orders := self._calls.get(fields["call"]):
                        _give(orders, identity, fields)
            except StoreError as error:
                log.warning("orders from outside wait: %s", error)
                await asyncio.sleep(AGAIN)

    async def _end(self) -> str:
        """Return the last order there is."""
        while True:
            try:
                past = await self._store.orders()
                return past[-1][0] if past else "0"
            except StoreError:
                await asyncio.sleep(AGAIN)


def _give(orders: Orders, identity: str, fields: Event) -> None:
    order: Order
    match fields:
        case {"do": "say", "with": text}:
            order = ToSay(identity, text)
        case {"do": "transfer", "with": destination}:
            order = ToTransfer(identity, destination)
        case _:
            log.warning("order %s is of a kind that this version does not know", identity)
            return
    orders.give(order)


@asynccontextmanager
async def open_postbox(store: Store) -> AsyncIterator[Postbox]:
    """Lend the postbox of a worker."""
    postbox = Postbox(store)
    handing = asyncio.create_task(postbox.run(), name="postbox")
    try:
        yield postbox
    finally:
        await end(handing)
