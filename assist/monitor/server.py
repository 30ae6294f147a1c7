"""Where numbers and health are asked for: ``/metrics``, ``/health/live``, ``/health/ready``."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Final

from aiohttp import web
from prometheus_client import CollectorRegistry, Metric
from prometheus_client.exposition import choose_encoder

from assist.aio import end
from assist.monitor.sight import Look, Sight, gauges, look_at_all

log = logging.getLogger(__name__)

AGAIN: Final = 2.0
"""Seconds between two attempts at an address that is taken."""


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
async def monitoring(address: tuple[str, int] | None, looks: Sequence[Look]) -> AsyncIterator[asyncio.Future[int]]:
    """Answer at *address* while the block lasts, as soon as that is free; nowhere if there is none. Yields the port.

    During an upgrade the one before has it for a while; and calls are worth more than what is told of them.
    """
    port: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    if address is None:
        yield port
        return
    runner = web.AppRunner(_application(looks), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    binding = asyncio.create_task(_bind(runner, address, port), name="metrics")
    try:
        yield port
    finally:
        await end(binding)
        await runner.cleanup()


def _application(looks: Sequence[Look]) -> web.Application:
    pages, application = Pages(looks), web.Application()
    application.add_routes(
        [
            web.get("/metrics", pages.metrics),
            web.get("/health/live", pages.live),
            web.get("/health/ready", pages.ready),
        ]
    )
    return application


async def _bind(runner: web.AppRunner, address: tuple[str, int], port: asyncio.Future[int]) -> None:
    complained = False
    while True:
        site = web.TCPSite(runner, *address)
        try:
            await site.start()
        except OSError as error:
            if not complained:
                log.error("nobody can ask how this process is until this is mended: ASSIST_METRICS_LISTEN: %s", error)
            complained = True
            await site.stop()
            await asyncio.sleep(AGAIN)
            continue
        host, bound = runner.addresses[-1][:2]
        log.info("metrics and health at http://%s:%d", host, bound)
        port.set_result(bound)
        return


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
