"""Where numbers and health are asked for: ``/metrics``, ``/health/live``, ``/health/ready``."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from importlib.metadata import version

from aiohttp import web
from prometheus_client import CollectorRegistry, Metric
from prometheus_client.exposition import choose_encoder

from assist.monitor.sight import Look, Sight, gauges, look_at_all

log = logging.getLogger(__name__)


class Pages:
    """What is answered, by what *looks* find."""

    def __init__(self, looks: Sequence[Look]) -> None:
        self._looks = looks

    async def metrics(self, request: web.Request) -> web.Response:
        """All numbers, in the form that is asked for."""
        sight = await look_at_all([*self._looks, _build])
        encode, kind = choose_encoder(request.headers.get("Accept", ""))
        text = await asyncio.to_thread(encode, _registry(sight.metrics))
        return web.Response(body=text, headers={"Content-Type": kind})

    async def live(self, _: web.Request) -> web.Response:
        """That this event loop comes round."""
        return web.json_response({"status": "live"})

    async def ready(self, _: web.Request) -> web.Response:
        """Whether calls may be sent here; if not, 503, and what is not well."""
        checks = (await look_at_all(self._looks)).checks
        ready = all(checks.values())
        body = {"status": "ready" if ready else "not ready", "checks": dict(checks)}
        return web.json_response(body, status=200 if ready else 503)


@asynccontextmanager
async def monitoring(address: tuple[str, int] | None, looks: Sequence[Look]) -> AsyncIterator[int]:
    """Answer at *address* while the block lasts; nowhere if there is none. Yields the port.

    Raises `OSError` if the address is taken.
    """
    if address is None:
        yield 0
        return
    pages = Pages(looks)
    app = web.Application()
    app.add_routes(
        [
            web.get("/metrics", pages.metrics),
            web.get("/health/live", pages.live),
            web.get("/health/ready", pages.ready),
        ]
    )
    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=1.0)
    await runner.setup()
    try:
        site = web.TCPSite(runner, *address)
        await site.start()
        host, port = runner.addresses[0][:2]
        log.info("metrics and health at http://%s:%d", host, port)
        yield port
    finally:
        await runner.cleanup()


async def _build() -> Sight:
    return Sight([gauges("assist_build_info", "1; which version runs.", "version", {version("assist"): 1})])


def _registry(metrics: Iterable[Metric]) -> CollectorRegistry:
    """Return what the library's encoders read."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Found(list(metrics)))
    return registry


class _Found:
    """Fulfils the library's `Collector` with what was found."""

    def __init__(self, metrics: list[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        return self._metrics
