"""What the ledger knows, as it is shown. Reading decides nothing: what is read may have changed meanwhile."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeVar

from redis.asyncio import Redis

from assist.campaign.ledger.keys import Keys
from assist.campaign.ledger.records import Live, contact_of, live_of
from assist.campaign.model import CampaignState, Contact, ContactState, Outcome, Result
from assist.errors import StoreError

K = TypeVar("K", ContactState, Outcome, Result)


@dataclass(frozen=True, slots=True)
class Past:
    """An attempt that is over."""

    at: float
    result: Result
    seconds: float
    cost: Decimal
    shown: str = ""
    """The number that the call showed, where there are several."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a contact is."""

    contact: Contact
    state: ContactState
    attempts: int
    """Begun so far: the next has the number after."""
    past: tuple[Past, ...] = ()
    """The latest 20, the earliest first."""
    outcome: Outcome | None = None
    """Of one that is done."""
    due: float | None = None
    """Of one that waits: not to be called before."""
    found_out: Mapping[str, str] = field(default_factory=dict)
    """What he made clear, in the latest call in which he did; by name."""
    held: str = ""
    """Why somebody held the next call back when it was due; empty: nobody did."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some contacts of a campaign, as they came."""

    standings: tuple[Standing, ...]
    cursor: int | None
    """Where the next page begins; None: there is none."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many of a group wait, and when the first of them is due."""

    contacts: int
    first: float | None


@dataclass(frozen=True, slots=True)
class Counts:
    """A campaign in numbers."""

    state: CampaignState
    states: Mapping[ContactState, int]
    outcomes: Mapping[Outcome, int]
    results: Mapping[Result, int]
    """Of attempts."""
    calls: int
    """In progress, claims included."""
    seconds: float
    """Used, and set aside for the calls in progress."""
    cost: Decimal
    """Likewise."""
    breaker: float | None
    """Until when nobody is called, since too much failed."""
    groups: Mapping[str, Waiting]
    held: int = 0
    """Of those that wait: somebody held their call back when it was due."""

    @property
    def contacts(self) -> int:
        return sum(self.states.values())


@dataclass(frozen=True, slots=True)
class Known:
    """What decides about a number, whoever it belongs to."""

    suppressed: str | None
    """Who put it on the list of numbers that nobody may call."""
    suppressed_here: str | None
    """Likewise on the campaign's own."""
    calls: int
    """Ever, by all campaigns."""
    called: tuple[float, ...]
    """The latest of them."""
    reached: Mapping[str, float] = field(default_factory=dict)
    """When each other campaign reached it last."""


@dataclass(frozen=True, slots=True)
class Why:
    """Everything that decides about one contact."""

    campaign: CampaignState
    breaker: float | None
    standing: Standing
    live: Live | None
    """The attempt in progress with its number, of whichever campaign."""
    known: Known


