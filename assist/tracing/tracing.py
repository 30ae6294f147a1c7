"""Traces of the calls of a process, if somebody collects them; otherwise nothing, at no cost."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from assist.call.events import Event
from assist.errors import AssistError, ConfigurationError
from assist.provider.bill import Bill, Item
from assist.settings import Tracing as Settings
from assist.tracing.spans import About, Trace

if TYPE_CHECKING:
    from opentelemetry.trace import Span as Sent

    from assist.tracing.exporting import Exporter

log = logging.getLogger(__name__)


class Untraced:
    """A call whose trace nobody collects."""

    bill: Bill | None = None
    """What its engines are put on, once it is known."""

    def note(self, event: Event) -> None:
        """Take what happens in the call; returns at once."""


class Traced:
    """A call whose trace goes to *exporter*, within *root*."""

    def __init__(self, exporter: "Exporter", root: "Sent", trace: Trace) -> None:
        self._exporter = exporter
        self._root = root
        self._trace = trace
        self.bill: Bill | None = None

    def note(self, event: Event) -> None:
        """See `Untraced`."""
        if span := self._trace.feed(event, time.time(), self.bill.items if self.bill else ()):
            self._exporter.send(span, self._root)

    def end(self, error: str = "") -> None:
        """The call is over, or cannot be held any longer for that kind of *error*."""
        self._root.set_attributes({"assist.call.turns": self._trace.turns, "assist.call.cause": self._trace.cause})
        if self.bill:
            self._root.set_attribute("assist.call.cost_usd", float(self.bill.cost_usd))
        if error:
            self._exporter.fail(self._root, error)
        self._root.end()


class Tracing:
    """Traces calls."""

    def __init__(self, exporter: "Exporter | None" = None, *, content: bool = False) -> None:
        """*content*: what was said goes into the traces."""
        self._exporter = exporter
        self._content = content

    @asynccontextmanager
    async def call(self, about: About, began: float, spent: Iterable[Item] = ()) -> AsyncIterator[Traced | Untraced]:
        """Trace the call that is held in the block. *spent*: what another worker had on its bill."""
        if self._exporter is None:
            yield Untraced()
            return
        trace = Trace(about, self._content)
        trace.resume(spent)
        traced = Traced(self._exporter, self._exporter.begin(about, began), trace)
        try:
            yield traced
        except AssistError as error:
            traced.end(type(error).__name__)
            raise
        # Of a call that is cancelled here another worker ends the span.
        traced.end()


@asynccontextmanager
async def open_tracing(settings: Settings) -> AsyncIterator[Tracing]:
    """Lend the tracing of a process. Raises `ConfigurationError` if it is wanted and packages are missing."""
    if settings.endpoint is None:
        yield Tracing()
        return
    exporter = await asyncio.to_thread(_exporter, settings)
    log.info("traces are sent%s", ", with what was said" if settings.content else "")
    try:
        yield Tracing(exporter, content=settings.content)
    finally:
        await asyncio.to_thread(exporter.close)


def _exporter(settings: Settings) -> "Exporter":
    # A fifth of a second and some megabytes, which nobody pays who wants no traces.
    try:
        from assist.tracing.exporting import Exporter
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f'OTEL_EXPORTER_OTLP_ENDPOINT: the package {error.name} is missing: pip install "assist[otel]"'
        ) from error
    return Exporter(settings)
