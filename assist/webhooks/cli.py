"""`assist webhooks`: who is told what happens, and what became of it."""

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import click
from pydantic_core import to_json
from redis.asyncio import Redis
from rich.console import Console
from rich.table import Column, Table

from assist.embedded_redis import redis_server
from assist.errors import ConfigurationError, WebError
from assist.log import set_up_logging
from assist.monitor.redis import redis_look
from assist.monitor.server import monitoring
from assist.monitor.service import own_look
from assist.settings import Settings, read_settings
from assist.store import Audit, operator
from assist.webhooks.endpoints import Changes
from assist.webhooks.model import Delivery, DeliveryState, Endpoint, EventType
from assist.webhooks.running import run_webhooks
from assist.webhooks.service import Webhooks, open_webhooks

log = logging.getLogger(__name__)

T = TypeVar("T")

JSON = click.option("--json", "as_json", is_flag=True, help="For programs.")
ENDPOINT = click.argument("endpoint")
ASKED_FOR = frozenset({EventType.CALL_TRANSCRIPT, EventType.WEBHOOK_TEST})
"""Not part of everything: the one must be wanted, the other comes when it is asked for."""


@click.group("webhooks")
def webhooks() -> None:
    """Tell other systems what happens, signed as https://www.standardwebhooks.com describes."""


@webhooks.command("run")
def run() -> None:
    """Tell what happens, until SIGTERM or Ctrl-C. As many as wanted may run."""
    settings = read_settings()
    set_up_logging(form=settings.logs.format)
    asyncio.run(_until_told(settings))


@webhooks.command("add")
@click.argument("url")
@click.option(
    "--event",
    "types",
    multiple=True,
    type=click.Choice([one.value for one in EventType]),
    help="Only this; several may be given.",
)
@click.option("--transcripts", is_flag=True, help="Tell what was said, too, when a call is over.")
@click.option("--numbers", is_flag=True, help="Tell telephone numbers, too, not only the contacts' ids.")
@JSON
def add(url: str, types: tuple[str, ...], transcripts: bool, numbers: bool, as_json: bool) -> None:
    """Tell URL what happens from now on. Shows the secret that signs: keep it, it is not shown again."""
    wanted = {EventType(name) for name in types} or {*EventType} - ASKED_FOR
    if transcripts:
        wanted.add(EventType.CALL_TRANSCRIPT)

    async def work(hooks: Webhooks) -> tuple[Endpoint, str]:
        try:
            return await hooks.endpoints.create(url, wanted, transcripts=transcripts, numbers=numbers)
        except WebError as error:
            raise ConfigurationError(f"the address {error}") from error

    endpoint, secret = _with(work, "webhooks.add")
    _tell({"endpoint": endpoint, "secret": secret}, f"{endpoint.id}\n{secret}", as_json=as_json)


@webhooks.command("list")
@JSON
def list_(as_json: bool) -> None:
    """Show who is told."""
    found = _with(lambda hooks: hooks.endpoints.all())
    if as_json:
        click.echo(to_json(found, indent=2))
    else:
        Console().print(_who(found))


@webhooks.command("remove")
@ENDPOINT
def remove(endpoint: str) -> None:
    """Tell ENDPOINT nothing more, also of what waits."""
    _known(endpoint, _with(lambda hooks: hooks.endpoints.delete(endpoint), "webhooks.remove", endpoint))


@webhooks.command("enable")
@ENDPOINT
def enable(endpoint: str) -> None:
    """Tell ENDPOINT again what happens, and what waited for it."""
    _switch(endpoint, "webhooks.enable", enabled=True)


@webhooks.command("disable")
@ENDPOINT
def disable(endpoint: str) -> None:
    """Tell ENDPOINT nothing for now; what already waits for it goes on waiting."""
    _switch(endpoint, "webhooks.disable", enabled=False)


def _switch(endpoint: str, action: str, *, enabled: bool) -> None:
    _known(endpoint, _with(lambda hooks: hooks.endpoints.update(endpoint, Changes(enabled=enabled)), action, endpoint))


