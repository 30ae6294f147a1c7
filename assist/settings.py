"""What varies from one installation to the next, read once from the environment.

Groups of variables are frozen models; :func:`read_settings` reads them all and reports every mistake at once.
Nothing else in this package looks at the environment.
"""

import difflib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, AliasChoices, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from assist.errors import ConfigurationError


def _prefixed(prefix: str) -> SettingsConfigDict:
    return SettingsConfigDict(
        env_prefix=prefix, frozen=True, extra="ignore", env_ignore_empty=True, hide_input_in_errors=True
    )


def _words(value: object) -> object:
    return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value


def _no_published_password(value: SecretStr) -> SecretStr:
    if value.get_secret_value() in {"ClueCon", "1234"}:
        raise ValueError("is the password FreeSWITCH is published with, which everybody knows: choose another")
    return value


def _address(value: object) -> object:
    if not isinstance(value, str):
        return value
    host, _, port = value.rpartition(":")
    if not host or not port.isdigit():
        raise ValueError("is no address: write host:port, as 10.0.0.1:8021")
    return host.strip("[]"), port


Folder: TypeAlias = Annotated[Path, AfterValidator(Path.expanduser)]
Port: TypeAlias = Annotated[int, Field(ge=1, le=65535)]
Names: TypeAlias = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words), Field(min_length=1)]
Addresses: TypeAlias = Annotated[
    tuple[Annotated[tuple[str, Port], BeforeValidator(_address)], ...], NoDecode, BeforeValidator(_words)
]
Networks: TypeAlias = Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(_words)]


class Listen(BaseSettings):
    """Where FreeSWITCH finds the workers (``ASSIST_LISTEN_*``)."""

    model_config = _prefixed("ASSIST_LISTEN_")

    host: str = "127.0.0.1"
    port: Port = 8084
    peers: Networks = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))
    """Who may connect: the Event Socket's outbound side has no password. Separated by commas or spaces."""


class Workers(BaseSettings):
    """The processes that hold the calls (``ASSIST_WORKERS_*``)."""

    model_config = _prefixed("ASSIST_WORKERS_")

    count: int = Field(default=2, ge=2)
    """At least two: one goes on with the calls of the other."""
    calls: int = Field(default=50, ge=1)
    """Calls at once in one worker; a full one stops listening."""
    drain: float = Field(default=60.0, ge=0.0)
    """Seconds that calls may go on after the request to stop."""


class Engines(BaseSettings):
    """Which engines do what, unless an assistant says otherwise (``ASSIST_STT``, ``ASSIST_LLM``, ``ASSIST_TTS``).

    In the order in which they are tried.
    """

    model_config = _prefixed("ASSIST_")

    stt: Names = ("whisper",)
    llm: Names = ("flow",)
    tts: Names = ("pico",)
    last_resort: bool = True
    """Add the engines that need no network to the end of every list: they take over when everything else is down."""


class OpenAI(BaseSettings):
    """The OpenAI API, or a server that speaks it (``OPENAI_*``)."""

    model_config = _prefixed("OPENAI_")

    api_key: SecretStr | None = None
    base_url: str | None = None
    """Without it OpenAI's own, which needs a key."""
    model: str = Field(default="gpt-4.1", validation_alias="ASSIST_OPENAI_MODEL")


class Deepgram(BaseSettings):
    """Deepgram (``DEEPGRAM_*``)."""

    model_config = _prefixed("DEEPGRAM_")

    api_key: SecretStr | None = None


class Google(BaseSettings):
    """Google Cloud (``GOOGLE_*``)."""

    model_config = _prefixed("GOOGLE_")

    application_credentials: Path | None = None
    """The key file of a service account, or another file that Google's libraries take for one."""
    cloud_project: str | None = None
    """Without it the one in the key file."""


class Aws(BaseSettings):
    """Amazon Web Services (``AWS_*``); Amazon's own library finds the keys as it always does."""

    model_config = _prefixed("AWS_")

    region: str | None = None
    """Without it the one of the profile."""


class Esl(BaseSettings):
    """FreeSWITCH's own Event Socket, for placing calls (``ASSIST_ESL_*``)."""

    model_config = _prefixed("ASSIST_ESL_")

    host: str = "127.0.0.1"
    port: Port = 8021
    password: Annotated[SecretStr, AfterValidator(_no_published_password)] | None = None
    nodes: Addresses = ()
    """Where several FreeSWITCHes place the calls of campaigns, as ``10.0.0.1:8021``; all have the same password."""

    @property
    def addresses(self) -> tuple[tuple[str, int], ...]:
        """Of all FreeSWITCHes that place the calls of campaigns."""
        return self.nodes or ((self.host, self.port),)


