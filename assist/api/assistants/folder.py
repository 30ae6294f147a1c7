"""Files of assistants, replaced whole: nobody ever reads half of one, and two writers do not cross."""

import fcntl
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from assist.assistant.declaration import Assistant
from assist.assistant.loading import SUFFIX, parse, version_of
from assist.assistant.mistakes import Mistake


class Wrong(Exception):
    """What was to be written is no assistant."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        super().__init__("mistakes")
        self.mistakes = mistakes


def text_of(folder: Path, name: str) -> bytes | None:
    """Return the file of an assistant; None: there is none."""
    try:
        return (folder / f"{name}{SUFFIX}").read_bytes()
    except FileNotFoundError:
        return None


def replace(folder: Path, name: str, text: bytes, allow: Callable[[str | None], None]) -> str:
    """Write the file of an assistant, and return its version.

    *allow* is given the version that is there, or None, and raises what keeps it from being replaced. Raises `Wrong`
    with every mistake, or `OSError`; then nothing was changed.
    """
    found = parse(Path(f"{name}{SUFFIX}"), text)
    if not isinstance(found, Assistant):
        raise Wrong(found)
    with _alone(folder):
        present = text_of(folder, name)
        allow(None if present is None else version_of(present))
        _write(folder / f"{name}{SUFFIX}", text)
    return version_of(text)


def _write(path: Path, text: bytes) -> None:
    descriptor, beside = tempfile.mkstemp(dir=path.parent, prefix=".")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(beside).chmod(0o644)
        Path(beside).replace(path)
    except OSError:
        Path(beside).unlink(missing_ok=True)
        raise


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
