"""What somebody outside wants of a call in progress: it is done as soon as nobody talks."""

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class ToSay:
    """Words for the assistant to say."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class ToTransfer:
    """Whom to connect the caller with."""

    id: str
    destination: str
    """A name of the assistant's own list."""


Order: TypeAlias = ToSay | ToTransfer


class Orders:
    """Those of one call that wait to be done."""

    def __init__(self) -> None:
        self._waiting: deque[Order] = deque()
        self._known: set[str] = set()
        self._given = asyncio.Event()

    def give(self, order: Order) -> None:
        """Let *order* be done; once, however often it is given."""
        if order.id not in self._known:
            self._known.add(order.id)
            self._waiting.append(order)
            self._given.set()

    async def given(self) -> None:
        """Return when there is one."""
        await self._given.wait()

    def take(self) -> Order | None:
        """Return the next one, if there is one."""
        order = self._waiting.popleft() if self._waiting else None
        if not self._waiting:
            self._given.clear()
        return order
