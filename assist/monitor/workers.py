"""The workers of a parent, as the numbers tell that they keep."""

import asyncio
from collections.abc import Iterable, Mapping

from prometheus_client import Gauge, Metric

from assist.metrics import CALLS_CAPACITY, PROVIDER_CIRCUIT
from assist.monitor.crew import Crew
from assist.monitor.sight import Look, Sight
from assist.provider import Kind
from assist.provider.circuit import State


def workers_look(crew: Crew) -> Look:
    """Return what looks at the workers of *crew*."""

    async def look() -> Sight:
        return seen(await asyncio.to_thread(crew.collect))

    return look


def seen(metrics: Iterable[Metric]) -> Sight:
    """Return what those *metrics* say of the workers: whether any takes calls, and has an engine of each kind.

    One that is full takes none just now and is well.
    """
    found = list(metrics)
    by_name = {metric.name: metric for metric in found}
    capacity = _samples(by_name, CALLS_CAPACITY)
    circuits = _samples(by_name, PROVIDER_CIRCUIT)
    usable = {labels["op"] for labels, state in circuits if state < State.OPEN}
    takes = sum(value for _, value in capacity) > 0
    checks = {"workers": takes, **{str(kind): kind in usable for kind in Kind}}
    return Sight(found, checks)


def _samples(metrics: Mapping[str, Metric], gauge: Gauge) -> list[tuple[dict[str, str], float]]:
    metric = metrics.get(next(iter(gauge.describe())).name)
    return [(sample.labels, sample.value) for sample in metric.samples] if metric else []