class Redis(BaseSettings):
    """Where the state of calls lives (``REDIS_URL``) and how long what was said is kept (``ASSIST_RETENTION_DAYS``)."""

    model_config = _prefixed("ASSIST_")

    url: SecretStr | None = Field(default=None, validation_alias="REDIS_URL")
    """Without it an embedded server, shared by all verbs. Secret, since it may hold a password."""
    retention_days: float = Field(default=30.0, gt=0.0)
    durable: Literal["memory", "aof", "replica"] = "aof"
    """How safe it must be in Redis that a number is being dialed, before it is: ``assist.campaign.ledger``."""
    speech_cache_mb: int = Field(default=256, ge=0)
    """For sentences that were said before, or rendered ahead; a minute takes one."""

    @property
    def retention(self) -> timedelta:
        """How long words that were said stay readable; the history of calls, which holds none, stays."""
        return timedelta(days=self.retention_days)

    @property
    def speech_room(self) -> int:
        """Bytes for sentences."""
        return self.speech_cache_mb * 1_000_000


class Files(BaseSettings):
    """Directories and programs (``ASSIST_MEDIA_DIR`` and so on)."""

    model_config = _prefixed("ASSIST_")

    media_dir: Folder = Path("/dev/shm/assist")
    """In memory, and the same directory for FreeSWITCH: the ears and voices of calls."""
    state_dir: Folder = Field(
        default=Path("~/.local/state/assist"),
        validate_default=True,
        validation_alias=AliasChoices("ASSIST_STATE_DIR", "STATE_DIRECTORY"),
    )
    """Of the embedded Redis; systemd gives it as ``STATE_DIRECTORY``."""
    assistants_dir: Folder = Path("config/assistants")
    campaigns_dir: Folder = Path("config/campaigns")
    policies_dir: Folder = Path("config/policies")
    """What each country allows campaigns."""
    trunks: Folder = Path("config/trunks.yaml")
    """What each carrier allows campaigns."""
    prices: Folder = Path("config/prices.yaml")
    """What engines cost."""
    recordings_dir: Folder | None = None
    """Where stereo recordings are kept; without it none are."""
    freeswitch: Folder | None = None
    """The FreeSWITCH program; without it the one on the PATH."""


class Logs(BaseSettings):
    """What this program writes on standard error (``ASSIST_LOG_*``)."""

    model_config = _prefixed("ASSIST_LOG_")

    format: Literal["auto", "json", "text"] = "auto"
    """``auto``: text at a terminal, and one JSON object a line for anything else."""


class Tracing(BaseSettings):
    """Where traces of calls go (``OTEL_*``); the library that sends them reads more of such variables itself."""

    model_config = _prefixed("OTEL_")

    endpoint: str | None = Field(default=None, validation_alias="OTEL_EXPORTER_OTLP_ENDPOINT")
    """Of a collector, as ``http://127.0.0.1:4318``; without it nothing is traced."""
    service_name: str = "assist"
    content: bool = Field(default=False, validation_alias="ASSIST_TRACE_CONTENT")
    """Put what was said into the traces."""


class Retention(BaseSettings):
    """How many days what is personal is kept, besides what was said (``ASSIST_*_DAYS``)."""

    model_config = _prefixed("ASSIST_")

    recordings_days: float = Field(default=30.0, gt=0.0)
    history_days: float = Field(default=365.0, gt=0.0)
    """Of calls, without words; and which number was called how often."""
    contacts_days: float = Field(default=90.0, gt=0.0)
    """After the end of their campaign."""
    audit_days: float = Field(default=730.0, gt=0.0)
    """Of who did what."""


class Api(BaseSettings):
    """The REST API (``ASSIST_API_*``)."""

    model_config = _prefixed("ASSIST_API_")

    listen: Annotated[tuple[str, Port], BeforeValidator(_address), NoDecode] | None = None
    """Where, as ``127.0.0.1:8085``; without it `assist serve` has no API, and `assist api` listens there."""
    rate: float = Field(default=50.0, gt=0.0)
    """Requests per second of one key; twice as many at once."""
    body_mb: float = Field(default=1.0, gt=0.0)
    """Of one request, but for the lists of campaigns."""
    list_mb: float = Field(default=200.0, gt=0.0)
    """Of a list to be imported."""
    watchers: int = Field(default=2000, ge=1)
    """Streams of events at once."""


class Calls(BaseSettings):
    """Whom the API may call, and how often (``ASSIST_CALLS_*``)."""

    model_config = _prefixed("ASSIST_CALLS_")

    country: str = Field(default="ES", pattern="^[A-Z]{2}$")
    """It may be called, and numbers without a country code are taken to be there."""
    countries: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)] = ()
    """Others that may be called."""
    prefixes: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)] = ()
    """Besides the countries, as ``+3491``."""
    kinds: Names = ("fixed", "mobile", "fixed_or_mobile")
    """Of numbers: others cost more, as ``premium`` and ``shared_cost``."""
    gateway: str = "carrier"
    """Of FreeSWITCH's configuration."""
    shown: str | None = Field(default=None, pattern=r"^\+[1-9]\d{6,14}$")
    """The number that the called see; without it the gateway's own."""
    ring_seconds: int = Field(default=45, ge=5, le=120)
    per_day: int = Field(default=1000, ge=0)
    """Calls in a day, in UTC."""
    per_number: int = Field(default=5, ge=0)
    """In a day, to one number."""
    usd_per_day: float = Field(default=50.0, ge=0.0)
    """Of all calls that are over, whoever placed them: then the API places no more."""


