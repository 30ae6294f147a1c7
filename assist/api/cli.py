"""`assist api`, and `assist keys create | list | rotate | revoke`."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

import click
import uvloop
from pydantic_core import to_json
from redis.asyncio import Redis
from rich.console import Console
from rich.table import Table
from rich.text import Text

from assist.api.keys import OVERLAP, Key, Keys, Scope
from assist.embedded_redis import redis_server
from assist.errors import ConfigurationError
from assist.heartbeat import heartbeat
from assist.log import set_up_logging
from assist.monitor.redis import redis_look
from assist.monitor.server import monitoring
from assist.monitor.service import own_look
from assist.monitor.switch import switch_look
from assist.settings import Settings, read_settings
from assist.store import Audit, operator

T = TypeVar("T")

ADDRESS: Final = ("127.0.0.1", 8085)
"""Where the API listens unless the settings say otherwise."""

JSON: Final = click.option("--json", "as_json", is_flag=True, help="For programs.")


@click.command("api")
@click.option("--supervised", is_flag=True, hidden=True, help="As one of the processes of assist serve.")
def api(supervised: bool) -> None:
    """Answer the REST API, until SIGTERM or Ctrl-C; its document is at /v1/openapi.json."""
    settings = read_settings()
    set_up_logging(form=settings.logs.format)
    uvloop.run(_serve(settings, supervised=supervised))


async def _serve(settings: Settings, *, supervised: bool) -> None:
    try:
        # A second, and a package that other verbs do without.
        from assist.api.serving import serve_api
    except ModuleNotFoundError as error:
        raise ConfigurationError(f"the API needs {error.name}: pip install 'assist[api]'") from error
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    address = settings.api.listen or ADDRESS
    if supervised:
        # Its parent tells how all of them are.
        await serve_api(settings, address, stop, heartbeat())
        return
    async with redis_server(settings) as url:
        looks = [own_look, redis_look(url), switch_look(settings.esl)]
        await serve_api(settings, address, stop, monitoring(settings.metrics.listen, looks))


@click.group("keys")
def keys() -> None:
    """Who may ask the API, and for what."""


@keys.command("create")
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    type=click.Choice([scope.value for scope in Scope]),
    multiple=True,
    required=True,
    help="What it may do; repeatable.",
)
@click.option("--days", type=click.IntRange(1), help="Until it expires; without it, never.")
@JSON
def create(name: str, scopes: tuple[str, ...], days: int | None, as_json: bool) -> None:
    """Make a key for NAME. It is shown this once."""
    expires = datetime.now(UTC) + timedelta(days=days) if days else None
    wanted = [Scope(scope) for scope in scopes]
    _show(_with_keys(lambda kept: kept.create(name, wanted, expires), "keys.create", name), as_json=as_json)


@keys.command("rotate")
@click.argument("key")
@click.option(
    "--overlap-hours",
    type=click.IntRange(0),
    default=int(OVERLAP.total_seconds() // 3600),
    show_default=True,
    help="For which the secret before is good still.",
)
@JSON
def rotate(key: str, overlap_hours: int, as_json: bool) -> None:
    """Give KEY, an id or what the key begins with, another secret. It is shown this once."""
    identity = _identity(key)
    overlap = timedelta(hours=overlap_hours)
    rotated = _with_keys(lambda kept: kept.rotate(identity, overlap), "keys.rotate", identity)
    if rotated is None:
        raise click.ClickException(f"there is no key {identity}; assist keys list shows them")
    _show(rotated, as_json=as_json)


@keys.command("revoke")
@click.argument("key")
def revoke(key: str) -> None:
    """Let KEY, an id or what the key begins with, open nothing any more."""
    identity = _identity(key)
    if not _with_keys(lambda kept: kept.revoke(identity), "keys.revoke", identity):
        raise click.ClickException(f"there is no key {identity}; assist keys list shows them")
    click.echo("revoked")


@keys.command("list")
@JSON
def list_(as_json: bool) -> None:
    """Show the keys, without their secrets."""
    found = _with_keys(lambda kept: kept.all())
    if as_json:
        click.echo(to_json([_told(key) | {"last_used": used} for key, used in found], indent=2))
        return
    table = Table("Key", "Name", "May", "Made", "Expires", "Last used", header_style="bold")
    for key, used in found:
        moments = (f"{moment:%Y-%m-%d %H:%M}" if moment else "never" for moment in (key.created, key.expires, used))
        table.add_row(key.prefix, Text(key.name), " ".join(key.scopes), *moments)
    Console().print(table if found else "there is no key yet")


def _identity(text: str) -> str:
    return text.removeprefix("ak_").partition("_")[0]


def _show(made: tuple[Key, str], *, as_json: bool) -> None:
    key, secret = made
    if as_json:
        click.echo(to_json(_told(key) | {"key": secret}, indent=2))
        return
    click.echo("Keep it well, it is not shown again:", err=True)
    click.echo(secret)


def _told(key: Key) -> dict[str, object]:
    names = ("id", "prefix", "name", "scopes", "created", "expires")
    return {name: getattr(key, name) for name in names}


def _with_keys(work: Callable[[Keys], Awaitable[T]], action: str = "", subject: str = "") -> T:
    """Return what *work* does with the keys of this installation. Raises `AssistError`.

    *action*: it changes something, and that is written down.
    """

    async def run() -> T:
        async with redis_server(read_settings()) as url, Redis.from_url(url, protocol=2) as redis:
            if action:
                await Audit(redis).record(operator(), action, subject)
            return await work(Keys(redis))

    return asyncio.run(run())
