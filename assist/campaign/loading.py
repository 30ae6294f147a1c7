"""From a file to a campaign, or to the list of its mistakes."""

import hashlib
import logging
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from assist.assistant import Assistants
from assist.assistant.document import Document, Plain, read
from assist.assistant.explain import explain, suggest
from assist.assistant.mistakes import Mistake
from assist.campaign.declaration import Campaign
from assist.campaign.policy import Policies
from assist.campaign.rules import broken
from assist.errors import ConfigurationError

log = logging.getLogger(__name__)

SUFFIX = ".yaml"

FROM_FILE = ("name", "version")
"""Fields that a file does not write: it is called by its name, and changes with its content."""


def load(path: Path, assistants: Assistants, policies: Policies) -> Campaign:
    """Return the campaign of a file. Raises `ConfigurationError` with every mistake in it."""
    found = inspect(path, assistants, policies)
    if isinstance(found, Campaign):
        return found
    raise ConfigurationError("\n".join(map(str, found)))


def inspect(path: Path, assistants: Assistants, policies: Policies) -> Campaign | list[Mistake]:
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
    mistakes = _broken(found, document, assistants, policies) if isinstance(found, Campaign) else found
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
        campaign = TypeAdapter(Campaign).validate_python({**values, "name": name, "version": version})
    except ValidationError as error:
        return mistakes + [explain(detail, document, Campaign) for detail in error.errors()]
    return mistakes or campaign


def _broken(campaign: Campaign, document: Document, assistants: Assistants, policies: Policies) -> list[Mistake]:
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


@dataclass(frozen=True, slots=True)
class _Kept:
    changed_ns: int
    campaign: Campaign


class Campaigns:
    """The campaigns of a directory, by the names of their files. A changed file counts from the next call on."""

    def __init__(self, directory: Path, assistants: Assistants, policies: Policies) -> None:
        self._directory = directory
        self._assistants = assistants
        self._policies = policies
        self._kept: dict[str, _Kept] = {}

    def names(self) -> list[str]:
        """Return the names there are."""
        return sorted(path.stem for path in self._directory.glob(f"*{SUFFIX}"))

    def get(self, name: str) -> Campaign:
        """Return the campaign as its file is now.

        Raises `ConfigurationError` when there is none or it is wrong, even if it was right before: nobody is called on
        terms that its owner has taken back.
        """
        if name not in self.names():
            raise ConfigurationError(f"{self._directory}: there is no such campaign; {suggest(name, self.names())}")
        path = self._directory / f"{name}{SUFFIX}"
        changed = path.stat().st_mtime_ns
        kept = self._kept.get(name)
        if kept is None or kept.changed_ns != changed:
            kept = self._kept[name] = _Kept(changed, load(path, self._assistants, self._policies))
        return kept.campaign
