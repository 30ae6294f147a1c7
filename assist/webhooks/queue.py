"""What is on its way to whom, and what became of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from redis.asyncio import Redis

from assist.store import OUT_OF_CALL, bounded
from assist.webhooks.keys import Keys
from assist.webhooks.ladder import Dead, Delivered, Later, Tried
from assist.webhooks.model import Claim, Delivery, DeliveryState, Event, delivery_id
from assist.webhooks.records import delivery_of, event_of, event_record
from assist.webhooks.scripts import Scripts

LEASE: Final = timedelta(seconds=30)
"""For one try, which takes ten seconds at most; whoever did not settle it by then is taken for dead."""
TOGETHER: Final = 64
"""Claims: more would take each other's time."""
PATIENCE: Final = timedelta(days=5)
"""After so long without success an endpoint is disabled."""


@dataclass(frozen=True, slots=True)
class Read:
    """How far a stream was read."""

    stream: str
    since: str
    """The id of the entry before."""
    until: str


@dataclass(frozen=True, slots=True)
class Page:
    """Some deliveries, the latest first."""

    deliveries: tuple[Delivery, ...]
    cursor: str | None
    """Where the next page begins; None: there is none."""


class Queue:
    """The deliveries of all endpoints. Every method raises `StoreError`."""

    def __init__(self, redis: Redis, keys: Keys, scripts: Scripts, kept: timedelta) -> None:
        """*kept*: how long a delivery can be looked up."""
        self._redis = redis
        self._keys = keys
        self._scripts = scripts
        self._kept = _ms(kept)

    async def now(self) -> float:
        """Return the time by the clock that events and endpoints are dated by."""
        async with bounded(OUT_OF_CALL):
            return float(await self._scripts.now()) / 1000

    async def positions(self) -> Mapping[str, str]:
        """Return the id of the entry up to which each stream was read, of those that ever were."""
        async with bounded(OUT_OF_CALL):
            found: Any = await self._redis.hgetall(self._keys("positions"))
        return {stream.decode(): position.decode() for stream, position in found.items()}

    async def put(self, events: Iterable[tuple[Event, str]], read: Read | None = None) -> bool:
        """Let each event be delivered to an endpoint, once, and note what was *read* for that; all of it or nothing.

        Returns False, and does nothing, if somebody else has read on from there.
        """
        position = (read.stream, read.since, read.until) if read else ("", "", "")
        fields = [
            field
            for event, endpoint in events
            for field in (endpoint, delivery_id(event, endpoint), event_record(event))
        ]
        async with bounded(OUT_OF_CALL):
            return bool(await self._scripts.put(*position, self._kept, *fields) >= 0)

    async def claim(self, most: Mapping[str, int]) -> Sequence[Claim]:
        """Return what is due now, of each endpoint so many *most* and `TOGETHER` in all; nothing of those disabled.

        Whoever is named first comes first.
        """
        wanted = [field for endpoint, room in most.items() if room > 0 for field in (endpoint, room)]
        if not wanted:
            return []
        async with bounded(OUT_OF_CALL):
            answer = await self._scripts.claim(_ms(LEASE), TOGETHER, *wanted)
        return [
            Claim(identity.decode(), endpoint.decode(), event_of(event), tries, fence)
            for identity, endpoint, event, tries, fence in zip(*(iter(answer),) * 5, strict=True)
        ]

    async def settle(self, claim: Claim, tried: Tried) -> bool:
        """Tell what came of *claim*. Returns whether its endpoint is disabled by that."""
        match tried.verdict:
            case Delivered():
                then, gone = DeliveryState.DELIVERED.value, False
            case Later(seconds):
                then, gone = str(round(seconds * 1000)), False
            case Dead(gone):
                then = DeliveryState.DEAD.value
        told = (claim.id, claim.fence, then, tried.status or 0, tried.reason, int(gone), _ms(PATIENCE))
        async with bounded(OUT_OF_CALL):
            return bool(await self._scripts.settle(*told) == 2)

    async def resend(self, delivery: str) -> bool:
        """Deliver once more what is delivered or dead, under the same id. Returns whether there is such a delivery."""
        async with bounded(OUT_OF_CALL):
            return bool(await self._scripts.resend(delivery, self._kept))

    async def get(self, delivery: str) -> Delivery | None:
        """Return one delivery, if it is still known."""
        return next(iter(await self._deliveries([delivery])), None)

    async def page(self, endpoint: str, state: DeliveryState, after: str | None = None, limit: int = 50) -> Page:
        """Return deliveries to an endpoint, the latest first: the page that follows the cursor *after*."""
        listed = self._keys(state, endpoint)
        async with bounded(OUT_OF_CALL):
            before: Any = await self._redis.zrevrank(listed, after) if after else -1
            if before is None:
                return Page((), None)
            found: Any = await self._redis.zrevrange(listed, before + 1, before + limit)
        ids = [identity.decode() for identity in found]
        return Page(tuple(await self._deliveries(ids)), ids[-1] if len(ids) == limit else None)

    async def _deliveries(self, ids: Iterable[str]) -> list[Delivery]:
        known = list(ids)
        async with bounded(OUT_OF_CALL), self._redis.pipeline(transaction=False) as pipe:
            for identity in known:
                pipe.hgetall(self._keys("delivery", identity))
            found = await pipe.execute()
        return [delivery_of(identity, fields) for identity, fields in zip(known, found, strict=True) if fields]


def _ms(time: timedelta) -> int:
    return time // timedelta(milliseconds=1)
