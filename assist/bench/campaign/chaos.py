"""Kills whoever works on a campaign: right after each step of the ledger, and at random; and Redis, once."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle
from random import Random
from typing import Final

from assist.bench.campaign.crew import Crew
from assist.bench.campaign.server import RedisServer
from assist.bench.campaign.verdict import Chaos
from assist.bench.campaign.watch import STEPS, Watch

DIALER: Final = "dialer"
WORKER: Final = "worker"
"""How the names of the processes begin."""

REDIS_AT: Final = 0.4
"""Share of the contacts that are done when Redis is killed."""
LOOK: Final = 0.1


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often somebody is killed; in seconds."""

    at_work: tuple[float, float] = (2.0, 8.0)
    """For which calls are begun before somebody is killed at a step: at least, at most."""
    patience: float = 10.0
    """To wait for a step that may not come any more."""
    random: float = 8.0
    """Between two that are killed at random, on average."""


class Killer:
    """Kills until cancelled."""

    def __init__(
        self,
        crew: Crew,
        watch: Watch,
        redis: RedisServer,
        done: Callable[[], float],
        random: Random,
        rhythm: Rhythm,
    ) -> None:
        """*done* tells what share of the contacts is done."""
        self._rhythm = rhythm
        self._crew = crew
        self._watch = watch
        self._redis = redis
        self._done = done
        self._random = random
        self._at_step: Counter[str] = Counter()
        self._killed: Counter[str] = Counter()

    @property
    def chaos(self) -> Chaos:
        """What was done so far."""
        return Chaos(dict(self._at_step), self._killed[DIALER], self._killed[WORKER], self._killed["redis"])

    async def run(self) -> None:
        """Kill, until cancelled."""
        async with asyncio.TaskGroup() as killing:
            killing.create_task(self._at_steps())
            killing.create_task(self._at_random())
            killing.create_task(self._the_store())

    async def _at_steps(self) -> None:
        for step, victims in cycle([(step, DIALER) for step in STEPS] + [(step, WORKER) for step in STEPS[3:]]):
            # It takes some seconds until others go on with what was left.
            await self._watch.next(STEPS[0])
            await asyncio.sleep(self._random.uniform(*self._rhythm.at_work))
            try:
                async with asyncio.timeout(self._rhythm.patience):
                    await self._watch.next(step)
            except TimeoutError:
                continue
            # Whoever of them has taken it is among all of them.
            killed = [self._kill(name) for name in self._crew.names if name.startswith(victims)]
            if any(killed):
                self._at_step[f"{step} {victims}"] += 1

    async def _at_random(self) -> None:
        while True:
            await asyncio.sleep(self._random.expovariate(1 / self._rhythm.random))
            if names := self._crew.names:
                self._kill(self._random.choice(names))

    async def _the_store(self) -> None:
        while self._done() < REDIS_AT:  # noqa: ASYNC110 -- it is looked up by somebody else
            await asyncio.sleep(LOOK)
        await self._redis.kill()
        self._killed["redis"] += 1
        await self._redis.start()

    def _kill(self, name: str) -> bool:
        killed = self._crew.kill(name)
        self._killed[DIALER if name.startswith(DIALER) else WORKER] += killed
        return killed
