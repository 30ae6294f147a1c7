"""Lists on their way into campaigns: nobody of a list is in the campaign before all of it is in Redis, and accepted.

What is accepted is taken in some hundreds at a time, by whoever comes to it: that an importer dies then stops nothing.
What never is accepted is gone after a day.
"""

import json
import secrets
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Any, Final

from redis.asyncio import Redis

from assist.campaign.ledger.keys import Keys
from assist.campaign.ledger.records import contact_record, ms
from assist.campaign.ledger.scripts import Scripts
from assist.campaign.model import Contact, Outcome
from assist.errors import StoreError
from assist.store import AT_LEISURE, bounded

AT_ONCE: Final = 250
"""Contacts in one script: some milliseconds, in which Redis does nothing else."""
FORGOTTEN: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A list on its way into a campaign."""

    campaign: str
    id: str


def new_arrival(campaign: str) -> Arrival:
    """Return one of which nothing is in Redis yet."""
    return Arrival(campaign, secrets.token_hex(8))


class Arrivals:
    """Takes lists in. Every method raises `StoreError`."""

    def __init__(self, redis: Redis, keys: Keys, scripts: Scripts, number_key: Callable[[str], bytes]) -> None:
        self._redis = redis
        self._keys = keys
        self._scripts = scripts
        self._number_key = number_key

    async def bring(self, arrival: Arrival, contacts: Iterable[tuple[Contact, str]], due: float = 0.0) -> None:
        """Write *contacts* down, each with the group in which he waits; of one that is new it is his own.

        Taken in, those that are new wait until *due*; of those that wait already everything is as it is here.
        """
        by_groups: dict[tuple[str, str], list[Contact]] = defaultdict(list)
        for contact, former in contacts:
            by_groups[contact.group, former].append(contact)
        for (group, former), members in by_groups.items():
            for some in _batches(members):
                head = {"group": group, "former": former, "count": len(some), "outcome": "", "due": ms(due)}
                items = (
                    item
                    for contact in some
                    for item in (contact.id, contact_record(contact, self._number_key(contact.number)))
                )
                await self._push(arrival, head, items)

    async def end(self, arrival: Arrival, contacts: Iterable[tuple[str, str]], outcome: Outcome) -> None:
        """Write down that *contacts*, ids with their groups, are to be done with that *outcome*.

        Who is being called is so afterwards, unless the call itself was the end.
        """
        by_group: dict[str, list[str]] = defaultdict(list)
        for identity, group in contacts:
            by_group[group].append(identity)
        for group, ids in by_group.items():
            for some in _batches(ids):
                head = {"group": group, "former": group, "count": len(some), "outcome": outcome.value, "due": 0}
                await self._push(arrival, head, some)

    async def accept(self, arrival: Arrival) -> None:
        """Let everything that was written down be taken in, be it by `take_in` of somebody else."""
        keys = (*self._keys.of(arrival.campaign), self._list(arrival))
        async with bounded(AT_LEISURE):
            answer: int = await self._scripts.accept(keys, (arrival.campaign, arrival.id))
        if answer == -1:
            raise StoreError("no such campaign in the ledger, or one that was cancelled")
        if answer == -2:
            raise StoreError("the list waited too long to be accepted, and is gone")

    async def take_in(self) -> int:
        """Take in some of what was accepted first. Returns how many contacts it was of; 0: nothing is left to do."""
        async with bounded(AT_LEISURE):
            while entry := await self._first():
                campaign, identity = json.loads(entry)
                arrival = Arrival(campaign, identity)
                head: Any = await self._redis.lindex(self._list(arrival), 0)
                if head is None:
                    await self._redis.lrem(self._keys("arrived"), 1, entry)
                elif count := await self._take_in(arrival, head):
                    return count
        return 0

    async def _first(self) -> Any:
        return await self._redis.lindex(self._keys("arrived"), 0)

    async def _take_in(self, arrival: Arrival, head: bytes) -> int:
        about: Mapping[str, Any] = json.loads(head)
        former = self._keys("due", arrival.campaign, about["former"])
        keys = (*self._keys.of(arrival.campaign, about["group"]), former, self._list(arrival))
        arguments = (head, about["count"], about["group"], about["outcome"], about["due"])
        return int(about["count"]) if await self._scripts.take_in(keys, arguments) else 0

    async def _push(self, arrival: Arrival, head: Mapping[str, Any], items: Iterable[str | bytes]) -> None:
        # Two alike in turn must not be taken for one another.
        about = json.dumps({**head, "mark": secrets.token_hex(4)})
        async with bounded(AT_LEISURE), self._redis.pipeline(transaction=True) as pipe:
            pipe.rpush(self._list(arrival), about, *items)
            pipe.expire(self._list(arrival), FORGOTTEN)
            await pipe.execute()

    def _list(self, arrival: Arrival) -> str:
        return self._keys("arriving", arrival.campaign, arrival.id)


def _batches(things: Sequence[Any]) -> Iterable[list[Any]]:
    iterator = iter(things)
    while batch := list(islice(iterator, AT_ONCE)):
        yield batch
