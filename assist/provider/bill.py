"""What one call costs, while it is held."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from types import TracebackType
from typing import Self

from assist.metrics import COST, TOKENS
from assist.provider import Kind
from assist.provider.prices import Prices
from assist.provider.usage import Amount


@dataclass(frozen=True, slots=True)
class Item:
    """All that one engine did for a call."""

    kind: Kind
    engine: str
    model: str
    """Empty for an embedded engine."""
    amount: Amount
    cost_usd: Decimal | None
    """None: nobody wrote down the price."""


class Bill:
    """One call's, by *prices*; at *ceiling*, in USD, it is `exhausted`.

    *items* are what the call had cost before, if another worker held it.
    """

    def __init__(self, prices: Prices, ceiling: Decimal | None = None, items: Iterable[Item] = ()) -> None:
        self._prices = prices
        self._ceiling = ceiling
        self._items = {(item.kind, item.engine, item.model): item for item in items}
        self._exhausted = asyncio.Event()
        self._look()

    @property
    def items(self) -> tuple[Item, ...]:
        """By engine, in the order in which they were first used."""
        return tuple(self._items.values())

    @property
    def cost_usd(self) -> Decimal:
        """Of everything whose price is known."""
        return sum((item.cost_usd for item in self._items.values() if item.cost_usd), Decimal(0))

    @property
    def exhausted(self) -> bool:
        """Nothing more is to be paid for."""
        return self._exhausted.is_set()

    async def run_out(self) -> None:
        """Return once it is `exhausted`."""
        await self._exhausted.wait()

    def request(self, kind: Kind, engine: str, model: str) -> "Request":
        """Return a request, which is added when its block ends."""
        return Request(self, kind, engine, model)

    def add(self, kind: Kind, engine: str, model: str, amount: Amount) -> None:
        """One request of *amount* was made."""
        cost = self._prices.cost(kind, engine, model, amount)
        _count(kind, amount, cost)
        key = (kind, engine, model)
        if before := self._items.get(key):
            amount += before.amount
            cost = None if cost is None and before.cost_usd is None else (cost or 0) + (before.cost_usd or Decimal(0))
        self._items[key] = Item(kind, engine, model, amount, cost)
        self._look()

    def _look(self) -> None:
        if self._ceiling is not None and self.cost_usd >= self._ceiling:
            self._exhausted.set()


def _count(kind: Kind, amount: Amount, cost: Decimal | None) -> None:
    for name, tokens in (("input", amount.input), ("cached", amount.cached), ("output", amount.output)):
        if tokens:
            TOKENS.labels(name).inc(tokens)
    if cost:
        COST.labels(kind).inc(float(cost))


class Request:
    """A request while it is answered, as a context. It costs `amount` as that is in the end.

    One that was answered costs, even if the answer broke off, and so does one that was dropped: the provider was at
    work. One that failed at once costs nothing.
    """

    def __init__(self, bill: Bill, kind: Kind, engine: str, model: str) -> None:
        self._bill = bill
        self._key = (kind, engine, model)
        self.amount = Amount()
        self.answered = False
        """Something came."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        dropped = isinstance(error, asyncio.CancelledError | GeneratorExit)
        if (self.answered or dropped) and self.amount != Amount():
            self._bill.add(*self._key, self.amount)
