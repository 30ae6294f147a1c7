"""What `assist serve` tells of itself."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from prometheus_client import REGISTRY

from assist.embedded_redis import redis_server
from assist.monitor.crew import VARIABLE, crew
from assist.monitor.disk import disk_look
from assist.monitor.redis import redis_look
from assist.monitor.server import monitoring
from assist.monitor.sight import Look, Sight, gauge
from assist.monitor.switch import switch_look
from assist.monitor.workers import workers_look
from assist.settings import Settings


@asynccontextmanager
async def monitored(settings: Settings) -> AsyncIterator[Mapping[str, str]]:
    """Tell, while the block lasts, how the workers of this process are, if the settings say where.

    Yields the variables that the workers need for it. Raises `AssistError`.
    """
    if settings.metrics.listen is None:
        yield {}
        return
    async with redis_server(settings) as url:
        with crew() as workers:
            looks = [workers_look(workers), *looks_around(settings, url)]
            async with monitoring(settings.metrics.listen, looks):
                yield {VARIABLE: str(workers.directory)}


async def own_look() -> Sight:
    """Return what this process counted by itself."""
    return Sight(list(REGISTRY.collect()))


def looks_around(settings: Settings, url: str) -> list[Look]:
    """Return what looks at everything around the workers; Redis is at *url*."""

    async def limits() -> Sight:
        cap = settings.calls.usd_per_day
        return Sight([gauge("assist_cost_limit_usd", "What calls of a day may cost.", cap)])

    return [redis_look(url), switch_look(settings.esl), disk_look(settings.files), limits]
