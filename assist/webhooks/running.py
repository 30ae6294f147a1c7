"""Tells what happens, for as long as it runs."""

import asyncio

from assist.aio import end
from assist.campaign.ledger.keys import Keys as LedgerKeys
from assist.campaign.ledger.views import Views
from assist.settings import Settings
from assist.store import open_store
from assist.tracing.context import TraceContext
from assist.web.client import open_web
from assist.webhooks.deliverer import Deliverer
from assist.webhooks.payload import Payloads
from assist.webhooks.relay import Relay
from assist.webhooks.service import open_redis, webhooks_in


async def run_webhooks(settings: Settings, url: str, stop: asyncio.Event) -> None:
    """Tell what happens until *stop*; what is being sent then is sent again by somebody else.

    Any number of processes may do so. Redis, at *url*, may come and go.
    """
    async with (
        open_redis(url) as redis,
        open_store(url, settings.redis.retention) as store,
        open_web(loopback=settings.webhooks.loopback) as web,
    ):
        webhooks = webhooks_in(redis, settings)
        ledger = LedgerKeys()
        payloads = Payloads(store, Views(redis, ledger))
        context = TraceContext(settings.tracing.on)
        deliverer = Deliverer(webhooks.queue, webhooks.endpoints, payloads, web, context)
        relay = Relay(redis, store, webhooks.endpoints, webhooks.queue, deliverer.wake, ledger)
        tasks = [
            asyncio.create_task(work, name=name)
            for name, work in (("relay", relay.run()), ("deliverer", deliverer.run()))
        ]
        stopping = asyncio.ensure_future(stop.wait())
        try:
            done, _ = await asyncio.wait([*tasks, stopping], return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            stopping.cancel()
            for task in tasks:
                await end(task)