class Views:
    """Reads what the scripts write."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._redis = redis
        self._keys = keys

    async def counts(self, campaign: str) -> Counts:
        """Return the campaign in numbers. Raises `StoreError` if there is none."""
        fields = await self._campaign(campaign)
        return Counts(
            state=CampaignState(fields["state"]),
            states=_tally(fields, "n:", ContactState),
            outcomes=_tally(fields, "o:", Outcome),
            results=_tally(fields, "r:", Result),
            calls=int(fields.get("calls", 0)),
            seconds=int(fields.get("seconds", 0)) / 1000,
            cost=_money(fields.get("cost", 0)),
            breaker=_breaker(fields),
            groups=await self._groups(campaign),
            held=int(fields.get("held", 0)),
        )

    async def standings(self, campaign: str, contacts: Iterable[str]) -> list[Standing]:
        """Return where these contacts are; who is none of the campaign's is left out."""
        ids = list(contacts)
        if not ids:
            return []
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.hmget(self._keys("contacts", campaign), ids)
            pipe.hmget(self._keys("progress", campaign), ids)
            records, progress = await pipe.execute()
        known = [
            (contact_of(identity, record), json.loads(state) if state else {})
            for identity, record, state in zip(ids, records, progress, strict=True)
            if record
        ]
        dues = await self._dues(campaign, [contact for contact, _ in known])
        return [_standing(contact, state, dues.get(contact.id)) for contact, state in known]

    async def _dues(self, campaign: str, contacts: Iterable[Contact]) -> dict[str, float]:
        """Return when those of *contacts* are due who wait."""
        by_group: dict[str, list[str]] = defaultdict(list)
        for contact in contacts:
            by_group[contact.group].append(contact.id)
        async with self._redis.pipeline(transaction=False) as pipe:
            for group, ids in by_group.items():
                pipe.zmscore(self._keys("due", campaign, group), ids)
            scores: list[list[float | None]] = await pipe.execute()
        return {
            identity: due
            for ids, some in zip(by_group.values(), scores, strict=True)
            for identity, due in zip(ids, some, strict=True)
            if due is not None
        }

    async def contacts(
        self, campaign: str, cursor: int, size: int, states: Collection[ContactState], outcomes: Collection[Outcome]
    ) -> Page:
        """Return those of the next *size* contacts that are in one of the states and have one of the outcomes."""
        ids: Any = await self._redis.lrange(self._keys("order", campaign), cursor, cursor + size - 1)
        standings = tuple(
            standing
            for standing in await self.standings(campaign, [identity.decode() for identity in ids])
            if (not states or standing.state in states) and (not outcomes or standing.outcome in outcomes)
        )
        return Page(standings, cursor + size if len(ids) == size else None)

    async def why(self, campaign: str, contact: str, number: bytes) -> Why:
        """Return what decides about the contact, whose number has that key. Raises `StoreError` if there is none."""
        fields = await self._campaign(campaign)
        standings = await self.standings(campaign, [contact])
        attempt: Any = await self._redis.hget(self._keys("ringing"), number)
        (known,) = await self.known(campaign, [number])
        return Why(
            campaign=CampaignState(fields["state"]),
            breaker=_breaker(fields),
            standing=standings[0],
            live=await self.attempt(attempt.decode()) if attempt else None,
            known=known,
        )

    async def known(self, campaign: str, numbers: Sequence[bytes]) -> list[Known]:
        """Return what all campaigns together know of each of these numbers."""
        if not numbers:
            return []
        async with self._redis.pipeline(transaction=False) as pipe:
            for noun in (("suppressed",), ("unwanted", campaign), ("numbers",), ("reached",)):
                pipe.hmget(self._keys(*noun), list(numbers))
            return [_known(campaign, *fields) for fields in zip(*await pipe.execute(), strict=True)]

    async def attempt(self, attempt: str) -> Live | None:
        """Return an attempt that is in progress."""
        found: Any = await self._redis.hget(self._keys("live"), attempt)
        lives = await self.lives([found] if found else [])
        return lives[0] if lives else None

    async def lives(self, attempts: Iterable[bytes]) -> list[Live]:
        """Return attempts that the scripts wrote so."""
        read = [json.loads(attempt) for attempt in attempts]
        async with self._redis.pipeline(transaction=False) as pipe:
            for attempt in read:
                pipe.hget(self._keys("contacts", attempt["c"]), attempt["i"])
            records = await pipe.execute()
        return [
            live_of(attempt, contact_of(attempt["i"], record)) for attempt, record in zip(read, records, strict=True)
        ]

    async def _groups(self, campaign: str) -> dict[str, Waiting]:
        names: Any = await self._redis.smembers(self._keys("groups", campaign))
        groups = sorted(name.decode() for name in names)
        async with self._redis.pipeline(transaction=False) as pipe:
            for group in groups:
                pipe.zcard(self._keys("due", campaign, group))
                pipe.zrange(self._keys("due", campaign, group), 0, 0, withscores=True)
            answers = await pipe.execute()
        return {
            group: Waiting(number, first[0][1] / 1000 if first else None)
            for group, number, first in zip(groups, answers[::2], answers[1::2], strict=True)
        }

    async def _campaign(self, campaign: str) -> dict[str, str]:
        fields: Any = await self._redis.hgetall(self._keys("campaign", campaign))
        if not fields:
            raise StoreError("no such campaign in the ledger")
        return {name.decode(): value.decode() for name, value in fields.items()}


def _standing(contact: Contact, progress: Mapping[str, Any], due: float | None) -> Standing:
    return Standing(
        contact=contact,
        state=ContactState(progress.get("s", "waiting")),
        attempts=int(progress.get("n", 0)),
        past=tuple(
            Past(at / 1000, Result(result), length / 1000, _money(cost), *shown)
            for at, result, length, cost, *shown in progress.get("a", ())
        ),
        outcome=Outcome(progress["o"]) if "o" in progress else None,
        due=None if due is None else due / 1000,
        found_out=progress.get("f", {}),
        held=progress.get("h", ""),
    )


def _tally(fields: Mapping[str, str], prefix: str, kind: type[K]) -> dict[K, int]:
    return {member: count for member in kind if (count := int(fields.get(prefix + member.value, 0)))}


def _money(millionths: str | float) -> Decimal:
    return Decimal(int(millionths)) / 1_000_000


def _breaker(fields: Mapping[str, str]) -> float | None:
    return int(fields["breaker"]) / 1000 if "breaker" in fields else None


def _known(
    campaign: str, suppressed: bytes | None, here: bytes | None, history: bytes | None, reached: bytes | None
) -> Known:
    calls, *called = json.loads(history or "[0]")
    others = {name: at / 1000 for name, at in json.loads(reached or "{}").items() if name != campaign}
    return Known(_source(suppressed), _source(here), int(calls), tuple(at / 1000 for at in called), others)


def _source(mark: bytes | None) -> str | None:
    return mark.decode().partition(" ")[2] if mark else None
