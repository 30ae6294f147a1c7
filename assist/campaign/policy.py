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
from assist.campaign.group import known_place
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
    """The policies there are, by country. One for all of a process: a change counts from its next start on."""

    def __init__(self, policies: Mapping[str, Policy]) -> None:
        """Know *policies* by country (ISO 3166), and that of all others by `DEFAULT`."""
        self._policies = policies

    def of(self, country: str) -> Policy:
        """Return what holds in *country*."""
        return self._policies.get(country, self._policies[DEFAULT])


def load_policies(directory: Path) -> Policies:
    """Return the policies of a directory. Raises `ConfigurationError` with every mistake in any of its files."""
    found = {path: inspect(path) for path in sorted(directory.glob("*.yaml"))}
    mistakes = [str(mistake) for found_in in found.values() if isinstance(found_in, list) for mistake in found_in]
    policies = {_country(path.stem): policy for path, policy in found.items() if isinstance(policy, Policy)}
    if not mistakes and DEFAULT not in policies:
        mistakes = [f"{directory}: there is no {DEFAULT}.yaml; write one, for the countries that have none"]
    if mistakes:
        raise ConfigurationError("\n".join(mistakes))
    return Policies(policies)


def _country(name: str) -> str:
    return name if name == DEFAULT else name.upper()


def inspect(path: Path) -> Policy | list[Mistake]:
    """Return the policy of a file, or all its mistakes by line."""
    try:
        document = read(str(path), path.read_bytes())
    except OSError as error:
        return [Mistake(str(path), 1, "", f"it cannot be read: {error.strerror}", "check the permissions")]
    if not isinstance(document.values, dict):
        empty = Mistake(str(path), 1, "", "there is no policy in it", "start from one in config/policies")
        return list(document.mistakes) or [empty]
    try:
        policy = TypeAdapter(Policy).validate_python(document.values)
    except ValidationError as error:
        found = [explain(detail, document, Policy) for detail in error.errors()]
        return sorted([*document.mistakes, *found], key=lambda mistake: mistake.line)
    return [*document.mistakes, *_left_out(policy, document, _country(path.stem))] or policy


def _left_out(policy: Policy, document: Document, country: str) -> Iterator[Mistake]:
    if country != DEFAULT:
        try:
            known_place(country)
        except ValueError:
            mend = f"call it by the two letters of a country, as es.yaml, or {DEFAULT}.yaml"
            yield document.mistake((), "the name of the file is no country whose holidays are known", mend)
    for purpose in Purpose:
        if purpose not in policy.purposes:
            yield document.mistake(("purposes",), f"{purpose} is missing", f"write {purpose}: with its hours")
