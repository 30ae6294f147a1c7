"""What the verbs of `assist campaign` work with, and how they answer."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import click
from pydantic_core import to_json
from rich.console import Console

from assist.assistant.explain import suggest
from assist.campaign.ledger import Ledger
from assist.campaign.service import ledger_of
from assist.embedded_redis import redis_server
from assist.errors import ConfigurationError
from assist.settings import Settings, read_settings
from assist.store import Store, open_store, operator

T = TypeVar("T")

OPTION: Final = click.option("--json", "as_json", is_flag=True, help="For programs.")


@dataclass(frozen=True, slots=True)
class Desk:
    """What one verb has at hand."""

    settings: Settings
    ledger: Ledger
    store: Store

    async def capacity(self) -> int:
        """Return how many calls the workers hold that live; if none does, as many as the settings mean there to be."""
        workers = await self.store.workers()
        meant = self.settings.workers.count * self.settings.workers.calls
        return sum(worker.capacity for worker in workers) or meant

    async def record(self, action: str, subject: str = "", **details: str | int) -> None:
        """Write down that whoever runs this command does *action*, before it is done. Raises `StoreError`."""
        await self.store.audit.record(operator(), action, subject, **details)

    async def known(self, name: str) -> str:
        """Return *name*. Raises `ConfigurationError` if nothing was ever imported into a campaign of that name."""
        names = await self.ledger.campaigns()
        if name not in names:
            mend = suggest(name, [*names]) if names else f"assist campaign import {name} begins one"
            raise ConfigurationError(f"{name}: nothing was imported into such a campaign; {mend}")
        return name


def at_desk(work: Callable[[Desk], Awaitable[T]], *needed: str) -> T:
    """Return what *work* does at the desk of this installation, where the variables *needed* are set.

    Raises `AssistError`.
    """

    async def run() -> T:
        async with open_desk(read_settings(*needed)) as desk:
            return await work(desk)

    return asyncio.run(run())


@asynccontextmanager
async def open_desk(settings: Settings) -> AsyncIterator[Desk]:
    """Lend the desk of an installation. Raises `AssistError`."""
    async with (
        redis_server(settings) as url,
        open_store(url, settings.redis.retention) as store,
        ledger_of(settings, url) as ledger,
    ):
        yield Desk(settings, ledger, store)


def answer(value: Any, *, as_json: bool, text: Callable[[Console], None]) -> None:
    """Tell *value* to a program, or *text* to a person."""
    if as_json:
        click.echo(to_json(value, indent=2))
    else:
        text(Console())


def aside(*, quiet: bool) -> Console:
    """Return where it is told how far something is: not among the results."""
    return Console(stderr=True, quiet=quiet or not sys.stderr.isatty())
