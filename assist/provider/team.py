"""The engines of one kind as one call uses them. Nothing here waits: the time is passed in."""

import logging
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from assist.errors import ProviderError
from assist.provider import Kind
from assist.provider.member import Member, TookOver

log = logging.getLogger(__name__)

E = TypeVar("E")


class Team(Generic[E]):
    """Knows whom to ask first.

    *members* are those that serve, best first, at least one. *avoid*: so many seconds a member that failed this call
    comes after the others in it, whatever it does for other calls: no caller is to wait for it twice in a row.
    """

    def __init__(
        self, kind: Kind, members: Sequence[Member[E]], told: Callable[[TookOver], None], avoid: float
    ) -> None:
        if not members:
            raise ValueError(f"no {kind} at all")
        self.kind = kind
        self.members = tuple(members)
        self._told = told
        self._avoid = avoid
        self._avoided: dict[Member[E], float] = {}

    def best(self, members: Sequence[Member[E]], now: float) -> Member[E]:
        """Return which of *members* to ask: a healthy one if any is, the first of its like."""
        return min(members, key=lambda member: self._rank(member, now))

    def failed(self, member: Member[E], now: float) -> None:
        """*member* failed this call."""
        self._avoided[member] = now + self._avoid

    def tell(self, member: Member[E], error: ProviderError, by: str) -> None:
        """*member* failed, and *by* (a name, or nobody) was asked in its place."""
        log.warning("%s: %s; %s", self.kind, error, f"{by} takes over" if by else "nobody is left to ask")
        self._told(TookOver(self.kind, member.name, error.reason, by))

    def _rank(self, member: Member[E], now: float) -> int:
        if member.circuit.admits(now):
            return 1 if now < self._avoided.get(member, now) else 0
        # An honest attempt is better than none; but a key does not mend itself.
        return 3 if member.circuit.refused else 2
