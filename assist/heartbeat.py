"""A worker's end of the line to its parent: one stream socket, the worker's standard input.

The worker sends a byte each time its event loop comes round; the first says that it is ready. The parent sends
nothing: when the line ends, the parent is dead.
"""

import asyncio
import faulthandler
import os
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

from assist.errors import ConfigurationError

EVERY: Final = 0.5
"""Seconds between two beats."""
DUMP: Final = signal.SIGUSR2
"""Makes a worker write where its threads are to standard error, also while it hangs."""
STDERR: Final = 2
GIVE_UP: Final = 10.0
"""Seconds a loop may hang before its process ends itself: a parent would have ended it long before."""


@asynccontextmanager
async def heartbeat(every: float = EVERY, descriptor: int = 0) -> AsyncIterator[None]:
    """Tell the parent, for as long as the context lasts, that this event loop is ready and does not hang.

    Without a parent this process is asked to stop as by ``SIGTERM``. Raises `ConfigurationError` if *descriptor* is
    no line to a parent.
    """
    with _line(descriptor) as parent:
        faulthandler.register(DUMP, file=STDERR)
        _beat(parent)
        tasks = [asyncio.create_task(_keep_beating(parent, every)), asyncio.create_task(_orphaned(parent))]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            faulthandler.cancel_dump_traceback_later()
            faulthandler.unregister(DUMP)


def _line(descriptor: int) -> socket.socket:
    try:
        lent = socket.socket(fileno=descriptor)
    except OSError as error:
        raise ConfigurationError("a worker is started by its parent: use assist serve") from error
    line = lent.dup()
    lent.detach()
    line.setblocking(False)
    return line


def _beat(parent: socket.socket) -> None:
    # A parent that does not read is no reason to stop, and one that is gone is told by `_orphaned`.
    with suppress(OSError):
        parent.send(b".")
    faulthandler.dump_traceback_later(GIVE_UP, exit=True, file=STDERR)


async def _keep_beating(parent: socket.socket, every: float) -> None:
    while True:
        await asyncio.sleep(every)
        _beat(parent)


async def _orphaned(parent: socket.socket) -> None:
    with suppress(OSError):
        await asyncio.get_running_loop().sock_recv(parent, 1)
    os.kill(os.getpid(), signal.SIGTERM)
