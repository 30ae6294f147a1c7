"""What the owner wants of a campaign: that it starts, rests, goes on, ends."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from assist.campaign.bounds import limits
from assist.campaign.files import Files
from assist.campaign.importing import Progress, import_list
from assist.campaign.ledger import Ledger
from assist.campaign.ledger.records import Live
from assist.campaign.model import CampaignState, ContactState, Outcome
from assist.campaign.plans import Plan
from assist.campaign.readiness import NotReady, lacking, outdated_registries
from assist.errors import AssistError, CommandFailed, ConfigurationError, ConnectionLost, StoreError
from assist.settings import Esl
from assist.switch.control import Control, control

log = logging.getLogger(__name__)

LATE: Final = 10.0
"""Seconds within which a call that was being begun when its campaign was cancelled comes about."""
LOOK: Final = 0.2


class Refused(AssistError):
    """What the owner wants is not possible as the campaign is; says the mend."""


@dataclass(frozen=True, slots=True)
class Cancelled:
    """What became of everybody."""

    waiting: int
    """They are not called any more."""
    live: int
    """Calls that were in progress."""
    hung_up: int
    """Of them; the others go on to their end."""


async def take_in(
    files: Files,
    ledger: Ledger,
    plan: Plan,
    path: Path,
    capacity: int,
    now: float,
    *,
    numbers_in: str | None = None,
    instead: bool = False,
) -> AsyncIterator[Progress]:
    """Import a list, and tell how it goes; the campaign begins to be, if it was not. Raises `AssistError`, `OSError`.

    *capacity*: calls that the machines hold. *numbers_in*, *instead*: see `import_list`.
    """
    name = plan.campaign.name
    if await state_of(ledger, name) is CampaignState.CANCELLED:
        raise Refused(f"{name}: it was cancelled, which is for good; copy its file under another name")
    await ledger.create(name, limits(plan.campaign, files.policies, capacity, now))
    demands = files.demands(plan)
    async for progress in import_list(path, name, demands, ledger, numbers_in=numbers_in, instead=instead):
        yield progress


async def start(files: Files, ledger: Ledger, plan: Plan, capacity: int, now: float) -> bool:
    """Let the campaign run, if nothing is missing. Returns whether it did not run yet.

    Raises `NotReady` with everything that is missing, `StoreError`.
    """
    name = plan.campaign.name
    if await state_of(ledger, name) is CampaignState.RUNNING:
        return False
    if lacks := await lacking(plan, files.demands(plan), files.policies, ledger, now):
        raise NotReady(name, lacks)
    await ledger.create(name, limits(plan.campaign, files.policies, capacity, now))
    return await _change(ledger, name, CampaignState.RUNNING)


async def start_as_due(files: Files, ledger: Ledger, name: str, capacity: int, now: float, kept: timedelta) -> None:
    """Start a campaign whose time has come: with its list as that is now, if it names one. Raises `AssistError`.

    Where a person is called again for another appointment, the list takes the place of the one before, and nobody is
    *kept* for longer once he is done: such a campaign has no end after which its people could be forgotten.
    """
    plan = files.plans.get(name)
    if lacks := await outdated_registries(plan, files.policies, ledger, now):
        # Nobody else looks, of a campaign that runs already.
        raise NotReady(name, lacks)
    path = files.list_of(plan)
    if path and path.exists():
        instead = bool(plan.campaign.contacts.once_per)
        told = [progress async for progress in take_in(files, ledger, plan, path, capacity, now, instead=instead)]
        if told[-1].refused:
            log.warning("campaign %s: %d rows were refused: %s", name, told[-1].refused, told[-1].errors)
    await start(files, ledger, plan, capacity, now)
    if plan.campaign.contacts.once_per:
        await ledger.forgetting.forget_done(name, now - kept.total_seconds())


async def pause(ledger: Ledger, name: str) -> int:
    """Let nobody new be called. Returns how many calls are in progress, which end by themselves. Raises `Refused`."""
    state = await state_of(ledger, name)
    if state not in (CampaignState.RUNNING, CampaignState.PAUSED):
        raise Refused(f"{name}: it is {state or CampaignState.DRAFT}; only a running campaign can be paused")
    await _change(ledger, name, CampaignState.PAUSED)
    return len(await in_progress(ledger, name))


async def resume(files: Files, ledger: Ledger, plan: Plan, capacity: int, now: float) -> bool:
    """Let a paused campaign run. Returns whether it did not run yet. Raises `NotReady`, `Refused`."""
    name = plan.campaign.name
    state = await state_of(ledger, name)
    if state not in (CampaignState.PAUSED, CampaignState.RUNNING):
        mend = f"begin it with assist campaign start {name}"
        raise Refused(f"{name}: it is {state or CampaignState.DRAFT}, not paused; {mend}")
    return await start(files, ledger, plan, capacity, now)


async def cancel(ledger: Ledger, name: str, esl: Esl | None = None) -> Cancelled:
    """End the campaign for good. Who waits is not called; calls in progress go on, unless *esl* is there to end them.

    Raises `Refused`, `StoreError`, and what keeps calls from being ended.
    """
    if await state_of(ledger, name) is None:
        raise Refused(f"{name}: nothing was imported, and there is nothing to cancel")
    await _change(ledger, name, CampaignState.CANCELLED)
    groups = (await ledger.counts(name)).groups
    waiting = sum([await ledger.end_waiting(name, group, Outcome.CANCELLED) for group in groups])
    live = len(await in_progress(ledger, name))
    return Cancelled(waiting, live, await _hang_up_all(ledger, name, esl) if esl else 0)


async def state_of(ledger: Ledger, name: str) -> CampaignState | None:
    """Return the state of a campaign; None: nothing was ever imported."""
    return (await ledger.counts(name)).state if name in await ledger.campaigns() else None


async def in_progress(ledger: Ledger, name: str) -> Sequence[Live]:
    """Return the calls of a campaign that are ringing or answered."""
    return [
        live
        for live in await ledger.attempts.live()
        if live.claim.campaign == name and live.state is not ContactState.CLAIMED
    ]


async def _change(ledger: Ledger, name: str, state: CampaignState) -> bool:
    if not await ledger.set_state(name, state):
        raise StoreError(f"campaign {name} is not {state}: somebody else has changed it meanwhile")
    return True


async def _hang_up_all(ledger: Ledger, name: str, esl: Esl) -> int:
    """End every call of the campaign, those included that were being begun. Returns how many."""
    ended: set[str] = set()
    clock = asyncio.get_running_loop().time
    until = clock() + LATE
    while (live := await in_progress(ledger, name)) and clock() < until:
        for one in live:
            if one.claim.id not in ended and await _hang_up(esl, one):
                ended.add(one.claim.id)
        await asyncio.sleep(LOOK)
    return len(ended)


async def _hang_up(esl: Esl, live: Live) -> bool:
    for host, port in esl.addresses:
        with suppress(ConnectionLost):
            async with control(host, port, esl.password.get_secret_value() if esl.password else "") as switch:
                if await switch.name(port) == live.claim.node:
                    return await _end(switch, live.claim.id)
    raise ConfigurationError(
        f"ASSIST_ESL_NODES: a call is at {live.claim.node}, which is not among them or does not answer: add it, or let"
        " the call end"
    )


async def _end(switch: Control, call: str) -> bool:
    try:
        await switch.hang_up(call)
    except CommandFailed:
        # It ended by itself, or has not begun.
        return False
    return True
