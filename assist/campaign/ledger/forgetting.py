"""Removes people: one who wants that, and those of campaigns that are long over."""

import json
import math
from collections.abc import AsyncIterator
from typing import Any, Final

from redis.asyncio import Redis

from assist.campaign.ledger.keys import Keys
from assist.campaign.ledger.records import contact_of, ms
from assist.campaign.ledger.scripts import Scripts
from assist.campaign.model import CampaignState, Contact
from assist.errors import StoreError
from assist.store import OUT_OF_CALL, bounded

LOOKED_AT: Final = 1000
"""Contacts, numbers or events at once: a millisecond, in which Redis does nothing else."""
FORGOTTEN_AT_ONCE: Final = 250
DAY: Final = 86_400
OVER: Final = frozenset({CampaignState.FINISHED, CampaignState.CANCELLED})


class Forgetting:
    """Every method raises `StoreError`. Numbers are given by their keys, moments in seconds since the epoch."""

    def __init__(self, redis: Redis, keys: Keys, scripts: Scripts) -> None:
        self._redis = redis
        self._keys = keys
        self._scripts = scripts

    async def is_ringing(self, number: bytes) -> bool:
        """Whether a campaign is calling that number."""
        async with bounded(OUT_OF_CALL):
            return bool(await self._redis.hexists(self._keys("ringing"), number))

    async def contacts(self, number: bytes) -> AsyncIterator[tuple[str, Contact]]:
        """Yield every contact with that number, with his campaign; one may come twice."""
        async with bounded(OUT_OF_CALL):
            campaigns: Any = await self._redis.smembers(self._keys("campaigns"))
        for name in sorted(campaign.decode() for campaign in campaigns):
            cursor = b"0"
            while True:
                async with bounded(OUT_OF_CALL):
                    found: Any = await self._scripts.find(self._keys.of(name), (number, cursor, LOOKED_AT))
                cursor, *pairs = found
                for identity, record in zip(pairs[::2], pairs[1::2], strict=True):
                    yield name, contact_of(identity.decode(), record)
                if cursor == b"0":
                    break

    async def erase(self, campaign: str, contact: Contact, number: bytes) -> bool:
        """Let nothing of *contact* stay in the campaign, but for counts. Returns whether he was there still.

        Raises `StoreError` if he is being called.
        """
        # First: who is not in the campaign any more is not found again.
        await self._erase_events(campaign, contact.id)
        async with bounded(OUT_OF_CALL):
            keys = self._keys.of(campaign, contact.group)
            found: int = await self._scripts.erase(keys, (contact.id, number))
        if found == -1:
            raise StoreError("the number is being called")
        return found == 1

    async def _erase_events(self, campaign: str, contact: str) -> None:
        stream, first, name = self._keys("events", campaign), "-", contact.encode()
        while True:
            async with bounded(OUT_OF_CALL):
                page: Any = await self._redis.xrange(stream, min=first, count=LOOKED_AT)
                if gone := [identity for identity, fields in page if fields.get(b"contact") == name]:
                    await self._redis.xdel(stream, *gone)
            if len(page) < LOOKED_AT:
                return
            first = f"({page[-1][0].decode()}"

    async def forget_calls(self, number: bytes) -> bool:
        """Let nobody know how often that number was called, when, and by whom. Returns whether anybody did."""
        async with bounded(OUT_OF_CALL):
            await self._redis.hdel(self._keys("reached"), number)
            return bool(await self._redis.hdel(self._keys("numbers"), number))

    async def over(self, before: float) -> list[tuple[str, int]]:
        """Return the campaigns that ended before that, each with how many contacts it has."""
        async with bounded(OUT_OF_CALL):
            names: Any = await self._redis.smembers(self._keys("campaigns"))
        found = []
        for name in sorted(name.decode() for name in names):
            async with bounded(OUT_OF_CALL):
                state: Any = await self._redis.hget(self._keys("campaign", name), "state")
                last: Any = await self._redis.xrevrange(self._keys("events", name), count=1)
                contacts: int = await self._redis.hlen(self._keys("contacts", name))
            ended = int(last[0][0].partition(b"-")[0]) if last else 0
            if contacts and CampaignState(state.decode()) in OVER and ended < ms(before):
                found.append((name, contacts))
        return found

    async def forget(self, campaign: str, before: float) -> int:
        """Let nobody of a campaign that ended before that stay. Returns how many there were; 0 also if it is not over.

        What it counted stays, and who does not want its calls.
        """
        async with bounded(OUT_OF_CALL):
            groups: Any = await self._redis.smembers(self._keys("groups", campaign))
            due = [self._keys("due", campaign, group.decode()) for group in groups]
            keys = (*self._keys.of(campaign), *due)
            return max(0, int(await self._scripts.forget(keys, (ms(before), len(due)))))

    async def forget_done(self, campaign: str, before: float) -> int:
        """Let those of the campaign's first contacts not stay who were done on a day before that. Returns how many.

        It is for campaigns that go on for ever: whoever comes after somebody who is not done for so long stays, too.
        """
        gone = 0
        while True:
            async with bounded(OUT_OF_CALL):
                arguments = (math.floor(before / DAY), FORGOTTEN_AT_ONCE)
                some = int(await self._scripts.forget_done(self._keys.of(campaign), arguments))
            gone += some
            if some < FORGOTTEN_AT_ONCE:
                return gone

    async def trim_events(self, before: float) -> int:
        """Remove what happened in campaigns before that, and return how much it was."""
        removed = 0
        async with bounded(OUT_OF_CALL):
            names: Any = await self._redis.smembers(self._keys("campaigns"))
            for name in names:
                stream = self._keys("events", name.decode())
                # The last one stays: it tells since when a campaign that is over is so.
                last: Any = await self._redis.xrevrange(stream, count=1)
                if last:
                    newest = last[0][0].decode()
                    oldest = newest if int(newest.partition("-")[0]) < ms(before) else str(ms(before))
                    removed += await self._redis.xtrim(stream, minid=oldest, approximate=False)
        return removed

    async def numbers(self, before: float) -> list[bytes]:
        """Return the numbers that were last called before that."""
        found, cursor = [], 0
        while True:
            async with bounded(OUT_OF_CALL):
                answer: Any = await self._redis.hscan(self._keys("numbers"), cursor, count=LOOKED_AT)
            cursor, page = answer
            for number, history in page.items():
                _, *called = json.loads(history)
                if called and called[-1] < ms(before):
                    found.append(number)
            if not cursor:
                return found
