"""What a worker measures of itself, again and again."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Final, NoReturn, TypeAlias

from assist.metrics import CALLS_CAPACITY, LOOP_LAG, PROVIDER_CIRCUIT
from assist.provider import Kind
from assist.provider.circuit import Circuit

EVERY: Final = 0.5
"""Seconds between two looks."""

Circuits: TypeAlias = Callable[[], Iterable[tuple[Kind, str, Circuit]]]
"""Return those of all engines that are open, with what they do and their names."""


async def pulse(circuits: Circuits) -> NoReturn:
    """Measure how late this event loop comes round, and how its engines are, until cancelled."""
    clock = asyncio.get_running_loop().time
    while True:
        due = clock() + EVERY
        await asyncio.sleep(EVERY)
        LOOP_LAG.observe(max(clock() - due, 0))
        worst: dict[tuple[str, Kind], int] = {}
        for kind, name, circuit in circuits():
            # The same engine with other options is another, by the same name.
            worst[name, kind] = max(worst.get((name, kind), 0), circuit.state(clock()))
        for (name, kind), state in worst.items():
            PROVIDER_CIRCUIT.labels(name, kind).set(state)


@contextmanager
def taking_calls(limit: int) -> Iterator[None]:
    """Tell, while the block lasts, that this worker takes calls, and how many at once."""
    CALLS_CAPACITY.set(limit)
    try:
        yield
    finally:
        CALLS_CAPACITY.set(0)
