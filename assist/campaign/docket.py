"""Where the work is done: Docket, on the Redis that is there anyway, on as many machines as wanted.

It runs a task at least once, and again if whoever ran it was lost. All that must not happen twice is the ledger's to
refuse. Arguments are names and ids only: they are pickled, so whoever may write to this Redis may run code here.
"""

import asyncio
import logging
import os
import secrets
import socket
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final, Protocol

from docket import Docket, Perpetual, Worker

from assist.campaign.model import Claim
from assist.errors import StoreError

log = logging.getLogger(__name__)

NAME: Final = "assist"
"""Its keys begin so."""
AT_ONCE: Final = 1000
"""Tasks in one process: each call that rings is one."""
LOST: Final = timedelta(seconds=3)
"""After which a task of a process that is gone is given to another: so long nobody is claimed. Who merely hangs for so
long does no harm when he goes on, since the ledger decides alone."""
EVERY: Final = timedelta(seconds=1)
"""Between two looks at what runs."""


class Work(Protocol):
    """What is to be done."""

    async def running(self) -> Iterable[str]:
        """Return the campaigns that are to be pumped."""
        ...

    async def pump(self, campaign: str, dial: Callable[[Claim], Awaitable[None]]) -> float | None:
        """Give claims to *dial*; return after how many seconds to go on, or None."""
        ...

    async def dial(self, attempt: str, fence: int) -> None:
        """Dial one claim."""
        ...


async def work_on(url: str, work: Work, stop: asyncio.Event, name: str = NAME) -> None:
    """Do *work* until *stop*, and then return when what was begun has ended. Redis may come and go."""
    # It tells of each task; and of each error, which it tells with its own words, so do we.
    logging.getLogger("docket").setLevel(logging.WARNING)
    async with Docket(name=name, url=url, execution_ttl=timedelta(0)) as docket:

        async def schedule(claim: Claim) -> None:
            await docket.add(dial, key=f"dial:{claim.id}:{claim.fence}")(claim.id, claim.fence)

        async def dial(attempt: str, fence: int) -> None:
            await work.dial(attempt, fence)

        async def pump(campaign: str, perpetual: Perpetual = Perpetual(every=EVERY)) -> None:  # noqa: B008
            with _redis_may_be_down():
                delay = await work.pump(campaign, schedule)
                if delay is None:
                    perpetual.cancel()
                else:
                    perpetual.after(timedelta(seconds=delay))

        async def watch(perpetual: Perpetual = Perpetual(every=EVERY, automatic=True)) -> None:  # noqa: B008
            with _redis_may_be_down():
                for campaign in await work.running():
                    await docket.add(pump, key=f"pump:{campaign}")(campaign)

        for task in (dial, pump, watch):
            docket.register(task)
        # In containers two processes may have one machine's name and one number.
        own = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
        async with Worker(docket, own, AT_ONCE, redelivery_timeout=LOST, reconnection_delay=EVERY) as worker:
            running = asyncio.create_task(worker.run_forever(), name="campaigns")
            stopping = asyncio.create_task(stop.wait())
            await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
            stopping.cancel()
        await running


@contextmanager
def _redis_may_be_down() -> Iterator[None]:
    try:
        yield
    except StoreError as error:
        log.warning("tried again soon: %s", error)
