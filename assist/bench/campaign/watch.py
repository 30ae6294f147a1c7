"""The steps of the ledger as Redis takes them: seen from outside, by ``MONITOR``."""

import asyncio
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final, NoReturn

from redis.asyncio import Redis

from assist.campaign.ledger.scripts import Scripts

STEPS: Final = ("claim", "dial", "send", "answered", "finish")
"""In the order of a call. Between ``send`` and the next the call is placed."""
AGAIN: Final = 0.2
"""Seconds between two attempts to reach a Redis that was killed."""
LONGEST: Final = 1 << 24

_SCRIPT: Final = re.compile(rb'"EVALSHA" "([0-9a-f]{40})"')


class Watch:
    """Tells when a step is taken."""

    def __init__(self, socket: Path, steps: Mapping[str, str]) -> None:
        """*steps*: by the hash of their scripts."""
        self._socket = socket
        self._steps = {digest.encode(): step for digest, step in steps.items()}
        self._wanted = ""
        self._taken = asyncio.Event()

    async def next(self, step: str) -> None:
        """Return as soon as that step is taken."""
        self._wanted = step
        self._taken.clear()
        try:
            await self._taken.wait()
        finally:
            self._wanted = ""

    async def run(self) -> NoReturn:
        """Watch until cancelled, also a Redis that comes and goes."""
        while True:
            with suppress(OSError):
                await self._follow()
            await asyncio.sleep(AGAIN)

    async def _follow(self) -> None:
        reader, writer = await asyncio.open_unix_connection(str(self._socket), limit=LONGEST)
        try:
            writer.write(b"MONITOR\r\n")
            while line := await reader.readline():
                found = _SCRIPT.search(line)
                if found and self._wanted and self._steps.get(found[1]) == self._wanted:
                    self._taken.set()
        finally:
            writer.close()


def digests(redis: Redis) -> Mapping[str, str]:
    """Return the steps by the hash of their scripts."""
    scripts = Scripts(redis)
    return {getattr(scripts, step).sha: step for step in STEPS}
