"""All checks, side by side, each with its time."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from assist.aio import Stream
from assist.doctor.finding import Finding, wrong
from assist.errors import AssistError
from assist.settings import Settings

log = logging.getLogger(__name__)

PATIENCE = 20.0
"""Seconds for one check: the embedded Redis may take fifteen to start."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing to look at."""

    subject: str
    look: Callable[[Settings], Stream[Finding]]
    patience: float = PATIENCE
    """Seconds."""


def at_leisure(look: Callable[[Settings], Iterable[Finding]]) -> Callable[[Settings], Stream[Finding]]:
    """Return *look*, which waits for disks, as something that keeps no other check waiting."""

    async def looked(settings: Settings) -> Stream[Finding]:
        for finding in await asyncio.to_thread(lambda: list(look(settings))):
            yield finding

    return looked


async def examine(settings: Settings, checks: Sequence[Check]) -> list[Finding]:
    """Return what *checks* find, in their order. One that fails, or takes too long, is a finding itself."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_findings(check, settings)) for check in checks]
    return [finding for task in tasks for finding in task.result()]


async def _findings(check: Check, settings: Settings) -> list[Finding]:
    found: list[Finding] = []
    try:
        async with asyncio.timeout(check.patience), aclosing(check.look(settings)) as findings:
            async for finding in findings:
                found.append(finding)
    except TimeoutError:
        found.append(wrong(check.subject, f"no answer in {check.patience:g} s", "see what it hangs on, and try again"))
    except AssistError as error:
        found.append(wrong(check.subject, str(error), "mend that, and try again"))
    except Exception as error:
        # The other checks tell all the same. Its message may hold an address with a password.
        log.debug("%s could not be looked at", check.subject, exc_info=True)
        what = f"could not be looked at: {type(error).__name__}"
        found.append(wrong(check.subject, what, "tell the developers of Assist"))
    return found