class Metrics(BaseSettings):
    """Where this process tells how it is (``ASSIST_METRICS_*``)."""

    model_config = _prefixed("ASSIST_METRICS_")

    listen: Annotated[tuple[str, Port], BeforeValidator(_address), NoDecode] | None = None
    """Where, as ``127.0.0.1:9464``: numbers for Prometheus, and health checks; without it nowhere."""


class Webhooks(BaseSettings):
    """Telling other systems what happens (``ASSIST_WEBHOOKS_*``)."""

    model_config = _prefixed("ASSIST_WEBHOOKS_")

    loopback: bool = False
    """Let addresses of this machine be told, without TLS too: for trying it out."""
    log_days: float = Field(default=30.0, gt=0.0)
    """How long deliveries can be looked up; they hold ids and results, no words and no numbers."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that may vary, by group."""

    listen: Listen
    workers: Workers
    engines: Engines
    openai: OpenAI
    deepgram: Deepgram
    google: Google
    aws: Aws
    esl: Esl
    redis: Redis
    files: Files
    logs: Logs
    tracing: Tracing
    retention: Retention
    api: Api
    calls: Calls
    metrics: Metrics
    webhooks: Webhooks


GROUPS: tuple[type[BaseSettings], ...] = (
    Listen,
    Workers,
    Engines,
    OpenAI,
    Deepgram,
    Google,
    Aws,
    Esl,
    Redis,
    Files,
    Logs,
    Tracing,
    Retention,
    Api,
    Calls,
    Metrics,
    Webhooks,
)


def read_settings(*needed: str) -> Settings:
    """Return the settings of this process's environment; the variables *needed* must be there.

    Raises one `ConfigurationError` with a line for each variable that is missing, misspelt or wrong. The values
    themselves are not repeated: they may be secrets.
    """
    read: dict[type[BaseSettings], BaseSettings] = {}
    mistakes = [f"{name}: is missing: set it" for name in needed if not os.environ.get(name)]
    mistakes += _misspelt()
    for group in GROUPS:
        try:
            read[group] = group()
        except ValidationError as error:
            mistakes += _explained(group, error)
    if mistakes:
        raise ConfigurationError("\n".join(mistakes))
    return Settings(**{_field(group): value for group, value in read.items()})  # type: ignore[arg-type]


def secret(variable: str) -> SecretStr:
    """Return what *variable* holds, a key whose name was written in an assistant. Raises `ConfigurationError`."""
    # Whoever writes an assistant says where the key is sent, too: that must not be any secret of this process.
    if not re.fullmatch(r"[A-Z][A-Z0-9_]*_API_KEY", variable):
        # What was written is not repeated: it may be the key itself.
        raise ConfigurationError("key: is no name of a key: write that of a variable, which ends in _API_KEY")
    if value := os.environ.get(variable):
        return SecretStr(value)
    raise ConfigurationError(f"{variable}: is missing: set it")


def _field(group: type[BaseSettings]) -> str:
    return group.__name__.lower()


def _variables(group: type[BaseSettings]) -> Iterator[tuple[str, str]]:
    """Yield each field of *group* with the variable that sets it."""
    for name, field in group.model_fields.items():
        alias = field.validation_alias
        first = alias.choices[0] if isinstance(alias, AliasChoices) else alias
        yield name, str(first or f"{group.model_config.get('env_prefix', '')}{name}".upper())


def _explained(group: type[BaseSettings], error: ValidationError) -> Iterator[str]:
    by_field = dict(_variables(group))
    for detail in error.errors(include_url=False, include_input=False):
        name = str(detail["loc"][0])
        what = detail["msg"].removeprefix("Value error, ")
        yield f"{by_field.get(name, name)}: {what[0].lower()}{what[1:]}"


def _misspelt() -> Iterator[str]:
    known = variables()
    # Other names that begin so are for other programs, such as FreeSWITCH's configuration.
    for name in sorted(name for name in os.environ if name.startswith("ASSIST_") and name not in known):
        if near := difflib.get_close_matches(name, known, 1, 0.9):
            yield f"{name}: is no setting: write {near[0]}"


def variables() -> list[str]:
    """Return the names of all variables that are settings."""
    return [variable for group in GROUPS for _, variable in _variables(group)]


def environment(**changes: str) -> dict[str, str]:
    """Return this process's environment with *changes*, for a child of it."""
    return {**os.environ, **changes}
