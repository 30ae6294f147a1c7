"""A campaign from its first call to its last, with or without chaos, and the verdict."""

import asyncio
import secrets
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from random import Random
from typing import Final

from redis.asyncio import Redis

from assist.aio import end, race
from assist.assistant import Assistants
from assist.assistant.choice import Choice
from assist.bench.campaign.chaos import DIALER, WORKER, Killer, Rhythm
from assist.bench.campaign.crew import Crew, Job
from assist.bench.campaign.line import MEMORY, CarrierLine, carrier_line
from assist.bench.campaign.server import RedisServer
from assist.bench.campaign.verdict import Allowed, Chaos, Verdict, judge
from assist.bench.campaign.watch import Watch, digests
from assist.bench.campaign.worker import ENVIRONMENT
from assist.bench.campaign.world import NAME, World, make, places
from assist.campaign.bounds import limits
from assist.campaign.ledger import Durability, Ledger, open_ledger
from assist.campaign.ledger.views import Standing
from assist.campaign.loading import Campaigns
from assist.campaign.model import CampaignState, Contact, ContactState
from assist.campaign.policy import load_policies
from assist.campaign.trunks import Trunks
from assist.engines.pool import Pool
from assist.errors import StoreError
from assist.provider import Kind
from assist.settings import environment, read_settings
from assist.simulate.carrier.invites import Invites, read
from assist.simulate.carrier.people import Manners
from assist.simulate.carrier.voices import Voices, spoken

