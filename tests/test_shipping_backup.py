"""Backup and restore of Redis, by the very commands of deploy/README.md, with the Redis of deploy/compose.yaml."""

import asyncio
import re
import shlex
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from redis.asyncio import Redis

from tests.composed import DEPLOY, Composed
from tests.rigs import until

pytestmark = pytest.mark.slow

CHAPTER = (DEPLOY / "README.md").read_text(encoding="utf-8").partition("## Backup and restore")[2].partition("\n## ")[0]
SOCKET = "/run/redis/redis-server.sock"


def commands(before: str) -> list[str]:
    """Return what the guide has run in a container that it calls by *before*, without remarks and pipes."""
    return [found.strip() for found in re.findall(rf"{before} (?:--entrypoint sh redis -c ')?([^'#|&\n]+)", CHAPTER)]


async def run(*command: str) -> str:
    process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
    said, _ = await process.communicate()
    assert process.returncode == 0, command
    return said.decode()


@asynccontextmanager
async def restoring(composed: Composed) -> AsyncIterator[None]:
    """Run the Redis that reads the backup; it must end when it is told to."""
    (serve,) = commands("--name restore --no-deps redis")
    process = await asyncio.create_subprocess_exec(*shlex.split(composed.here(serve)), stdout=subprocess.DEVNULL)
    try:
        await until(Path(composed.here(SOCKET)).exists)
        yield
        process.terminate()
        assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_what_was_backed_up_is_there_after_the_restore_and_is_kept_from_then_on(tmp_path: Path) -> None:
    composed = Composed(tmp_path, {})
    url = f"unix://{composed.here(SOCKET)}"
    (back_up,) = commands("docker compose exec redis")
    async with composed.running(["redis"]), Redis.from_url(url) as redis:
        await redis.set("called", "before")
        await run(*shlex.split(composed.here(back_up)))
        await redis.set("called", "after")
    backup = (tmp_path / "data/backup.rdb").rename(tmp_path / "backup.rdb")

    (put,) = (composed.here(found) for found in re.findall(r"-c '([^']+)'", CHAPTER))
    assert f"rm -rf {tmp_path}/data/appendonlydir && cp /backup.rdb {tmp_path}/data/dump.rdb" == put
    await run("sh", "-c", put.replace("cp /backup.rdb", f"cp {backup}"))
    append, ask = (shlex.split(composed.here(command)) for command in commands("docker exec restore"))
    async with restoring(composed):
        assert await run(*append) == "OK\n"
        while "aof_rewrite_in_progress:0" not in await run(*ask):
            pass

    for starts in (1, 2):
        async with composed.running(["redis"]), Redis.from_url(url, decode_responses=True) as redis:
            assert await redis.get("called") == "before"
            assert await redis.incr("starts") == starts
