"""Jobs, and how far they are.

======================= ======= ============================================= ==========
key                     type    holds                                         kept
======================= ======= ============================================= ==========
``{api}:job:<id>``      string  JSON of `Job`                                 a week
``{api}:jobs``          zset    ids of those, by when they began              likewise
======================= ======= ============================================= ==========
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from pydantic import TypeAdapter
from redis.asyncio import Redis

from assist.store import OUT_OF_CALL, bounded

KEPT: Final = timedelta(days=7)
SILENT: Final = timedelta(seconds=30)
"""After which a job of which nothing is heard is taken for lost."""


class JobState(StrEnum):
    """Where a job is."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    LOST = "lost"
    """Its process ended. Begin it again: what it did is not done twice."""


@dataclass(frozen=True, slots=True)
class Job:
    """An import."""

    id: str
    campaign: str
    began: datetime
    told: datetime
    """When something was heard of it last."""
    state: JobState = JobState.RUNNING
    stage: str = ""
    share: float = 0.0
    rows: int = 0
    new: int = 0
    updated: int = 0
    known: int = 0
    refused: int = 0
    ended: int = 0
    error: str = ""
    """Why it failed, with the mend."""

    def at(self, now: datetime) -> "JobState":
        """Return where it is at *now*."""
        lost = self.state is JobState.RUNNING and now - self.told > SILENT
        return JobState.LOST if lost else self.state


_JOB: Final = TypeAdapter(Job)


class JobBook:
    """The jobs of an installation. Every method raises `StoreError`."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def write(self, job: Job) -> None:
        """Write down how far *job* is."""
        forgotten = (datetime.now(UTC) - KEPT).timestamp()
        async with bounded(OUT_OF_CALL), self._redis.pipeline(transaction=True) as pipe:
            pipe.set(_key(job.id), _JOB.dump_json(job), px=KEPT)
            pipe.zadd("{api}:jobs", {job.id: job.began.timestamp()})
            pipe.zremrangebyscore("{api}:jobs", 0, forgotten)
            await pipe.execute()

    async def get(self, identity: str) -> Job | None:
        """Return a job."""
        async with bounded(OUT_OF_CALL):
            found: Any = await self._redis.get(_key(identity))
        return _JOB.validate_json(found) if found else None

    async def latest(self, most: int) -> Sequence[Job]:
        """Return the jobs that began last, the latest first."""
        async with bounded(OUT_OF_CALL):
            ids: Any = await self._redis.zrevrange("{api}:jobs", 0, most - 1)
            async with self._redis.pipeline(transaction=False) as pipe:
                for identity in ids:
                    pipe.get(_key(identity.decode()))
                return [_JOB.validate_json(job) for job in await pipe.execute() if job]


def _key(identity: str) -> str:
    return f"{{api}}:job:{identity}"
