"""The API as a process."""

import asyncio
import logging
import resource
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager, nullcontext
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from assist.aio import end
from assist.api.application import application
from assist.api.reach import check_reach, is_local
from assist.api.rooms import open_rooms
from assist.settings import Settings

log = logging.getLogger(__name__)

OTHER_FILES: Final = 2000
"""Besides those of watchers: other requests, Redis, FreeSWITCH."""
DRAIN: Final = 10
"""Seconds that requests may take once we are asked to stop."""


class _Server(uvicorn.Server):
    """Leaves signals to whoever runs it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve_api(
    settings: Settings,
    address: tuple[str, int],
    stop: asyncio.Event,
    alive: AbstractAsyncContextManager[object] | None = None,
) -> None:
    """Answer at *address* until *stop*. *alive* is entered when that begins.

    Raises `ConfigurationError` if others than this machine could ask, and there is no key; `AssistError`, `OSError`.
    """
    host, port = address
    _allow_files(settings.api.watchers)
    async with open_rooms(settings) as rooms:
        await check_reach(rooms.keys, address)
        app = application(rooms, local=is_local(host))
        with _listening(host, port) as listening:
            async with alive or nullcontext():
                log.info("the API answers at http://%s:%d/v1", *listening.getsockname()[:2])
                server = _Server(_config(app))
                waiting = asyncio.create_task(_stopped(stop, server, rooms.close), name="stop")
                try:
                    await server.serve([listening])
                finally:
                    await end(waiting)


def _allow_files(watchers: int) -> None:
    """Let this process have a connection for each watcher, as far as the system does."""
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = watchers + OTHER_FILES
    if now < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, most), most))


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family, backlog=2048) as listening:
        yield listening


def _config(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        loop="none",
        http="httptools",
        ws="none",
        lifespan="off",
        # Ours are set up, and paths hold names of contacts.
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=DRAIN,
    )


async def _stopped(stop: asyncio.Event, server: uvicorn.Server, close: Callable[[], None]) -> None:
    await stop.wait()
    server.should_exit = True
    close()
