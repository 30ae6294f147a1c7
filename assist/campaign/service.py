"""A dialer as a process, and the verb `assist dialer`."""

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Final, NoReturn

import click

from assist.aio import end
from assist.campaign.dialer import LEASE, Dialer
from assist.campaign.eligibility import Gate
from assist.campaign.figures import campaigns_look
from assist.campaign.files import read_files
from assist.campaign.ledger import Durability, Ledger, open_ledger
from assist.campaign.model import Claim
from assist.campaign.node import Node, open_nodes
from assist.campaign.plans import Plans
from assist.campaign.pump import Pump
from assist.campaign.reaper import Reaper, Reconciliation
from assist.campaign.witness import Witness
from assist.embedded_redis import redis_server
from assist.errors import StoreError
from assist.log import set_up_logging
from assist.monitor.server import monitoring
from assist.monitor.service import looks_around, own_look
from assist.settings import Settings, read_settings
from assist.store import Store, open_store
from assist.tracing.context import TraceContext
from assist.web.client import open_web

log = logging.getLogger(__name__)


EVERY: Final = 1.0
"""Seconds between two looks at what was left behind."""


class Work:
    """Fulfils `assist.campaign.docket.Work`."""

    def __init__(
        self,
        ledger: Ledger,
        plans: Plans,
        nodes: Mapping[str, Node],
        store: Store,
        lease: float = LEASE,
        gate: Gate | None = None,
    ) -> None:
        self._pump = Pump(ledger, plans, store, Reconciliation(ledger, nodes), lease)
        self._dialer = Dialer(ledger, plans, nodes, lease, gate)

    async def running(self) -> Iterable[str]:
        return await self._pump.running()

    async def pump(self, campaign: str, dial: Callable[[Claim], Awaitable[None]]) -> float | None:
        return await self._pump.pump(campaign, dial)

    async def dial(self, attempt: str, fence: int) -> None:
        await self._dialer.dial(attempt, fence)


async def settle(witness: Witness, reaper: Reaper) -> NoReturn:
    """Find out what became of calls that others left behind: at the FreeSWITCHes of this process, which nobody else may
    be able to ask."""
    while True:
        try:
            await witness.look()
            await reaper.reap()
        except StoreError as error:
            log.warning("what was left behind is looked for again: %s", error)
        await asyncio.sleep(EVERY)


def ledger_of(settings: Settings, url: str) -> AbstractAsyncContextManager[Ledger]:
    """Lend the ledger of an installation, which `redis_server` has at *url*. Raises `AssistError`."""
    return open_ledger(url, Durability(settings.redis.durable), ours=settings.redis.url is None)


async def run_dialer(settings: Settings, stop: asyncio.Event, lease: float = LEASE) -> None:
    """Call whom the campaigns that run may call, until *stop*; what rings then is waited for. Raises `AssistError`.

    *lease*: seconds for which what a lost dialer had is left alone.
    """
    # Half a second and eight megabytes, which workers and other verbs do without.
    from assist.campaign.docket import work_on

    plans = read_files(settings).plans
    async with (
        redis_server(settings) as url,
        open_store(url, settings.redis.retention) as store,
        ledger_of(settings, url) as ledger,
        open_nodes(settings.esl) as nodes,
        open_web() as web,
    ):
        witness, reaper = Witness(ledger, plans, nodes), Reaper(ledger, plans, nodes, store, lease)
        settling = asyncio.create_task(settle(witness, reaper), name="what was left behind")
        looks = [own_look, campaigns_look(ledger, plans, stop), *looks_around(settings, url)]
        try:
            async with monitoring(settings.metrics.listen, looks):
                await work_on(
                    url, Work(ledger, plans, nodes, store, lease, Gate(web, TraceContext(settings.tracing.on))), stop
                )
        finally:
            await end(settling)


@click.command("dialer")
def dialer() -> None:
    """Call whom the running campaigns may call, until SIGTERM or Ctrl-C. As many as wanted may run."""
    settings = read_settings("ASSIST_ESL_PASSWORD")
    set_up_logging(form=settings.logs.format)
    asyncio.run(_until_told(settings))


async def _until_told(settings: Settings) -> None:
    stop = asyncio.Event()

    def told() -> None:
        log.info("nobody new is called; what rings is waited for")
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told)
    await run_dialer(settings, stop)
