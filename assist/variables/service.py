"""The processes of an installation: where they listen, what they tell, what they are asked."""

from ipaddress import IPv4Network, IPv6Network
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings

from assist.variables.fields import Address, Networks, Port, prefixed


class Listen(BaseSettings):
    """Where FreeSWITCH finds the workers (``ASSIST_LISTEN_*``)."""

    model_config = prefixed("ASSIST_LISTEN_")

    host: str = "127.0.0.1"
    port: Port = 8084
    peers: Networks = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))
    """Who may connect: the Event Socket's outbound side has no password. Separated by commas or spaces."""


class Workers(BaseSettings):
    """The processes that hold the calls (``ASSIST_WORKERS_*``)."""

    model_config = prefixed("ASSIST_WORKERS_")

    count: int = Field(default=2, ge=2)
    """At least two: one goes on with the calls of the other."""
    calls: int = Field(default=50, ge=1)
    """Calls at once in one worker; a full one stops listening."""
    drain: float = Field(default=60.0, ge=0.0)
    """Seconds that calls may go on after the request to stop."""


class Api(BaseSettings):
    """The REST API (``ASSIST_API_*``)."""

    model_config = prefixed("ASSIST_API_")

    listen: Address | None = None
    """Where, as ``127.0.0.1:8085``; without it `assist serve` has no API, and `assist api` listens there."""
    rate: float = Field(default=50.0, gt=0.0)
    """Requests per second of one key; twice as many at once."""
    body_mb: float = Field(default=1.0, gt=0.0)
    """Of one request, but for the lists of campaigns."""
    list_mb: float = Field(default=200.0, gt=0.0)
    """Of a list to be imported."""
    watchers: int = Field(default=2000, ge=1)
    """Streams of events at once."""


class Metrics(BaseSettings):
    """Where this process tells how it is (``ASSIST_METRICS_*``)."""

    model_config = prefixed("ASSIST_METRICS_")

    listen: Address | None = None
    """Where, as ``127.0.0.1:9464``: numbers for Prometheus, and health checks; without it nowhere."""


class Logs(BaseSettings):
    """What this program writes on standard error (``ASSIST_LOG_*``)."""

    model_config = prefixed("ASSIST_LOG_")

    format: Literal["auto", "json", "text"] = "auto"
    """``auto``: text at a terminal, and one JSON object a line for anything else."""


class Tracing(BaseSettings):
    """Where traces of calls go (``OTEL_*``); the library that sends them reads more of such variables itself."""

    model_config = prefixed("OTEL_")

    endpoint: str | None = Field(default=None, validation_alias="OTEL_EXPORTER_OTLP_ENDPOINT")
    """Of a collector, as ``http://127.0.0.1:4318``; without it nothing is traced."""
    service_name: str = "assist"
    content: bool = Field(default=False, validation_alias="ASSIST_TRACE_CONTENT")
    """Put what was said into the traces."""

    @property
    def on(self) -> bool:
        """Calls are traced."""
        return self.endpoint is not None


class Webhooks(BaseSettings):
    """Telling other systems what happens (``ASSIST_WEBHOOKS_*``)."""

    model_config = prefixed("ASSIST_WEBHOOKS_")

    loopback: bool = False
    """Let addresses of this machine be told, without TLS too: for trying it out."""
    log_days: float = Field(default=30.0, gt=0.0)
    """How long deliveries can be looked up; they hold ids and results, no words and no numbers."""
