"""The FreeSWITCHes that call for campaigns: `async with open_nodes(settings.esl) as nodes`."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Set
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import NoReturn, Protocol

from assist.campaign.causes import End, end_of
from assist.campaign.model import is_attempt
from assist.campaign.order import Order
from assist.errors import CommandFailed, ConfigurationError, ConnectionLost, HungUp, ProtocolError
from assist.settings import Esl
from assist.switch.control import Control, control
from assist.switch.events import Event

log = logging.getLogger(__name__)

RECONNECT = 1.0
"""Seconds between two attempts to reach a FreeSWITCH."""
ANSWER = 5.0
"""Seconds within which it answers a question."""
REMEMBERED = 10_000
"""Ends of calls, for those whose holder was lost."""
TOLD = 2.0
"""Seconds within which it tells more of a call that failed, if there ever was one."""


class Node(Protocol):
    """One FreeSWITCH. To every question `ConnectionLost` is the answer of one that cannot be asked."""

    @property
    def up(self) -> bool:
        """Whether it can be asked just now."""
        ...

    async def call(self, order: Order) -> End | None:
        """Return once somebody or something answers, or how the call ended before.

        Raises `ConnectionLost` if that is not known, and then the call may be there.
        """
        ...

    async def has(self, call: str) -> bool:
        """Return whether that call lives."""
        ...

    async def calls(self) -> Set[str]:
        """Return the ids of all its calls."""
        ...

    async def hang_up(self, call: str) -> None:
        """End that call, if it lives."""
        ...

    def ended(self, call: str) -> End | None:
        """Return how that call of a campaign ended, if this process heard of it."""
        ...

    def subscribe(self, subscriber: Callable[[str, End], None]) -> None:
        """Tell *subscriber* of the end of every call of a campaign, whoever placed it. It returns at once."""
        ...


class FreeSwitchNode:
    """Fulfils `Node` over FreeSWITCH's own Event Socket, and is connected whenever it can be."""

    def __init__(self, host: str, port: int, password: str) -> None:
        self._address = (host, port, password)
        self._switch: Control | None = None
        self._ends: dict[str, asyncio.Future[End]] = {}
        self._past: dict[str, End] = {}
        self._subscribers: list[Callable[[str, End], None]] = []

    @property
    def up(self) -> bool:
        return self._switch is not None

    async def call(self, order: Order) -> End | None:
        switch = self._connected()
        with self._end_of(order.call) as end:
            try:
                await switch.originate(
                    order.endpoint, order.extension, uuid=order.call, context="assist", variables=order.variables
                )
            except HungUp as over:
                return await self._told(switch, order.call, over.cause, end)
            except CommandFailed as failure:
                raise ConnectionLost(f"a call with that id lives: {failure.reason}") from failure
        return None

    async def has(self, call: str) -> bool:
        async with _bounded():
            return await self._connected().uuid_exists(call)

    async def calls(self) -> Set[str]:
        async with _bounded():
            return await self._connected().channels()

    async def hang_up(self, call: str) -> None:
        async with _bounded():
            with suppress(CommandFailed):
                # It has ended by itself.
                await self._connected().hang_up(call)

    def ended(self, call: str) -> End | None:
        return self._past.get(call)

    def subscribe(self, subscriber: Callable[[str, End], None]) -> None:
        self._subscribers.append(subscriber)

    async def keep(self) -> NoReturn:
        """Be connected whenever FreeSWITCH lets us."""
        complained = False
        while True:
            try:
                async with control(*self._address) as switch:
                    switch.connection.subscribe(self._notice)
                    await switch.connection.command("event json CHANNEL_HANGUP_COMPLETE")
                    # The first job makes it subscribe to jobs: no call is to wait for that.
                    await switch.connection.bgapi("status")
                    self._switch, complained = switch, False
                    log.info("calls may be placed by the FreeSWITCH at %s:%d", *self._address[:2])
                    await switch.connection.closed()
            except (ConnectionLost, ConfigurationError, CommandFailed) as error:
                if not complained:
                    log.error("no calls are placed there until this is mended: %s", error)
                complained = True
            finally:
                self._switch = None
            await asyncio.sleep(RECONNECT)

    def _connected(self) -> Control:
        if self._switch is None:
            raise ConnectionLost("FreeSWITCH cannot be reached")
        return self._switch

    async def _told(self, switch: Control, call: str, cause: str, end: asyncio.Future[End]) -> End:
        try:
            async with asyncio.timeout(TOLD):
                return await end
        except TimeoutError:
            # There never was a channel; or one with this id lives, and this was refused for it.
            async with _bounded():
                if await switch.uuid_exists(call):
                    raise ConnectionLost("a call with that id lives") from None
            return End(cause)

    @contextmanager
    def _end_of(self, call: str) -> Iterator[asyncio.Future[End]]:
        end = self._ends[call] = asyncio.get_running_loop().create_future()
        try:
            yield end
        finally:
            del self._ends[call]

    def _notice(self, event: Event) -> None:
        call = event.get("Unique-ID")
        end = self._ends.get(call)
        if event.name != "CHANNEL_HANGUP_COMPLETE" or not (end or is_attempt(call)):
            return
        over = end_of(event)
        if end and not end.done():
            end.set_result(over)
        if not is_attempt(call):
            return
        self._past[call] = over
        if len(self._past) > REMEMBERED:
            del self._past[next(iter(self._past))]
        for subscriber in self._subscribers:
            subscriber(call, over)


@asynccontextmanager
async def open_nodes(esl: Esl) -> AsyncIterator[Mapping[str, Node]]:
    """Lend the FreeSWITCHes of the settings, by name; whichever are down are waited for, by nobody here."""
    password = esl.password.get_secret_value() if esl.password else ""
    nodes = {f"{host}:{port}": FreeSwitchNode(host, port, password) for host, port in esl.addresses}
    keeping = [asyncio.create_task(node.keep(), name=f"node {name}") for name, node in nodes.items()]
    try:
        yield nodes
    finally:
        for task in keeping:
            task.cancel()
        await asyncio.gather(*keeping, return_exceptions=True)


@asynccontextmanager
async def _bounded() -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(ANSWER):
            yield
    except (TimeoutError, CommandFailed, ProtocolError) as error:
        raise ConnectionLost(f"FreeSWITCH does not answer as it should: {type(error).__name__}") from error
