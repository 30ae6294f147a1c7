"""What the routes work with: `async with open_rooms(settings) as rooms`."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Final

from fastapi import Depends, Request
from redis.asyncio import Redis

from assist.api.hub import Hub, News, run_hub
from assist.api.jobs.book import JobBook
from assist.api.jobs.imports import Imports, importing_lists
from assist.api.keys import Keys
from assist.api.once import Shelf
from assist.campaign.cli_desk import Desk
from assist.campaign.files import Files, read_files
from assist.campaign.ledger import Ledger
from assist.campaign.node import Node, open_nodes
from assist.campaign.service import ledger_of
from assist.embedded_redis import redis_server
from assist.monitor.redis import redis_look
from assist.monitor.sight import Look
from assist.monitor.switch import switch_look
from assist.placing.exchange import Exchange, open_exchange
from assist.placing.placement import Book
from assist.settings import Settings
from assist.store import Store, open_store
from assist.webhooks.service import Webhooks, open_webhooks

SOON: Final = timedelta(milliseconds=250)
"""How long a new watcher may wait for those who watch already."""
CROWDED: Final = 10.0
"""Seconds that Redis may take where many come at once."""
LOOK: Final = 0.5
"""Seconds between two looks at what happens in campaigns."""


@dataclass(frozen=True, slots=True)
class Rooms:
    """Everything that outlives a request."""

    desk: Desk
    files: Files
    nodes: Mapping[str, Node]
    """The FreeSWITCHes that were reached; none, where nobody has told us the Event Socket's password."""
    exchange: Exchange
    keys: Keys
    shelf: Shelf
    jobs: JobBook
    imports: Imports
    webhooks: Webhooks
    looks: Sequence[Look]
    """What must be well for requests to be sent here."""
    calls: Hub
    """What happens in calls."""
    campaigns: Hub
    """What happens in campaigns."""

    def close(self) -> None:
        """Let everybody go who watches: this process stops."""
        self.calls.close()
        self.campaigns.close()

    @property
    def settings(self) -> Settings:
        return self.desk.settings

    @property
    def store(self) -> Store:
        return self.desk.store

    @property
    def ledger(self) -> Ledger:
        return self.desk.ledger

    @property
    def book(self) -> Book:
        return self.exchange.book


async def rooms_of(request: Request) -> Rooms:
    """Return what the routes work with."""
    rooms: Rooms = request.app.state.rooms
    return rooms


Here = Annotated[Rooms, Depends(rooms_of)]


@asynccontextmanager
async def open_rooms(settings: Settings) -> AsyncIterator[Rooms]:
    """Lend them. Raises `AssistError`."""
    files = await asyncio.to_thread(read_files, settings)
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(redis_server(settings))
        store = await stack.enter_async_context(open_store(url, settings.redis.retention))
        ledger = await stack.enter_async_context(ledger_of(settings, url))
        redis = await stack.enter_async_context(Redis.from_url(url, protocol=2, socket_timeout=None))
        nodes: Mapping[str, Node] = {}
        if settings.esl.password:
            nodes = await stack.enter_async_context(open_nodes(settings.esl))
        jobs = JobBook(redis)
        imports = Imports(jobs, files, ledger, settings.files.state_dir / "imports")
        exchange = await stack.enter_async_context(open_exchange(settings, url, ledger, nodes, store))
        yield Rooms(
            desk=Desk(settings, ledger, store),
            files=files,
            nodes=nodes,
            exchange=exchange,
            keys=Keys(redis),
            shelf=Shelf(redis),
            jobs=jobs,
            imports=await stack.enter_async_context(importing_lists(imports)),
            webhooks=await stack.enter_async_context(open_webhooks(settings, url)),
            looks=[redis_look(url), switch_look(settings.esl)],
            calls=await stack.enter_async_context(run_hub(_of_calls(store, settings.api.watchers))),
            campaigns=await stack.enter_async_context(run_hub(_of_campaigns(ledger, settings.api.watchers))),
        )


def _of_calls(store: Store, most: int) -> Hub:
    async def now(places: Mapping[str, str]) -> Mapping[str, News]:
        return await store.news(places, within=CROWDED)

    async def soon(places: Mapping[str, str]) -> Mapping[str, News]:
        return await store.news(places, wait=SOON)

    return Hub(now, soon, most)


def _of_campaigns(ledger: Ledger, most: int) -> Hub:
    async def now(places: Mapping[str, str]) -> Mapping[str, News]:
        news = {}
        for name, after in places.items():
            events = list(await ledger.events(name, after))
            while events and (more := await ledger.events(name, events[-1][0])):
                events += more
            news[name] = events
        return news

    async def soon(places: Mapping[str, str]) -> Mapping[str, News]:
        news = await now(places)
        if not any(news.values()):
            await asyncio.sleep(LOOK)
        return news

    return Hub(now, soon, most)