CREW: Final = 2
"""Dialers, and as many workers."""
CAPACITY: Final = 50
"""Calls that a worker holds."""
LOOK: Final = 0.25
QUIET_AT: Final = 0.95
"""Share of the contacts that are done when the chaos ends: whoever is killed leaves leases of half a minute."""
REFUSE_AT: Final = 0.15
"""Likewise when some more people wish no calls."""


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be proved."""

    contacts: int = 1000
    chaos: bool = False
    line: str = "auto"
    seed: int = 1
    within: float = 300.0
    """Seconds after which whoever is not done counts as lost."""
    freeswitch: Path | None = None
    rhythm: Rhythm = field(default_factory=Rhythm)
    """Of the chaos."""
    closing: bool = True
    """In chaos, many wait until just before a window closes, or just after."""
    dialer: Sequence[str] = ("-m", "assist", "dialer")
    """What Python runs."""
    tell: Callable[[str], None] = lambda text: None
    """Is told how far it is."""


async def prove(task: Task, directory: Path) -> Verdict:
    """Hold the campaign in *directory* and return the verdict. Raises `AssistError`."""
    manners = Manners(await _voices(), rings=0.3, replies=0, pause=0.5, patience=5.0)
    with (
        Invites(directory / "invites.jsonl", secrets.token_bytes(16)) as invites,
        # A process is killed, not the machine: its file would outlive it on a disk too, only slower.
        tempfile.TemporaryDirectory(prefix="assist-", dir=MEMORY) as memory,
    ):
        async with (
            carrier_line(task.line, task.freeswitch, invites, manners) as line,
            RedisServer(Path(memory)) as redis,
            open_ledger(redis.url, Durability.AOF) as ledger,
        ):
            proof = Proof(task, make(directory, task.contacts, time.time()), ledger, directory)
            await proof.begin()
            return await proof.hold(line, redis, invites)


class Proof:
    """One campaign under way."""

    def __init__(self, task: Task, world: World, ledger: Ledger, directory: Path) -> None:
        self._task = task
        self._world = world
        self._ledger = ledger
        self._directory = directory
        self._unwanted: dict[str, float] = {}
        self._done = 0.0

    async def begin(self) -> None:
        """Put the list into the ledger and let the campaign run."""
        policies = load_policies(self._directory / "policies")
        assistants = Assistants(self._directory / "assistants")
        trunks = Trunks(self._directory / "trunks.yaml")
        campaign = Campaigns(self._directory / "campaigns", assistants, policies, trunks).get(NAME)
        await self._ledger.create(NAME, limits(campaign, policies, CREW * CAPACITY, time.time()))
        for due, contacts in self._by_due():
            await self._ledger.add(NAME, contacts, due)
        await self._refuse(self._world.refused)
        await self._ledger.set_state(NAME, CampaignState.RUNNING)

    async def hold(self, line: CarrierLine, redis: RedisServer, invites: Invites) -> Verdict:
        """Let it be called, until everybody is done or it takes too long."""
        began = time.monotonic()
        async with Crew(self._jobs(line, redis), self._directory) as crew, self._chaos(crew, redis) as chaos:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._task.within):
                    await self._everybody_done()
        return judge(
            NAME,
            await self._standings(),
            {contact.id: self._allowed(contact) for contact in self._world.contacts},
            read(invites.path),
            chaos(),
            line=line.name,
            seconds=time.monotonic() - began,
        )

    async def _everybody_done(self) -> None:
        refused = False
        while self._done < 1.0:
            await asyncio.sleep(LOOK)
            with suppress(StoreError):
                counts = await self._ledger.counts(NAME)
                self._done = counts.states.get(ContactState.DONE, 0) / counts.contacts
                self._task.tell(f"{self._done:.0%} done, {counts.calls} calls in progress")
                if self._done >= REFUSE_AT and not refused:
                    await self._refuse(self._world.refusing)
                    refused = True

    async def _refuse(self, contacts: Sequence[Contact]) -> None:
        """Let nobody call them any more."""
        await self._ledger.suppress([self._ledger.number_key(contact.number) for contact in contacts])
        self._unwanted |= dict.fromkeys((contact.id for contact in contacts), time.time())

    @asynccontextmanager
    async def _chaos(self, crew: Crew, redis: RedisServer) -> AsyncIterator[Callable[[], Chaos]]:
        """Kill, if that is wanted, until nearly everybody is done. Yields what tells of it."""
        if not self._task.chaos:
            yield Chaos
            return
        async with Redis.from_url(redis.url) as client:
            watch = Watch(redis.socket, digests(client))
        killer = Killer(crew, watch, redis, lambda: self._done, Random(self._task.seed), self._task.rhythm)
        watching, killing = asyncio.create_task(watch.run()), asyncio.create_task(self._while_many(killer))
        try:
            yield lambda: killer.chaos
        finally:
            await end(killing)
            await end(watching)

    async def _while_many(self, killer: Killer) -> None:
        async def done() -> None:
            while self._done < QUIET_AT:  # noqa: ASYNC110 -- it is looked up by somebody else
                await asyncio.sleep(LOOK)

        await race(killer.run(), done())

    def _by_due(self) -> Iterator[tuple[float, list[Contact]]]:
        """Yield the list, with when to call; without chaos nobody waits for a window to close."""

        def due(contact: Contact) -> float:
            return self._world.due(contact) if self._task.chaos and self._task.closing else 0.0

        for moment, contacts in groupby(sorted(self._world.contacts, key=due), due):
            yield moment, list(contacts)

    def _jobs(self, line: CarrierLine, redis: RedisServer) -> Iterator[Job]:
        told = environment(
            REDIS_URL=redis.url,
            ASSIST_WORKERS_CALLS=str(CAPACITY),
            **places(self._directory),
            **line.environment,
        )
        for number in range(CREW):
            yield Job(f"{DIALER}-{number}", (sys.executable, *self._task.dialer), told)
            yield Job(f"{WORKER}-{number}", (sys.executable, "-m", "assist.bench.campaign.worker"), told | ENVIRONMENT)

    def _allowed(self, contact: Contact) -> Allowed:
        opens, closes = self._world.window(contact)
        return Allowed(opens, closes, self._unwanted.get(contact.id, float("inf")))

    async def _standings(self) -> list[Standing]:
        found: list[Standing] = []
        cursor: int | None = 0
        while cursor is not None:
            page = await self._ledger.contacts(NAME, cursor)
            found += page.standings
            cursor = page.cursor
        return found


async def _voices() -> Voices:
    async with Pool(read_settings()) as pool:
        return await spoken((await pool.open(Kind.TTS, Choice("pico"))).engine)
