"""A terminal where `assist` is asked for things, in an installation of one campaign."""

import io
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from assist.cli import main
from tests.campaign_files import environment_of, write_campaign


@dataclass(frozen=True, slots=True)
class Ended:
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True, slots=True)
class Terminal:
    """Where commands are given."""

    directory: Path
    redis_url: str
    monkeypatch: pytest.MonkeyPatch
    capture: pytest.CaptureFixture[str]
    verb: tuple[str, ...] = ()
    """What every command begins with."""

    def __call__(self, *words: str, typed: str = "") -> Ended:
        self.monkeypatch.setattr(sys, "argv", ["assist", *self.verb, *words])
        self.monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        code = 0
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
        told = self.capture.readouterr()
        return Ended(code, told.out, told.err)

    @property
    def list(self) -> Path:
        """That of the campaign ``uno``."""
        return self.directory / "campaigns" / "uno.csv"


@contextmanager
def open_terminal(terminal: Terminal, **variables: str) -> Iterator[Terminal]:
    """Lend *terminal*, whose installation gets the campaign; its Redis is empty afterwards."""
    write_campaign(terminal.directory)
    given = {**environment_of(terminal.directory, terminal.redis_url), "COLUMNS": "200", **variables}
    for name, value in given.items():
        terminal.monkeypatch.setenv(name, value)
    yield terminal
    with Redis.from_url(terminal.redis_url) as redis:
        redis.flushdb()
