"""A call that somebody places, and follows to its end."""

import asyncio
import logging
from contextlib import aclosing
from typing import Final

from assist.aio import Stream
from assist.assistant import Assistants
from assist.call.events import Ended, Event
from assist.campaign.node import Node, reach_node
from assist.campaign.service import ledger_of
from assist.embedded_redis import redis_server
from assist.errors import ConnectionLost, HungUp
from assist.journal import follow
from assist.placing.exchange import open_exchange
from assist.placing.placer import Placer
from assist.settings import Settings
from assist.store import Store, open_store, operator

log = logging.getLogger(__name__)

PATIENCE: Final = 10.0
"""Seconds within which a call that is hung up ends."""
AGAIN: Final = 0.2
"""Seconds after which a call is hung up again that FreeSWITCH may not have known of yet."""


async def call_by_hand(settings: Settings, number: str, assistant: str, call: str) -> Stream[Event]:
    """Call *number* under the id *call*, and yield what happens once it is answered. Whoever closes this ends the call.

    Raises `HungUp` with the cause if nobody answers, `Unfit` if that is no number, `AssistError`.
    """
    Assistants(settings.files.assistants_dir).get(assistant)
    async with (
        redis_server(settings) as url,
        open_store(url, settings.redis.retention) as store,
        ledger_of(settings, url) as ledger,
        reach_node(settings.esl) as nodes,
        open_exchange(settings, url, ledger, nodes, store) as exchange,
    ):
        wish = await exchange.wish(call, number, assistant)
        await store.audit.record(operator(), "call.place", call, assistant=assistant)
        placement, _ = await exchange.placer.place(wish)
        node = nodes[placement.node]
        try:
            async with aclosing(_happening(store, node, call)) as happening:
                async for event in happening:
                    yield event
        finally:
            await _end(node, exchange.placer, call)


async def _happening(store: Store, node: Node, call: str) -> Stream[Event]:
    """Yield what happens. Raises `HungUp` if the end comes first."""
    answered = False
    async for event in follow(store, call, lambda: node.has(call)):
        if isinstance(event, Ended) and not answered:
            raise HungUp(event.cause)
        answered = True
        yield event


async def _end(node: Node, placer: Placer, call: str) -> None:
    """End the call; if it rings still, return when it is written down how it ended."""
    try:
        async with asyncio.timeout(PATIENCE):
            await node.hang_up(call)
            while placer.ringing:
                await asyncio.wait(placer.ringing, timeout=AGAIN)
                await node.hang_up(call)
    except (ConnectionLost, TimeoutError) as error:
        log.warning("the call may go on: %s", error or "FreeSWITCH does not end it")
