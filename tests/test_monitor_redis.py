"""What Redis tells of itself."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from assist.monitor.redis import redis_look, seen
from tests.redis_process import redis_process
from tests.scrapes import Numbers

WELL: Mapping[str, Any] = {
    "role": "master",
    "aof_enabled": 1,
    "aof_last_write_status": "ok",
    "aof_last_bgrewrite_status": "ok",
    "uptime_in_seconds": 90,
    "used_memory": 1_000_000,
}


async def test_a_redis_that_is_up_is_well(redis_url: str) -> None:
    sight = await redis_look(redis_url)()
    numbers = Numbers(sight.metrics)
    assert sight.checks == {"redis": True}
    assert (numbers("assist_redis_up"), numbers("assist_redis_master"), numbers("assist_redis_aof_ok")) == (1, 1, 1)
    assert numbers("assist_redis_memory_bytes") > 100_000


async def test_one_that_is_gone_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with redis_process(tmp_path) as redis:
        pass
    sight = await redis_look(redis.url)()
    assert sight.checks == {"redis": False}
    assert Numbers(sight.metrics)("assist_redis_up") == 0
    assert "Redis does not tell of itself" in caplog.text


def test_a_replica_takes_no_writes() -> None:
    sight = seen({**WELL, "role": "slave"})
    assert sight.checks == {"redis": False}
    assert Numbers(sight.metrics)("assist_redis_master") == 0


@pytest.mark.parametrize("what", ["aof_last_write_status", "aof_last_bgrewrite_status"])
def test_a_file_that_could_not_be_written_is_told(what: str) -> None:
    assert Numbers(seen({**WELL, what: "err"}).metrics)("assist_redis_aof_ok") == 0
