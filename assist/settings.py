"""What varies from one installation to the next, read once from the environment.

Groups of variables are frozen models; :func:`read_settings` reads them all and reports every mistake at once.
Nothing else in this package looks at the environment.
"""

import difflib
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from pydantic import AliasChoices, SecretStr, ValidationError
from pydantic_settings import BaseSettings

from assist.errors import ConfigurationError
from assist.redaction import hide
from assist.variables.engines import Aws, Deepgram, Engines, Google, OpenAI
from assist.variables.keeping import Files, Redis, Retention
from assist.variables.service import Api, Listen, Logs, Metrics, Tracing, Webhooks, Workers
from assist.variables.switch import Calls, Esl

__all__ = [
    "GROUPS",
    "Api",
    "Aws",
    "Calls",
    "Deepgram",
    "Engines",
    "Esl",
    "Files",
    "Google",
    "Listen",
    "Logs",
    "Metrics",
    "OpenAI",
    "Redis",
    "Retention",
    "Settings",
    "Tracing",
    "Webhooks",
    "Workers",
    "environment",
    "read_settings",
    "secret",
    "variables",
]


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
    _hide_secrets(read.values())
    return Settings(**{_field(group): value for group, value in read.items()})  # type: ignore[arg-type]


def _hide_secrets(read: Iterable[BaseSettings]) -> None:
    """Let none of the secrets that were *read* get into a log."""
    for group in read:
        for name in type(group).model_fields:
            if isinstance(value := getattr(group, name), SecretStr):
                hide(value.get_secret_value())
                hide(_password_in(value.get_secret_value()))


def _password_in(address: str) -> str:
    try:
        return urlsplit(address).password or ""
    except ValueError:
        return ""


def secret(variable: str) -> SecretStr:
    """Return what *variable* holds, a key whose name was written in an assistant. Raises `ConfigurationError`."""
    # Whoever writes an assistant says where the key is sent, too: that must not be any secret of this process.
    if not re.fullmatch(r"[A-Z][A-Z0-9_]*_API_KEY", variable):
        # What was written is not repeated: it may be the key itself.
        raise ConfigurationError("key: is no name of a key: write that of a variable, which ends in _API_KEY")
    if value := os.environ.get(variable):
        hide(value)
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
