"""Redis, as it tells of itself."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from assist.monitor.sight import LIMIT, Complaint, Look, Sight, gauge

log = logging.getLogger(__name__)


def redis_look(url: str) -> Look:
    """Return what looks at the Redis at *url*."""

    complain = Complaint(log)

    async def look() -> Sight:
        try:
            async with asyncio.timeout(LIMIT), Redis.from_url(url, protocol=2) as redis:
                sight = seen(await redis.info())
            complain()
            return sight
        except (RedisError, OSError) as error:
            complain(f"Redis does not tell of itself: {type(error).__name__}")
            return Sight([gauge("assist_redis_up", "Whether Redis answers.", 0)], {"redis": False})

    return look


def seen(info: Mapping[str, Any]) -> Sight:
    """Return what a Redis that tells *info* is to be watched for."""
    written = info.get("aof_last_write_status", "ok") == info.get("aof_last_bgrewrite_status", "ok") == "ok"
    master = info.get("role") == "master"
    metrics = [
        gauge("assist_redis_up", "Whether Redis answers.", 1),
        gauge("assist_redis_master", "Whether it takes writes: 0 for a replica.", master),
        gauge("assist_redis_aof_ok", "Whether it could write its file the last time.", written),
        gauge("assist_redis_uptime_seconds", "Since its start; another server has another.", info["uptime_in_seconds"]),
        gauge("assist_redis_memory_bytes", "What it takes.", info["used_memory"]),
    ]
    return Sight(metrics, {"redis": master})
