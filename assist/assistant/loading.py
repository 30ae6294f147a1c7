"""From a file to an assistant, or to the list of its mistakes."""

import hashlib
import logging
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from assist.assistant.declaration import Assistant
from assist.assistant.defaults import PHRASES
from assist.assistant.document import Document, Plain, read
from assist.assistant.explain import explain, suggest
from assist.assistant.mistakes import Mistake
from assist.assistant.rules import broken
from assist.errors import ConfigurationError

log = logging.getLogger(__name__)

SUFFIX = ".yaml"

FROM_FILE = ("name", "version")
"""Fields that a file does not write: it is called by its name, and changes with its content."""


def load(path: Path) -> Assistant:
    """Return the assistant of a file. Raises `ConfigurationError` with every mistake in it."""
    return made(inspect(path))


def made(found: Assistant | list[Mistake]) -> Assistant:
    """Return the assistant, if it is one. Raises `ConfigurationError` with every mistake."""
    if isinstance(found, Assistant):
        return found
    raise ConfigurationError("\n".join(map(str, found)))


def inspect(path: Path) -> Assistant | list[Mistake]:
    """Return the assistant of a file, or all its mistakes by line."""
    try:
        return parse(path, path.read_bytes())
    except OSError as error:
        return [Mistake(str(path), 1, "", f"it cannot be read: {error.strerror}", "check the name and the permissions")]


def parse(path: Path, text: bytes) -> Assistant | list[Mistake]:
    """Return the assistant that *text* declares in a file of that name, or all its mistakes by line."""
    document = read(str(path), text)
    if not isinstance(document.values, dict):
        empty = Mistake(str(path), 1, "", "there is no assistant in it", "start from one in config/assistants")
        return list(document.mistakes) or [empty]
    found = validate(document, document.values, path.stem, version_of(text))
    if isinstance(found, Assistant):
        mistakes = [*document.mistakes, *broken(found, document)]
        return sorted(mistakes, key=lambda mistake: mistake.line) if mistakes else found
    return sorted([*document.mistakes, *found], key=lambda mistake: mistake.line)


def version_of(text: bytes) -> str:
    """Return the version of the assistant that *text* declares."""
    return hashlib.sha256(text).hexdigest()[:16]


def validate(document: Document, values: dict[str, Plain], name: str, version: str) -> Assistant | list[Mistake]:
    """Return *values* as an assistant, or where they are none."""
    known = [field for field in Assistant.__dataclass_fields__ if field not in FROM_FILE]
    mistakes = [
        document.mistake((field,), "there is no such field", suggest(field, known))
        for field in FROM_FILE
        if field in values
    ]
    complete = {**values, "name": name, "version": version, **phrases(values)}
    try:
        assistant = TypeAdapter(Assistant).validate_python(complete)
    except ValidationError as error:
        return mistakes + [explain(detail, document, Assistant) for detail in error.errors()]
    return mistakes or assistant


def phrases(values: dict[str, Plain]) -> dict[str, object]:
    """Return the phrases of *values* filled up with the defaults of each declared language."""
    written, languages = values.get("phrases", {}), values.get("languages")
    if not isinstance(written, dict) or not isinstance(languages, list | str):
        return {}
    declared = [languages] if isinstance(languages, str) else [str(language) for language in languages]
    filled: dict[str, object] = dict(written)
    for language in {**dict.fromkeys(declared), **written}:
        own = written.get(language, {})
        if isinstance(own, dict):
            # That a language is not spoken, or not declared, is told once, and not of every phrase.
            filled[language] = {**PHRASES.get(language, PHRASES["en"]), **own}
    return {"phrases": filled}


@dataclass(frozen=True, slots=True)
class _Kept:
    changed_ns: int
    assistant: Assistant
    text: bytes


class Assistants:
    """The assistants of a directory, by the names of their files. A changed file counts from the next call on."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._kept: dict[str, _Kept] = {}

    def names(self) -> list[str]:
        """Return the names there are."""
        return sorted(path.stem for path in self._directory.glob(f"*{SUFFIX}"))

    def sound(self) -> Iterator[Assistant]:
        """Yield those that can be used. What is wrong with the others is told by who takes their calls."""
        for name in self.names():
            with suppress(ConfigurationError):
                yield self.get(name)

    def get(self, name: str) -> Assistant:
        """Return the assistant as its file is now, or as it was before somebody broke the file.

        Raises `ConfigurationError` when there is none, or it never was right.
        """
        # The name comes from the dialplan, and thus maybe from a header of a call.
        if name not in self.names():
            raise ConfigurationError(f"{self._directory}: there is no such assistant; {suggest(name, self.names())}")
        path = self._directory / f"{name}{SUFFIX}"
        changed = path.stat().st_mtime_ns
        kept = self._kept.get(name)
        if kept and kept.changed_ns == changed:
            return kept.assistant
        try:
            text = path.read_bytes()
            self._kept[name] = _Kept(changed, made(parse(path, text)), text)
        except (ConfigurationError, OSError) as error:
            if not kept:
                raise
            log.error("assistant %s goes on as it was before its file was changed:\n%s", name, error)
            self._kept[name] = _Kept(changed, kept.assistant, kept.text)
        return self._kept[name].assistant

    def text(self, name: str) -> bytes:
        """Return what the file said of the assistant that `get` returned last."""
        return self._kept[name].text
