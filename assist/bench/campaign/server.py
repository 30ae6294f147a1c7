"""A Redis that is killed and comes back with what is on its disk, as the ledger demands it."""

import asyncio
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from assist.embedded_redis import redis_program

LOOK: Final = 0.02
"""Seconds between two attempts to reach it."""


class RedisServer:
    """One, on a socket in *directory*: ``async with``."""

    def __init__(self, directory: Path) -> None:
        self.socket = directory / "redis.sock"
        self._directory = directory
        self._process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.kill()

    async def start(self) -> None:
        """Return when it takes commands."""
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "dir": str(self._directory),
            "appendonly": "yes",
            # Redis before 7.2 cannot tell when a write is on the disk, so it has to be there at once.
            "appendfsync": "always",
            "save": "",
            "maxmemory-policy": "noeviction",
        }
        self._process = await asyncio.create_subprocess_exec(
            "setpriv", "--pdeathsig", "KILL", redis_program(),
            *(word for name, value in options.items() for word in (f"--{name}", value)),
            stdout=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        while not await self._answers():  # noqa: ASYNC110 -- another process
            await asyncio.sleep(LOOK)

    async def kill(self) -> None:
        """End it as nothing can prevent. Returns when it is gone."""
        if self._process and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def _answers(self) -> bool:
        try:
            reader, writer = await asyncio.open_unix_connection(str(self.socket))
        except OSError:
            return False
        writer.write(b"PING\r\n")
        answer = await reader.readline()
        writer.close()
        # It refuses while it reads its file.
        return answer.startswith(b"+PONG")
