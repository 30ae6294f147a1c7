"""The ledger, as everybody who works on a campaign asks it."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from itertools import islice
from typing import Any, Final

from redis.asyncio import Redis

from assist.campaign.ledger.arrivals import Arrivals
from assist.campaign.ledger.attempts import Attempts
from assist.campaign.ledger.durability import Confirm
from assist.campaign.ledger.forgetting import Forgetting
from assist.campaign.ledger.keys import Keys
from assist.campaign.ledger.records import contact_record, limits_record, ms
from assist.campaign.ledger.registries import Registries
from assist.campaign.ledger.scripts import Scripts
from assist.campaign.ledger.starts import Starts
from assist.campaign.ledger.views import Counts, Known, Page, Standing, Views, Why
from assist.campaign.model import CampaignState, Contact, ContactState, Limits, Outcome
from assist.errors import StoreError
from assist.store import AT_LEISURE, OUT_OF_CALL, Event, bounded
from assist.store.secret import number_key

AT_ONCE: Final = 500
"""Contacts in one script: some milliseconds, in which Redis does nothing else."""


class Ledger:
    """Campaigns and who is in them. Every method raises `StoreError`, and nothing else of Redis'."""

    def __init__(self, redis: Redis, keys: Keys, scripts: Scripts, secret: bytes, confirm: Confirm) -> None:
        self._redis = redis
        self._keys = keys
        self._scripts = scripts
        self._secret = secret
        self._confirm = confirm
        self._views = Views(redis, keys)
        self.attempts = Attempts(redis, keys, scripts, confirm)
        """The right to call, and calls."""
        self.starts = Starts(redis, keys)
        """By the campaigns' schedules."""
        self.registries = Registries(redis, keys)
        """Which numbers nobody may call, and since when that is known."""
        self.forgetting = Forgetting(redis, keys, scripts)
        """People who are not to stay."""
        self.arrivals = Arrivals(redis, keys, scripts, self.number_key)
        """Lists on their way into campaigns."""

    def number_key(self, number: str) -> bytes:
        """Return what stands for *number*, E.164: without the installation's secret it says nothing of it."""
        return number_key(self._secret, number)

    async def server(self) -> str:
        """Return which run of Redis this is: it is another after a restart or a failover."""
        async with bounded(OUT_OF_CALL):
            about: Any = await self._redis.info("server")
        return str(about["run_id"])

    async def create(self, campaign: str, limits: Limits) -> None:
        """Make a campaign, a `DRAFT`; or give *limits* to one that is there. Raises `ConfigurationError`.

        Campaigns that name the same trunk should say the same of it: each keeps what it says.
        """
        async with bounded(OUT_OF_CALL):
            await self._scripts.create(self._keys.of(campaign), (campaign, limits_record(limits)))

    async def campaigns(self) -> Sequence[str]:
        """Return the names of all campaigns, sorted."""
        async with bounded(OUT_OF_CALL):
            names: Any = await self._redis.smembers(self._keys("campaigns"))
        return sorted(name.decode() for name in names)

    async def set_state(self, campaign: str, state: CampaignState) -> bool:
        """Return whether the campaign is in *state* now. `CANCELLED` is for good; `FINISHED` needs everybody done."""
        async with bounded(OUT_OF_CALL):
            answer = await self._scripts.set_state(self._keys.of(campaign), (state,))
        return _exists(answer) == 1

    async def add(self, campaign: str, contacts: Sequence[Contact], due: float = 0.0) -> int:
        """Let *contacts* wait until *due*, and return how many the campaign did not have. The others stay as they are.

        Raises `StoreError` if there is no such campaign or it was cancelled.
        """
        by_group: dict[str, list[Contact]] = defaultdict(list)
        for contact in contacts:
            by_group[contact.group].append(contact)
        new = 0
        for group, members in by_group.items():
            for batch in _batches(members):
                fields = (
                    field
                    for contact in batch
                    for field in (contact.id, contact_record(contact, self.number_key(contact.number)))
                )
                async with bounded(OUT_OF_CALL):
                    answer = await self._scripts.add(self._keys.of(campaign, group), (group, ms(due), *fields))
                new += _exists(answer)
        return new

    async def again(self, campaign: str, contacts: Iterable[str], due: float = 0.0) -> int:
        """Let those of *contacts* that are done wait once more, until *due*. Returns how many."""
        count = 0
        for batch in _batches(contacts):
            by_group: dict[str, list[str]] = defaultdict(list)
            async with bounded(AT_LEISURE):
                for standing in await self._views.standings(campaign, batch):
                    by_group[standing.contact.group].append(standing.contact.id)
                for group, ids in by_group.items():
                    count += _exists(await self._scripts.again(self._keys.of(campaign, group), (ms(due), *ids)))
        return count

    async def end_waiting(self, campaign: str, group: str, outcome: Outcome) -> int:
        """Give everybody of the group who waits that *outcome*: the campaign is over for them. Returns how many."""
        count = 0
        while True:
            async with bounded(OUT_OF_CALL):
                some: int = await self._scripts.end_waiting(self._keys.of(campaign, group), (outcome, AT_ONCE))
            count += some
            if some < AT_ONCE:
                return count

    async def suppress(
        self,
        numbers: bytes | Iterable[bytes],
        campaign: str | None = None,
        *,
        source: str = "owner",
        within: float = OUT_OF_CALL,
    ) -> int:
        """Let nobody call these *numbers*, given by their keys, or not this campaign. Returns how many are new.

        When it returns, it is written as safely as the installation demands. *source*: who says so.
        """
        keys = self._keys.shared if campaign is None else self._keys.of(campaign)
        new = 0
        async with self._redis.client() as connection:
            for batch in _batches([numbers] if isinstance(numbers, bytes) else numbers):
                async with bounded(within):
                    new += await self._scripts.suppress(keys, (source, *batch), client=connection)
            async with bounded(within):
                if not await self._confirm(connection):
                    raise StoreError("Redis: what must not be lost is not as safe as demanded")
        return new

    async def unsuppress(self, number: bytes, campaign: str | None = None) -> bool:
        """Take a number off the list. Returns whether it was on it."""
        async with bounded(OUT_OF_CALL):
            removed: Any = await self._redis.hdel(self._list(campaign), number)
        return bool(removed)

    async def is_suppressed(self, number: bytes, campaign: str | None = None) -> bool:
        """Whether nobody may call the number; or, if it is named, not this campaign."""
        async with bounded(OUT_OF_CALL):
            for name in {self._list(None), self._list(campaign)}:
                if await self._redis.hexists(name, number):
                    return True
        return False

    async def counts(self, campaign: str) -> Counts:
        """Return the campaign in numbers. Raises `StoreError` if there is none."""
        async with bounded(OUT_OF_CALL):
            return await self._views.counts(campaign)

    async def contacts(
        self,
        campaign: str,
        cursor: int = 0,
        *,
        states: Collection[ContactState] = (),
        outcomes: Collection[Outcome] = (),
        size: int = AT_ONCE,
        within: float = OUT_OF_CALL,
    ) -> Page:
        """Return contacts as they came, from *cursor* on: a page of *size*, of which only those that fit are shown."""
        async with bounded(within):
            return await self._views.contacts(campaign, cursor, size, states, outcomes)

    async def contact(self, campaign: str, contact: str) -> Standing | None:
        """Return where the contact is; None: the campaign has none such."""
        async with bounded(OUT_OF_CALL):
            return next(iter(await self._views.standings(campaign, [contact])), None)

    async def why(self, campaign: str, contact: str) -> Why | None:
        """Return everything that decides about the contact; None: the campaign has none such."""
        async with bounded(OUT_OF_CALL):
            found = await self._views.standings(campaign, [contact])
            return await self._views.why(campaign, contact, self.number_key(found[0].contact.number)) if found else None

    async def known(self, campaign: str, numbers: Sequence[bytes], *, within: float = OUT_OF_CALL) -> list[Known]:
        """Return what all campaigns together know of each of these *numbers*, given by their keys."""
        async with bounded(within):
            return await self._views.known(campaign, numbers)

    async def events(self, campaign: str, after: str = "0", most: int = 1000) -> Sequence[tuple[str, Event]]:
        """Return what happened *after* that event, each with its id: ids, results and times, no words, no numbers."""
        async with bounded(OUT_OF_CALL):
            entries: Any = await self._redis.xrange(self._keys("events", campaign), min=f"({after}", count=most)
        return [
            (identity.decode(), {name.decode(): value.decode() for name, value in fields.items()})
            for identity, fields in entries
        ]

    def _list(self, campaign: str | None) -> str:
        return self._keys("suppressed") if campaign is None else self._keys("unwanted", campaign)


def _exists(answer: int) -> int:
    if answer < 0:
        raise StoreError("no such campaign in the ledger, or one that was cancelled")
    return answer


def _batches(things: Iterable[Any]) -> Iterable[list[Any]]:
    iterator = iter(things)
    while batch := list(islice(iterator, AT_ONCE)):
        yield batch
