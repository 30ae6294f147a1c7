"""What a country's law, or good manners, allow a campaign: one file each. Not legal advice."""

from collections.abc import Iterator, Mapping
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from assist.assistant.document import Document, read
from assist.assistant.explain import explain
from assist.assistant.hours import STRICT
from assist.assistant.mistakes import Mistake
from assist.assistant.script import Texts
from assist.campaign.model import Caps
from assist.campaign.numbers import Kind
from assist.campaign.week import Week
from assist.errors import ConfigurationError

DEFAULT = "default"
"""Name of the policy of countries that have none."""


class Purpose(StrEnum):
    """What a campaign calls for."""

    MARKETING = "marketing"
    """To sell, to offer, to ask about buying."""
    SERVICE = "service"
    """About something the person already has with whoever calls: an appointment, a delivery."""
    COLLECTION = "collection"
    """About a debt."""


class Holidays(StrEnum):
    """On which public holidays nobody is called."""

    NONE = "none"
    COUNTRY = "country"
    """On those of the whole country."""
    REGION = "region"
    """On those of the region, too; of all regions, as long as nobody knows where the person lives."""


class Say(StrEnum):
    """What the first words of a call must tell."""

    AUTOMATIC = "automatic"
    """That no person speaks."""
    CALLER = "caller"
    """Who calls."""
    OPT_OUT = "opt_out"
    """Which key to press so as not to be called again."""


SHOWN = (Kind.FIXED, Kind.MOBILE, Kind.FIXED_OR_MOBILE, Kind.VOIP, Kind.TOLL_FREE)
"""What calls may show unless the policy says otherwise."""


@dataclass(frozen=True, slots=True, config=STRICT)
class Terms:
    """How people may be called for one purpose."""

    hours: Week
    """By their own clock."""
    holidays: Holidays = Holidays.REGION
    closed: tuple[date, ...] = ()
    """Other days without calls."""
    caps: Caps = Caps()
    consent: bool = True
    """Nobody is called without a record that he agreed."""
    registry_days: Annotated[int, Field(ge=1)] | None = 30
    """How old the copy of the official do-not-call registry may be when a campaign starts; None: none is needed."""
    greeting: tuple[Say, ...] = tuple(Say)


@dataclass(frozen=True, slots=True, config=STRICT)
class Policy:
    """What holds in one country."""

    purposes: Mapping[Purpose, Terms]
    """All of them."""
    caller_ids: tuple[Kind, ...] = SHOWN
    """What kind of number a call may show."""
    opt_out: Mapping[str, Texts] = Field(default_factory=dict)
    """Words with which people ask not to be called again, by language."""


class Policies:
    """The policies of a directory, by country. Read once: a change counts from the next start on."""

    def __init__(self, directory: Path) -> None:
        """Raise `ConfigurationError` with every mistake in any of the files."""
        self._policies: dict[str, Policy] = {}
        mistakes: list[Mistake] = []
        for path in sorted(directory.glob("*.yaml")):
            found = inspect(path)
            if isinstance(found, Policy):
                self._policies[path.stem] = found
            else:
                mistakes += found
        if mistakes:
            raise ConfigurationError("\n".join(map(str, mistakes)))
        if DEFAULT not in self._policies:
            raise ConfigurationError(
                f"{directory}: there is no {DEFAULT}.yaml; write one, for countries without a file"
            )

    def of(self, country: str) -> Policy:
        """Return what holds in *country* (ISO 3166)."""
        return self._policies.get(country.lower(), self._policies[DEFAULT])


def inspect(path: Path) -> Policy | list[Mistake]:
    """Return the policy of a file, or all its mistakes by line."""
    try:
        document = read(str(path), path.read_bytes())
    except OSError as error:
        return [Mistake(str(path), 1, "", f"it cannot be read: {error.strerror}", "check the permissions")]
    try:
        policy = TypeAdapter(Policy).validate_python(document.values)
    except ValidationError as error:
        found = [explain(detail, document, Policy) for detail in error.errors()]
        return sorted([*document.mistakes, *found], key=lambda mistake: mistake.line)
    return [*document.mistakes, *_left_out(policy, document)] or policy


def _left_out(policy: Policy, document: Document) -> Iterator[Mistake]:
    for purpose in Purpose:
        if purpose not in policy.purposes:
            yield document.mistake(("purposes",), f"{purpose} is missing", f"write {purpose}: with its hours")
