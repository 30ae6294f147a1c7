"""The health check of a container: ends 0 if what runs here told Redis of late that it lives.

``healthy.py workers`` or ``healthy.py dialer``. What hangs does not tell; workers that are full of calls do, though
they listen no more, and are in good health.
"""

import asyncio
import socket
import sys
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta

from docket import Docket
from redis.exceptions import RedisError

from assist.campaign.docket import NAME
from assist.embedded_redis import redis_server
from assist.errors import AssistError
from assist.settings import Settings, read_settings
from assist.store import open_store

OF_LATE = timedelta(seconds=15)
"""Dialers tell every two seconds, and Docket remembers them for longer."""


async def workers(settings: Settings, url: str) -> int:
    """Return how many workers of this machine live. Raises `StoreError`."""
    async with open_store(url, settings.redis.retention) as store:
        return sum(worker.name.startswith(f"{socket.gethostname()}-") for worker in await store.workers())


async def dialer(_: Settings, url: str) -> int:
    """Return how many dialers of this machine live. Raises `RedisError`."""
    async with Docket(name=NAME, url=url) as docket:
        since = datetime.now(UTC) - OF_LATE
        return sum(
            worker.last_seen > since and worker.name.startswith(f"{socket.gethostname()}#")
            for worker in await docket.workers()
        )


WHAT: Mapping[str, Callable[[Settings, str], Awaitable[int]]] = {"workers": workers, "dialer": dialer}


async def alive(what: str) -> int:
    """Return how many processes of that kind live. Raises `AssistError`."""
    settings = read_settings()
    async with redis_server(settings) as url:
        return await WHAT[what](settings, url)


def main() -> None:
    """Tell, and end 1 if there is none."""
    what = sys.argv[1] if sys.argv[1:] else ""
    if what not in WHAT:
        raise SystemExit(f"write healthy.py {' or '.join(WHAT)}")
    try:
        count = asyncio.run(alive(what))
    except (AssistError, RedisError, OSError) as error:
        raise SystemExit(f"nobody knows: {error}") from error
    if not count:
        raise SystemExit(f"{what}: none of this machine tells that it lives")
    print(f"{what}: {count} live")


if __name__ == "__main__":
    main()
