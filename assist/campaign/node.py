"""The FreeSWITCHes that call for campaigns: `async with open_nodes(settings.esl) as nodes`.

Each goes by a name of its own, wherever it is reached from: in two pods one and the same address is two FreeSWITCHes.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator, Mapping, MutableMapping, Set
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from typing import NoReturn, Protocol

from assist.campaign.causes import End, end_of
from assist.campaign.model import is_attempt
from assist.campaign.order import Order
from assist.campaign.oversight import Once
from assist.errors import CommandFailed, ConfigurationError, ConnectionLost, HungUp, ProtocolError
from assist.metrics import ESL_RECONNECTS
from assist.settings import Esl
from assist.switch.control import Control, control
from assist.switch.events import Event

log = logging.getLogger(__name__)

RECONNECT = 1.0
"""Seconds between two attempts to reach a FreeSWITCH."""
ANSWER = 5.0
"""Seconds within which it answers a question."""
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

    async def ends(self) -> Mapping[str, End]:
        """Return how calls of campaigns ended, by their ids: all that it was not told to forget."""
        ...

    async def forget(self, call: str) -> None:
        """Let it forget how that call ended, if it knows."""
        ...

    async def remembers(self) -> float:
        """Return for how many seconds it has remembered how every call ended; 0: it does not."""
        ...


class FreeSwitchNode:
    """Fulfils `Node` over FreeSWITCH's own Event Socket, and is connected whenever it can be."""

    def __init__(self, host: str, port: int, password: str, once: Once | None = None) -> None:
        """*once* is told of all that end, here and at others."""
        self._address = (host, port, password)
        self._once = once or Once()
        self._switch: Control | None = None
        self._name = ""
        self._has_memory = False
        self._ends: dict[str, asyncio.Future[End]] = {}

    @property
    def up(self) -> bool:
        return self._switch is not None

    async def call(self, order: Order) -> End | None:
        switch = self._connected()
        with self._end_of(order.call) as end:
            try:
                await switch.originate(
                    order.endpoint,
                    order.extension,
                    uuid=order.call,
                    context="assist",
                    variables=order.variables,
                    remembered=is_attempt(order.call),
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

    async def ends(self) -> Mapping[str, End]:
        async with _bounded():
            ends = await self._connected().endings()
        return {call: end_of(event) for call, event in ends.items()}

    async def forget(self, call: str) -> None:
        async with _bounded():
            with suppress(CommandFailed):
                # Somebody else has told it to.
                await self._connected().forget(call)

    async def remembers(self) -> float:
        async with _bounded():
            return await self._connected().seconds_up() if self._has_memory else 0.0

    @asynccontextmanager
    async def connected(self, known: MutableMapping[str, Node]) -> AsyncIterator[Control]:
        """Be connected, and among those that are *known* once FreeSWITCH has said its name.

        Raises `ConnectionLost`, `ConfigurationError`, `CommandFailed`.
        """
        try:
            async with control(*self._address) as switch:
                switch.connection.subscribe(self._notice)
                await switch.connection.command("event json CHANNEL_HANGUP_COMPLETE")
                # The first job makes it subscribe to jobs: no call is to wait for that.
                await switch.connection.bgapi("status")
                name = await switch.name(self._address[1])
                self._has_memory = await switch.remembers()
                self._join(name, known)
                self._switch = switch
                yield switch
        finally:
            self._switch = None

    async def keep(self, known: MutableMapping[str, Node]) -> NoReturn:
        """Be connected whenever FreeSWITCH lets us."""
        complained = reached = False
        while True:
            try:
                async with self.connected(known) as switch:
                    if reached:
                        ESL_RECONNECTS.inc()
                    complained, reached = False, True
                    log.info("calls may be placed by the FreeSWITCH at %s:%d", *self._address[:2])
                    await switch.connection.closed()
            except (ConnectionLost, ConfigurationError, CommandFailed) as error:
                if not complained:
                    log.error("no calls are placed there until this is mended: %s", error)
                complained = True
            await asyncio.sleep(RECONNECT)

    def _join(self, name: str, known: MutableMapping[str, Node]) -> None:
        other = known.get(name)
        # An attempt is known by the name of its FreeSWITCH: asked of another, a call that lives would count as over.
        if other and other is not self and other.up:
            raise ConfigurationError(
                f"the FreeSWITCH at {self._address[0]}:{self._address[1]} goes by the name {name}, as another does that"
                " calls already: give each machine a host name of its own, and name each only once in ASSIST_ESL_NODES"
            )
        if name != self._name:
            known.pop(self._name, None)
        self._name, known[name] = name, self
        if not self._has_memory:
            log.warning("%s: without mod_hash it is not known how calls ended whose dialer was lost", name)

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
        if event.name != "CHANNEL_HANGUP_COMPLETE":
            return
        self._once.ended(event)
        end = self._ends.get(event.get("Unique-ID"))
        if end and not end.done():
            end.set_result(end_of(event))


@asynccontextmanager
async def open_nodes(esl: Esl) -> AsyncIterator[Mapping[str, Node]]:
    """Lend the FreeSWITCHes of the settings, by name: each from when it is first reached, which nobody waits for."""
    nodes: dict[str, Node] = {}
    once = Once()
    keeping = [
        asyncio.create_task(FreeSwitchNode(host, port, _password(esl), once).keep(nodes), name=f"node {host}:{port}")
        for host, port in esl.addresses
    ]
    try:
        yield nodes
    finally:
        for task in keeping:
            task.cancel()
        await asyncio.gather(*keeping, return_exceptions=True)


@asynccontextmanager
async def reach_node(esl: Esl) -> AsyncIterator[Mapping[str, Node]]:
    """Lend the first FreeSWITCH of the settings that can be reached just now, by its name; once lost, it stays so.

    Raises `ConfigurationError`, `CommandFailed`, or `ConnectionLost`, of the last.
    """
    nodes: dict[str, Node] = {}
    async with AsyncExitStack() as stack:
        for host, port in esl.addresses:
            try:
                await stack.enter_async_context(FreeSwitchNode(host, port, _password(esl)).connected(nodes))
                break
            except ConnectionLost:
                if (host, port) == esl.addresses[-1]:
                    raise
        yield nodes


def _password(esl: Esl) -> str:
    return esl.password.get_secret_value() if esl.password else ""


@asynccontextmanager
async def _bounded() -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(ANSWER):
            yield
    except (TimeoutError, CommandFailed, ProtocolError) as error:
        raise ConnectionLost(f"FreeSWITCH does not answer as it should: {type(error).__name__}") from error
