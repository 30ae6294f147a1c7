"""From a file to a campaign, or to the list of its mistakes."""

import hashlib
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from assist.assistant import Assistants
from assist.assistant.document import Document, Plain, read
from assist.assistant.explain import explain, suggest
from assist.assistant.mistakes import Mistake
from assist.campaign.declaration import Campaign
from assist.campaign.policy import Policies
from assist.campaign.rules import broken
from assist.campaign.trunks import Gateway, Trunks
from assist.errors import ConfigurationError

log = logging.getLogger(__name__)

SUFFIX = ".yaml"

FROM_FILE = ("name", "version", "gateway")
"""Fields that a file does not write: its name, what changes with it, and what the trunks' file says."""


def load(path: Path, assistants: Assistants, policies: Policies, gateways: Mapping[str, Gateway]) -> Campaign:
    """Return the campaign of a file. Raises `ConfigurationError` with every mistake in it."""
    found = inspect(path, assistants, policies, gateways)
    if isinstance(found, Campaign):
        return found
    raise ConfigurationError("\n".join(map(str, found)))


def inspect(
    path: Path, assistants: Assistants, policies: Policies, gateways: Mapping[str, Gateway]
) -> Campaign | list[Mistake]:
    """Return the campaign of a file, or all its mistakes by line."""
    try:
        text = path.read_bytes()
    except OSError as error:
        return [Mistake(str(path), 1, "", f"it cannot be read: {error.strerror}", "check the name and the permissions")]
    document = read(str(path), text)
    if not isinstance(document.values, dict):
        empty = Mistake(str(path), 1, "", "there is no campaign in it", "start from one in config/campaigns")
        return list(document.mistakes) or [empty]
    found = _validate(document, document.values, path.stem, hashlib.sha256(text).hexdigest()[:16])
    if isinstance(found, Campaign):
        found = replace(found, gateway=gateways.get(found.trunk.gateway, found.gateway))
        mistakes = [
            *_broken(found, document, assistants, policies, gateways),
            *_strangers(found, document, path.parent),
        ]
    else:
        mistakes = found
    every = [*document.mistakes, *mistakes]
    return sorted(every, key=lambda mistake: mistake.line) if every or not isinstance(found, Campaign) else found


def _validate(document: Document, values: dict[str, Plain], name: str, version: str) -> Campaign | list[Mistake]:
    known = [field for field in Campaign.__dataclass_fields__ if field not in FROM_FILE]
    mistakes = [
        document.mistake((field,), "there is no such field", suggest(field, known))
        for field in FROM_FILE
        if field in values
    ]
    try:
        campaign = TypeAdapter(Campaign).validate_python(
            {**values, "name": name, "version": version, "gateway": Gateway()}
        )
    except ValidationError as error:
        return mistakes + [explain(detail, document, Campaign) for detail in error.errors()]
    return mistakes or campaign


def _broken(
    campaign: Campaign,
    document: Document,
    assistants: Assistants,
    policies: Policies,
    gateways: Mapping[str, Gateway],
) -> list[Mistake]:
    if campaign.trunk.gateway not in gateways:
        mend = f"{suggest(campaign.trunk.gateway, list(gateways))}; or declare it in the trunks' file"
        return [document.mistake(("trunk", "gateway"), "there is no such trunk", mend)]
    try:
        assistant = assistants.get(campaign.assistant)
    except ConfigurationError:
        known = assistants.names()
        if campaign.assistant in known:
            what, mend = "this assistant's file has mistakes", "mend it first: assist check tells them"
        else:
            what, mend = f"there is no assistant {campaign.assistant}", suggest(campaign.assistant, known)
        return [document.mistake(("assistant",), what, mend)]
    return broken(campaign, document, assistant, policies)


def _strangers(campaign: Campaign, document: Document, folder: Path) -> Iterator[Mistake]:
    """Yield the other campaigns that are named and are not there."""
    known = [path.stem for path in folder.glob(f"*{SUFFIX}")]
    for place, name in enumerate(reached.by if (reached := campaign.contacts.not_if_reached) else ()):
        if name not in known:
            at = ("contacts", "not_if_reached", "by", place)
            yield document.mistake(at, "there is no such campaign", suggest(name, known))


@dataclass(frozen=True, slots=True)
class _Kept:
    changed_ns: int
    gateways: Mapping[str, Gateway]
    campaign: Campaign


class Campaigns:
    """The campaigns of a directory, by the names of their files. A changed file counts from the next call on."""

    def __init__(self, directory: Path, assistants: Assistants, policies: Policies, trunks: Trunks) -> None:
        self._directory = directory
        self._assistants = assistants
        self._policies = policies
        self._trunks = trunks
        self._kept: dict[str, _Kept] = {}

    def names(self) -> list[str]:
        """Return the names there are."""
        return sorted(path.stem for path in self._directory.glob(f"*{SUFFIX}"))

    def get(self, name: str) -> Campaign:
        """Return the campaign as its file, and that of the trunks, are now.

        Raises `ConfigurationError` when there is none or it is wrong, even if it was right before: nobody is called on
        terms that its owner has taken back.
        """
        if name not in self.names():
            raise ConfigurationError(f"{self._directory}: there is no such campaign; {suggest(name, self.names())}")
        path = self._directory / f"{name}{SUFFIX}"
        changed, gateways = path.stat().st_mtime_ns, self._trunks.all()
        kept = self._kept.get(name)
        if kept is None or kept.changed_ns != changed or kept.gateways is not gateways:
            campaign = load(path, self._assistants, self._policies, gateways)
            kept = self._kept[name] = _Kept(changed, gateways, campaign)
        return kept.campaign
