"""What calls of campaigns need of a worker, opened once for all of them: `async with at_hand(settings, url) as open_`.

It takes seconds on a busy machine, so where there are campaigns it begins at once, and the first call need not wait.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

from assist.aio import end
from assist.campaign.files import read_files
from assist.campaign.holding import Open
from assist.campaign.ledger import Ledger
from assist.campaign.loading import SUFFIX
from assist.campaign.model import CampaignState
from assist.campaign.plans import Plans
from assist.campaign.service import ledger_of
from assist.errors import AssistError, ConfigurationError
from assist.settings import Settings

log = logging.getLogger(__name__)


@asynccontextmanager
async def at_hand(settings: Settings, url: str) -> AsyncIterator[Open]:
    """Lend the way to it; *url*: of the installation's Redis.

    Where there are no campaigns, and after a failure, it is opened when it is asked for.
    """
    async with AsyncExitStack() as stack:
        once = _Once(settings, url, stack)
        if not any(settings.files.campaigns_dir.glob(f"*{SUFFIX}")):
            yield once.open
            return
        early = asyncio.create_task(_open_early(once), name="campaigns")
        try:
            yield once.open
        finally:
            await end(early)


class _Once:
    """Opens at the first wish, and closes with *stack*."""

    def __init__(self, settings: Settings, url: str, stack: AsyncExitStack) -> None:
        self._settings = settings
        self._url = url
        self._stack = stack
        self._opening = asyncio.Lock()
        self._opened: tuple[Ledger, Plans] | None = None

    async def open(self) -> tuple[Ledger, Plans]:
        """Fulfils `Open`."""
        async with self._opening:
            if self._opened is None:
                # A third of a second, in which calls go on.
                plans = (await asyncio.to_thread(read_files, self._settings)).plans
                ledger = await self._stack.enter_async_context(ledger_of(self._settings, self._url))
                self._opened = ledger, plans
            return self._opened


async def _open_early(once: _Once) -> None:
    """What is broken is told at each call that it breaks."""
    try:
        ledger, plans = await once.open()
        for name in await ledger.campaigns():
            if (await ledger.counts(name)).state is CampaignState.RUNNING:
                with suppress(ConfigurationError):
                    await asyncio.to_thread(plans.get, name)
    except AssistError as error:
        log.info("calls of campaigns are not made ready for: %s", error)
