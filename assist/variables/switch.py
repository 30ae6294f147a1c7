"""FreeSWITCH, and the calls that it is asked for."""

from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import BaseSettings

from assist.variables.fields import Addresses, AnyNames, Names, Port, no_published_password, prefixed


class Esl(BaseSettings):
    """FreeSWITCH's own Event Socket, for placing calls (``ASSIST_ESL_*``)."""

    model_config = prefixed("ASSIST_ESL_")

    host: str = "127.0.0.1"
    port: Port = 8021
    password: Annotated[SecretStr, AfterValidator(no_published_password)] | None = None
    nodes: Addresses = ()
    """Where several FreeSWITCHes place the calls of campaigns, as ``10.0.0.1:8021``; all have the same password."""

    @property
    def addresses(self) -> tuple[tuple[str, int], ...]:
        """Of all FreeSWITCHes that place the calls of campaigns."""
        return self.nodes or ((self.host, self.port),)


class Calls(BaseSettings):
    """Whom single calls may go to, and how often (``ASSIST_CALLS_*``)."""

    model_config = prefixed("ASSIST_CALLS_")

    country: str = Field(default="ES", pattern="^[A-Z]{2}$")
    """It may be called, and numbers without a country code are taken to be there."""
    countries: AnyNames = ()
    """Others that may be called."""
    prefixes: AnyNames = ()
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
    """Of all calls that are over, whoever placed them: then no single call is placed."""
