"""The health check of containers, as they run it, against a real Redis."""

import asyncio
import socket
import sys
from pathlib import Path

from docket import Docket, Worker

from assist.campaign.docket import NAME
from assist.settings import Settings, environment, read_settings
from assist.store import Worker as WorkerState
from assist.store import open_store
from tests.redis_process import redis_process

CHECK = Path(__file__).parent.parent / "deploy/healthy.py"


async def health(url: str, *what: str) -> tuple[int | None, str]:
    """Return how the check ended, and what it said."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        CHECK,
        *what,
        env=environment(REDIS_URL=url),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return process.returncode, said.decode().strip()


async def tell_alive(settings: Settings, url: str, *names: str) -> None:
    async with open_store(url, settings.redis.retention) as store:
        for name in names:
            await store.worker_alive(WorkerState(name, 50, 50))


async def test_workers_that_tell_they_live_are_healthy_full_or_not(tmp_path: Path) -> None:
    with redis_process(tmp_path) as redis:
        here = socket.gethostname()
        await tell_alive(read_settings(), redis.url, f"{here}-1", f"{here}-2", f"not-{here}-3")
        assert await health(redis.url, "workers") == (0, "workers: 2 live")


async def test_workers_of_another_machine_do_not_count(tmp_path: Path) -> None:
    with redis_process(tmp_path) as redis:
        await tell_alive(read_settings(), redis.url, f"not-{socket.gethostname()}-1")
        assert await health(redis.url, "workers") == (1, "workers: none of this machine tells that it lives")


async def test_a_dialer_is_healthy_while_it_works(tmp_path: Path) -> None:
    with redis_process(tmp_path) as redis:
        assert (await health(redis.url, "dialer"))[0] == 1
        async with Docket(name=NAME, url=redis.url) as docket, Worker(docket) as worker:
            working = asyncio.create_task(worker.run_forever())
            while not await docket.workers():  # noqa: ASYNC110 - nobody tells of it
                await asyncio.sleep(0)
            assert await health(redis.url, "dialer") == (0, "dialer: 1 live")
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)


async def test_without_redis_nobody_is_healthy_and_it_says_why(tmp_path: Path) -> None:
    for what in ("workers", "dialer"):
        code, said = await health(f"unix://{tmp_path}/nobody.sock", what)
        assert code == 1
        assert said.startswith("nobody knows: ")
        assert len(said.splitlines()) == 1


async def test_whatever_else_is_asked_is_a_mistake() -> None:
    assert await health("unix:///nobody.sock") == (1, "write healthy.py workers or dialer")
