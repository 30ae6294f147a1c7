"""The way of spans to a collector, by OTLP over HTTP. Needs the packages of the extra "otel".

They are sent by a thread of their own from a queue with an end: where a collector does not answer, the oldest spans are
lost, and nobody waits.
"""

import logging
import os
import socket
import threading
from typing import Final

import requests
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_INSTANCE_ID, SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import IdGenerator, RandomIdGenerator
from opentelemetry.trace import Span as Sent
from opentelemetry.trace import SpanKind, Status, StatusCode, set_span_in_context

from assist.settings import Tracing
from assist.tracing.context import ids
from assist.tracing.spans import OPERATIONS, About, Span

MOST_WAITING: Final = 4096
"""Spans: some minutes of fifty calls."""
LAST_WORDS: Final = 2.0
"""Seconds for what still waits when the process ends."""

_OF_ENGINES: Final = frozenset(OPERATIONS.values())


class Exporter:
    """Sends the spans of all calls of a process."""

    def __init__(self, settings: Tracing) -> None:
        self._ids = _Ids()
        resource = Resource.create(
            {SERVICE_NAME: settings.service_name, SERVICE_INSTANCE_ID: f"{socket.gethostname()}-{os.getpid()}"}
        )
        self._provider = TracerProvider(resource=resource, id_generator=self._ids, shutdown_on_exit=False)
        # Of each batch that is not taken, once is told enough.
        logging.getLogger("opentelemetry.exporter").setLevel(logging.ERROR)
        self._session = requests.Session()
        endpoint = f"{(settings.endpoint or '').rstrip('/')}/v1/traces"
        exporter = OTLPSpanExporter(endpoint, session=self._session)
        self._provider.add_span_processor(BatchSpanProcessor(exporter, max_queue_size=MOST_WAITING))
        self._tracer = self._provider.get_tracer("assist")

    def begin(self, about: About, began: float) -> Sent:
        """Return the span of a whole call, to be ended; whoever takes the call over gets the same."""
        name, attributes = about.root
        self._ids.next = ids(about.call)
        kind = SpanKind.SERVER if about.direction == "inbound" else SpanKind.CLIENT
        return self._tracer.start_span(name, Context(), kind=kind, attributes=attributes, start_time=_ns(began))

    def send(self, span: Span, within: Sent) -> None:
        """Send *span* and its children, which happened *within* another."""
        context = set_span_in_context(within, Context())
        kind = SpanKind.CLIENT if span.attributes.get("gen_ai.operation.name") in _OF_ENGINES else SpanKind.INTERNAL
        sent = self._tracer.start_span(
            span.name, context, kind=kind, attributes=span.attributes, start_time=_ns(span.began)
        )
        for child in span.children:
            self.send(child, sent)
        if span.error:
            self.fail(sent, span.error)
        sent.end(_ns(span.ended))

    @staticmethod
    def fail(span: Sent, error: str) -> None:
        """Mark *span* as failed by a kind of error."""
        span.set_attribute("error.type", error)
        span.set_status(Status(StatusCode.ERROR))

    def close(self) -> None:
        """Send what still waits, if that is soon."""
        # The process must not wait for a thread that a collector keeps waiting.
        closing = threading.Thread(target=self._provider.shutdown, daemon=True)
        closing.start()
        closing.join(LAST_WORDS)
        self._session.close()


class _Ids(IdGenerator):
    """Chance, but for the ids that are told to be *next*."""

    def __init__(self) -> None:
        self._chance = RandomIdGenerator()
        self.next: tuple[int, int] | None = None

    def generate_trace_id(self) -> int:
        return self.next[0] if self.next else self._chance.generate_trace_id()

    def generate_span_id(self) -> int:
        chosen, self.next = self.next, None
        return chosen[1] if chosen else self._chance.generate_span_id()


def _ns(seconds: float) -> int:
    return round(seconds * 1_000_000_000)
