"""Who did what: every change that somebody asked for, and every look at what was said."""

import os
import pwd
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from redis.asyncio import Redis

from assist.store.bounds import OUT_OF_CALL, bounded

KEY: Final = "audit"
MOST: Final = 1_000_000
"""A hundred megabytes; it is meant to be bounded by time."""
AT_ONCE: Final = 1000


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that somebody did, or tried to: ids, names and counts, no numbers, no words."""

    id: str
    at: datetime
    actor: str
    """``user:<name>`` of the operating system, ``key:<id>`` of the API, or ``system``."""
    action: str
    """As ``campaign.start``."""
    subject: str
    """What it was done to: the id of a call, the name of a campaign."""
    details: Mapping[str, str]


class Audit:
    """Every method raises `StoreError`, and nothing else."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def record(self, actor: str, action: str, subject: str = "", **details: str | int) -> None:
        """Write down that *actor* does *action* to *subject*. Do it before: nothing is to happen unrecorded."""
        fields: dict[Any, Any] = {"actor": actor, "action": action, "subject": subject, **details}
        async with bounded(OUT_OF_CALL):
            await self._redis.xadd(KEY, fields, maxlen=MOST, approximate=True)

    async def deeds(self, since: datetime | None = None, after: str = "") -> AsyncIterator[Deed]:
        """Yield what was done *since* then, or *after* the deed of that id, in order."""
        first = f"({after}" if after else str(_ms(since)) if since else "-"
        while True:
            async with bounded(OUT_OF_CALL):
                page: Any = await self._redis.xrange(KEY, min=first, count=AT_ONCE)
            for identity, fields in page:
                yield _deed(identity.decode(), {name.decode(): value.decode() for name, value in fields.items()})
                first = f"({identity.decode()}"
            if len(page) < AT_ONCE:
                return

    async def count(self, before: datetime) -> int:
        """Return how many deeds are older than that."""
        count, first = 0, "-"
        while True:
            async with bounded(OUT_OF_CALL):
                page: Any = await self._redis.xrange(KEY, min=first, max=f"({_ms(before)}", count=AT_ONCE)
            count += len(page)
            if len(page) < AT_ONCE:
                return count
            first = f"({page[-1][0].decode()}"

    async def forget(self, before: datetime) -> int:
        """Remove what is older than that, and return how many deeds it was."""
        async with bounded(OUT_OF_CALL):
            removed: int = await self._redis.xtrim(KEY, minid=_ms(before), approximate=False)
        return removed


def operator() -> str:
    """Return who runs this command, as `Deed.actor`."""
    try:
        return f"user:{pwd.getpwuid(os.getuid()).pw_name}"
    except KeyError:
        # A container's user need not have a name.
        return f"user:{os.getuid()}"


def _deed(identity: str, fields: dict[str, str]) -> Deed:
    at = datetime.fromtimestamp(int(identity.partition("-")[0]) / 1000, UTC)
    return Deed(identity, at, fields.pop("actor"), fields.pop("action"), fields.pop("subject"), fields)


def _ms(moment: datetime) -> int:
    return max(0, int(moment.timestamp() * 1000))
