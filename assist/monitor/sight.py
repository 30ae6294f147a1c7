"""What is looked at when somebody asks, rather than counted as it happens."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily

LIMIT: Final = 4.0
"""Seconds: who asks waits for five, or for ten."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What one look found."""

    metrics: Sequence[Metric] = ()
    checks: Mapping[str, bool] = field(default_factory=dict)
    """What must be well before calls are sent here, by name."""


Look: TypeAlias = Callable[[], Coroutine[Any, Any, Sight]]
"""Never raises: what cannot be reached is not well. What is slow is given up, and must say so by itself."""


class Complaint:
    """Logs what is wrong once, though it is found at every look."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._said = ""

    def __call__(self, what: str = "") -> None:
        """Take what is wrong now; nothing: all is well."""
        if what and what != self._said:
            self._log.warning("%s", what)
        self._said = what


async def look_at_all(looks: Iterable[Look]) -> Sight:
    """Return what all of *looks* found, taken side by side."""
    sights = await asyncio.gather(*(look() for look in looks))
    metrics = [metric for sight in sights for metric in sight.metrics]
    return Sight(metrics, {name: well for sight in sights for name, well in sight.checks.items()})


def gauge(name: str, help_: str, value: float) -> Metric:
    """Return one number."""
    return GaugeMetricFamily(name, help_, value)


def gauges(name: str, help_: str, label: str, values: Mapping[str, float]) -> Metric:
    """Return one number for each value of *label*."""
    family = GaugeMetricFamily(name, help_, labels=[label])
    for of, value in values.items():
        family.add_metric([of], value)
    return family
