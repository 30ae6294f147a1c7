"""What variables can hold, as they are written."""

from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode, SettingsConfigDict


def prefixed(prefix: str) -> SettingsConfigDict:
    return SettingsConfigDict(
        env_prefix=prefix, frozen=True, extra="ignore", env_ignore_empty=True, hide_input_in_errors=True
    )


def _words(value: object) -> object:
    return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value


def no_published_password(value: SecretStr) -> SecretStr:
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
AnyNames: TypeAlias = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)]
Names: TypeAlias = Annotated[AnyNames, Field(min_length=1)]
Address: TypeAlias = Annotated[tuple[str, Port], NoDecode, BeforeValidator(_address)]
Addresses: TypeAlias = Annotated[
    tuple[Annotated[tuple[str, Port], BeforeValidator(_address)], ...], NoDecode, BeforeValidator(_words)
]
Networks: TypeAlias = Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(_words)]
