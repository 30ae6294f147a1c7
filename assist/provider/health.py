"""Looks after engines between requests: connects them before they are needed, and learns when they are well again."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import Any

from assist.errors import ProviderError
from assist.provider.member import Member

log = logging.getLogger(__name__)

LIMIT = 5.0
"""Seconds that an engine has to connect: nobody waits for it meanwhile."""
LOOK = 1.0
"""Seconds between two looks at the circuits: less than their shortest pause, so that none is missed."""


async def warm(member: Member[Any]) -> ProviderError | None:
    """Return why *member* cannot be used now, which its circuit is told too; `None` if it can, as far as is known."""
    clock = asyncio.get_running_loop().time
    attempt = member.circuit.begin(clock())
    try:
        if failure := await _failure(member):
            attempt.failed(clock(), failure)
        return failure
    finally:
        # That it can be reached does not say that it answers: a request shall.
        attempt.dropped()


async def warm_all(members: Iterable[Member[Any]]) -> list[tuple[Member[Any], ProviderError]]:
    """Return who cannot be used now, and why, once all have tried side by side."""
    each = list(members)
    errors = await asyncio.gather(*map(warm, each))
    return [(member, error) for member, error in zip(each, errors, strict=True) if error]


async def watch(members: Callable[[], Iterable[Member[Any]]]) -> None:
    """Try those that were left alone, as soon as their pause is over, so that no caller need. Runs until cancelled.

    A circuit that passes stays half open, until a request has gone well.
    """
    passed: dict[Member[Any], float] = {}
    clock = asyncio.get_running_loop().time
    while True:
        waiting = {member: due for member in members() if (due := member.circuit.due) is not None}
        ready = [member for member, due in waiting.items() if due <= clock() and passed.get(member) != due]
        failures = dict(await warm_all(ready))
        for member in ready:
            if error := failures.get(member):
                log.info("%s is still not well: %s", member.name, error)
            else:
                passed[member] = waiting[member]
        to_come = [due - clock() for due in waiting.values() if due > clock()]
        await asyncio.sleep(min([LOOK, *to_come]))


async def _failure(member: Member[Any]) -> ProviderError | None:
    try:
        async with asyncio.timeout(LIMIT):
            await member.warm()
    except ProviderError as error:
        return error
    except TimeoutError:
        return ProviderError(member.name, "no connection in time", temporary=True)
    except Exception as error:  # noqa: BLE001 -- whatever is wrong with one engine, the others are to be looked after
        log.error("%s: %s", member.name, type(error).__name__)
        return ProviderError(member.name, type(error).__name__, temporary=True)
    return None
