"""A collector of traces on loopback, which reads them by OpenTelemetry's own schema."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass(frozen=True, slots=True)
class Received:
    """A span as it arrived; times in nanoseconds since the epoch."""

    name: str
    trace: str
    id: str
    parent: str
    began: int
    ended: int
    kind: int
    failed: bool
    attributes: dict[str, Any]

    @property
    def seconds(self) -> float:
        return (self.ended - self.began) / 1e9


@dataclass(slots=True)
class Collector:
    """What was collected."""

    port: int
    spans: list[Received] = field(default_factory=list)
    service: dict[str, Any] = field(default_factory=dict)
    news: threading.Condition = field(default_factory=threading.Condition)

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def take(self, body: bytes) -> None:
        request = ExportTraceServiceRequest.FromString(body)
        with self.news:
            for resource in request.resource_spans:
                self.service |= _attributes(resource.resource)
                for scope in resource.scope_spans:
                    self.spans += map(_received, scope.spans)
            self.news.notify_all()

    def children(self, of: Received) -> list[Received]:
        """Return the spans within *of*, by when they began."""
        found = [span for span in self.spans if span.parent == of.id and span.trace == of.trace]
        return sorted(found, key=lambda span: (span.began, span.ended))

    def named(self, name: str) -> list[Received]:
        return [span for span in self.spans if span.name == name]


@contextmanager
def collector() -> Iterator[Collector]:
    """Lend one that takes whatever comes."""

    class Taking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/v1/traces"
            collected.take(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Taking) as server:
        collected = Collector(server.server_port)
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        yield collected
        server.shutdown()
        serving.join()


def _received(span: Any) -> Received:
    return Received(
        span.name,
        span.trace_id.hex(),
        span.span_id.hex(),
        span.parent_span_id.hex(),
        span.start_time_unix_nano,
        span.end_time_unix_nano,
        span.kind,
        span.status.code == 2,
        _attributes(span),
    )


def _attributes(of: Any) -> dict[str, Any]:
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in of.attributes}
