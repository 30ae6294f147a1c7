"""What a process tells of itself at ``/metrics``, read as Prometheus reads it."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

import aiohttp
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families


class Numbers:
    """Of one scrape."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self.metrics = list(metrics)
        self.samples = [sample for metric in self.metrics for sample in metric.samples]

    def __call__(self, name: str, **labels: str) -> float:
        """Return the sum of all that have these labels; 0 if there is none."""
        return sum(
            sample.value for sample in self.samples if sample.name == name and labels.items() <= sample.labels.items()
        )

    def has(self, name: str) -> bool:
        return any(sample.name == name for sample in self.samples)


async def fetched(port: int, path: str) -> tuple[int, str]:
    """Return the status and the text that a process answers."""
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}{path}") as response:
        return response.status, await response.text()


async def scraped(port: int) -> Numbers:
    status, text = await fetched(port, "/metrics")
    assert status == 200
    return Numbers(text_string_to_metric_families(text))


async def scraped_when(port: int, true: Callable[[Numbers], Any], seconds: float = 20.0) -> Numbers:
    """Return the first numbers for which something is *true*."""
    async with asyncio.timeout(seconds):
        while not true(numbers := await scraped(port)):  # noqa: ASYNC110 -- it tells when it is asked
            await asyncio.sleep(0.05)
    return numbers
