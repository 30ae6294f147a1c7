"""What all simulated calls of a line share: who is there, who listens, and whom they can be transferred to."""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from uuid import uuid4

from assist.simulate.destinations import Destination, OtherLeg, find_destination

if TYPE_CHECKING:
    from assist.simulate.session import Session, Steps

T = TypeVar("T")


class Subscriber(Protocol):
    """Whoever is told of events."""

    def tell(self, event: Mapping[str, str]) -> None: ...


class Switchboard:
    """The switch, but for its calls."""

    def __init__(
        self,
        applications: "Mapping[str, Callable[[Session, str], Steps]]",
        originate: Callable[[str], Awaitable[str]],
        destinations: Callable[[str], Destination] = find_destination,
    ) -> None:
        self.applications = applications
        self.originate = originate
        """Obeys the command of that name, and returns what it prints."""
        self.destinations = destinations
        self.sessions: dict[str, Session] = {}
        self.legs: set[OtherLeg] = set()
        self.subscribers: set[Subscriber] = set()
        self.memory: dict[str, str] = {}
        """Of mod_hash."""
        self.began = time.monotonic()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._core = str(uuid4())
        self._sequence = itertools.count(1)

    def publish(self, name: str, headers: Mapping[str, str]) -> None:
        """Tell everybody of an event."""
        event = {
            "Event-Name": name,
            "Core-UUID": self._core,
            "FreeSWITCH-Hostname": "simulated",
            "FreeSWITCH-Switchname": "simulated",
            "Event-Date-Timestamp": str(round(time.time() * 1e6)),
            "Event-Sequence": str(next(self._sequence)),
            **headers,
        }
        for subscriber in tuple(self.subscribers):
            subscriber.tell(event)

    def begin(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Start *work*, which `close` ends."""
        task = asyncio.create_task(work, name="simulated line")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def close(self) -> None:
        """End whatever was begun."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
