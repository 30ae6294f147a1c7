"""An engine as one of several that may be asked, and what is told when one of them takes over."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Generic, Self, TypeVar

from assist.provider import Kind, Opened
from assist.provider.circuit import Circuit
from assist.provider.latency import Latency

E = TypeVar("E")
F = TypeVar("F")


@dataclass(frozen=True, slots=True, eq=False)
class Member(Generic[E]):
    """An opened engine, and what all the calls of the process know of it."""

    name: str
    engine: E
    model: str
    warm: Callable[[], Awaitable[None]]
    """See `Opened.warm`."""
    beside: bool = True
    """It may be asked beside another that is late. Not so a poorer engine, which would always answer first."""
    circuit: Circuit = field(default_factory=Circuit)
    latency: Latency = field(default_factory=Latency)

    @classmethod
    def of(cls, name: str, opened: Opened[E], *, beside: bool = True) -> Self:
        """Return *opened* as a member: make one for each, for all calls."""
        return cls(name, opened.engine, opened.model, opened.warm, beside)

    def lending(self, engine: F) -> "Member[F]":
        """Return it with *engine* instead, for one call: health and latency stay shared."""
        return replace(self, engine=engine)  # type: ignore[arg-type, return-value]


@dataclass(frozen=True, slots=True)
class TookOver:
    """An engine failed a request, and another went on with it."""

    kind: Kind
    failed: str
    """Its name."""
    reason: str
    by: str
    """The name of the one that was asked next; empty if nobody was left."""