@webhooks.command("rotate")
@ENDPOINT
@click.option("--hours", default=24.0, show_default=True, help="For which the secret so far signs, too; 0: it leaked.")
@JSON
def rotate(endpoint: str, hours: float, as_json: bool) -> None:
    """Show a new secret that signs what ENDPOINT is told."""
    overlap = timedelta(hours=hours)
    found = _with(lambda hooks: hooks.endpoints.rotate(endpoint, overlap), "webhooks.rotate", endpoint)
    secret = _known(endpoint, found)
    _tell({"secret": secret}, secret, as_json=as_json)


@webhooks.command("test")
@ENDPOINT
def test(endpoint: str) -> None:
    """Tell ENDPOINT that this is a test, and show the delivery; `assist webhooks run` sends it."""
    click.echo(_known(endpoint, _with(lambda hooks: hooks.test(endpoint), "webhooks.test", endpoint)))


@webhooks.command("deliveries")
@ENDPOINT
@click.option(
    "--state",
    type=click.Choice([one.value for one in DeliveryState]),
    default=DeliveryState.DEAD.value,
    show_default=True,
)
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1000))
@click.option("--after", help="The delivery after which to go on.")
@JSON
def deliveries(endpoint: str, state: str, limit: int, after: str | None, as_json: bool) -> None:
    """Show what became of what ENDPOINT was to be told, the latest first."""
    page = _with(lambda hooks: hooks.queue.page(endpoint, DeliveryState(state), after, limit))
    if as_json:
        click.echo(to_json(page, indent=2))
    else:
        Console().print(_log(page.deliveries))


@webhooks.command("resend")
@click.argument("delivery")
def resend(delivery: str) -> None:
    """Send DELIVERY once more, under the same id."""
    if not _with(lambda hooks: hooks.queue.resend(delivery), "webhooks.resend", delivery):
        raise ConfigurationError(f"{delivery}: there is no such delivery that is over")


async def _until_told(settings: Settings) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with redis_server(settings) as url:
        log.info("webhooks: tells what happens")
        async with monitoring(settings.metrics.listen, [own_look, redis_look(url)]):
            await run_webhooks(settings, url, stop)


def _with(work: Callable[[Webhooks], Awaitable[T]], action: str = "", subject: str = "") -> T:
    """Return what *work* does with the webhooks of this installation. Raises `AssistError`.

    *action*: it changes something, and that is written down.
    """
    settings = read_settings()

    async def run() -> T:
        async with (
            redis_server(settings) as url,
            Redis.from_url(url, protocol=2) as redis,
            open_webhooks(settings, url) as hooks,
        ):
            if action:
                await Audit(redis).record(operator(), action, subject)
            return await work(hooks)

    return asyncio.run(run())


def _known(endpoint: str, found: T | None) -> T:
    if not found:
        raise ConfigurationError(f"{endpoint}: there is no such endpoint; assist webhooks list shows them")
    return found


def _tell(value: Any, text: str, *, as_json: bool) -> None:
    click.echo(to_json(value, indent=2) if as_json else text)


def _who(endpoints: Iterable[Endpoint]) -> Table:
    table = Table(Column("endpoint", min_width=27), "address", "events", "may know", "state", box=None)
    for endpoint in endpoints:
        allowed = [what for what in ("transcripts", "numbers") if getattr(endpoint, what)]
        failing = endpoint.failing_since and f"failing since {_moment(endpoint.failing_since)}"
        state = f"disabled: {endpoint.disabled}" if endpoint.disabled else failing or "told"
        events = ", ".join(sorted(endpoint.types))
        table.add_row(endpoint.id, endpoint.url, events, ", ".join(allowed), state)
    return table


def _log(found: Iterable[Delivery]) -> Table:
    table = Table(Column("delivery", min_width=36), "event", "happened", "tries", "state", "last answer", box=None)
    for one in found:
        state = f"{one.state}, due {_moment(one.due)}" if one.due else one.state.value
        last = one.reason or (f"answered {one.status}" if one.status else "")
        table.add_row(one.id, one.event.type, _moment(one.event.at), str(one.tries), state, last)
    return table


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
