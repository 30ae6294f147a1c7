"""Where the dialplan's ``socket`` action arrives: one connection, one task, one call.

A server that is full stops listening: then the dialplan tries its next host at once. Whom the kernel
has let in by then is told to ``resume`` the dialplan, since a connection that is closed before
``connect`` can leave a channel behind that is parked for ever.
"""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager, suppress
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TypeAlias

from assist.errors import ConnectionLost, HungUp, SwitchError
from assist.metrics import ESL_ERRORS
from assist.switch.connection import Connection
from assist.switch.events import Event

logger = logging.getLogger(__name__)

Network: TypeAlias = IPv4Network | IPv6Network
CallHandler: TypeAlias = Callable[[Connection, Event], Awaitable[None]]

CONNECT_SECONDS = 5.0
"""Within which FreeSWITCH answers ``connect``; whoever does not is none."""

RELISTEN_SECONDS = 1.0
"""Between attempts to listen again when the system refuses: out of descriptors, port taken meanwhile."""

BACKLOG = 128


class Server:
    """Serves calls until told to stop."""

    def __init__(self, handler: CallHandler, port: int, limit: int, peers: Iterable[Network]) -> None:
        self._handler = handler
        self._limit = limit
        self._peers = tuple(peers)
        self._room = asyncio.Event()
        self.port = port
        """On which it listens whenever there is room."""
        self.calls: set[asyncio.Task[None]] = set()
        """Those being served."""
        self.turned_away: set[asyncio.Task[None]] = set()
        """Those being sent back to the dialplan."""

    def allows(self, host: str) -> bool:
        """Return whether that address may send calls."""
        address: IPv4Address | IPv6Address = ip_address(host.partition("%")[0])
        if isinstance(address, IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped
        return any(address in network for network in self._peers)

    async def listen(self, host: str, listening: socket.socket, reuse_port: bool) -> None:
        """Accept calls for ever, first from *listening*, which it closes."""
        while True:
            try:
                with listening:
                    await self._accept_until_full(listening)
                await self._until_room()
            except OSError as error:
                ESL_ERRORS.labels("listen").inc()
                logger.error("cannot accept calls on port %d: %s", self.port, error)
            listening = await self._bind_again(host, reuse_port)

    async def _bind_again(self, host: str, reuse_port: bool) -> socket.socket:
        while True:
            try:
                return bind(host, self.port, reuse_port)
            except OSError as error:
                ESL_ERRORS.labels("listen").inc()
                logger.error("cannot listen on port %d: %s", self.port, error)
                await asyncio.sleep(RELISTEN_SECONDS)

    async def idle(self) -> None:
        """Wait until nobody is connected."""
        while tasks := self.calls | self.turned_away:
            await asyncio.wait(tasks)

    async def _accept_until_full(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        try:
            while len(self.calls) < self._limit:
                self._take(*await loop.sock_accept(listening), self.calls, self._serve)
            logger.info("full: %d calls", len(self.calls))
        finally:
            with suppress(BlockingIOError):
                while True:
                    self._take(*listening.accept(), self.turned_away, self._turn_away)

    async def _until_room(self) -> None:
        while len(self.calls) >= self._limit:
            self._room.clear()
            await self._room.wait()

    def _take(
        self,
        peer: socket.socket,
        address: tuple[str, int],
        tasks: set[asyncio.Task[None]],
        work: Callable[[socket.socket], Coroutine[None, None, None]],
    ) -> None:
        if not self.allows(address[0]):
            logger.info("closed a connection from %s: not an allowed peer", address[0])
            peer.close()
            return
        peer.setblocking(False)
        task = asyncio.create_task(work(peer), name="call")
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        task.add_done_callback(lambda _: self._room.set())
        task.add_done_callback(lambda _: peer.close())  # also if it was cancelled before it began

    async def _turn_away(self, peer: socket.socket) -> None:
        try:
            async with Connection(*await asyncio.open_connection(sock=peer)) as connection:
                data = await _connect(connection)
                async with asyncio.timeout(CONNECT_SECONDS):
                    await connection.command("resume")
                logger.info("call %s: sent back to the dialplan", data["Unique-ID"])
        except (SwitchError, OSError) as error:
            ESL_ERRORS.labels("refused").inc()
            logger.warning("could not send a call back to the dialplan: %s", error or "no answer to resume")

    async def _serve(self, peer: socket.socket) -> None:
        call = "without data"
        try:
            async with Connection(*await asyncio.open_connection(sock=peer)) as connection:
                data = await _connect(connection)
                call = data["Unique-ID"]
                await self._handler(connection, data)
        except* (ConnectionLost, HungUp) as over:
            logger.info("call %s: over: %s", call, _first(over))
        except* _NoEventSocket as stranger:
            ESL_ERRORS.labels("stranger").inc()
            logger.warning("dropped a peer that speaks no Event Socket: %s", _first(stranger))
        except* Exception:
            # Whatever is wrong with one call, the others go on.
            ESL_ERRORS.labels("call").inc()
            logger.exception("call %s: failed", call)


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


class _NoEventSocket(SwitchError):
    """Whoever connected is no FreeSWITCH with a call."""


async def _connect(connection: Connection) -> Event:
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            data = Event((await connection.command("connect")).headers)
    except TimeoutError as error:
        raise _NoEventSocket(f"no answer to connect in {CONNECT_SECONDS:g} s") from error
    except SwitchError as error:
        if connection.dismissed:
            raise  # the caller hung up meanwhile
        raise _NoEventSocket(str(error)) from error
    if not data.get("Unique-ID"):
        raise _NoEventSocket("connected without a call")
    return data


def bind(host: str, port: int, reuse_port: bool) -> socket.socket:
    """Return a socket that listens there. Raises `OSError`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.create_server((host, port), family=family, backlog=BACKLOG, reuse_port=reuse_port)
    listening.setblocking(False)
    return listening


@asynccontextmanager
async def serve(
    handler: CallHandler, host: str, port: int, *, limit: int, peers: Iterable[Network], reuse_port: bool = False
) -> AsyncIterator[Server]:
    """Give each call that arrives, with its channel data, to *handler*; at most *limit* at once.

    Leaving the block stops listening and waits for the calls; cancelling that, or an error in the
    block, cancels them. A call whose handler returns before the hang-up goes on in the dialplan.
    Only *peers* are let in. Raises `OSError` if the address cannot be bound.
    """
    listening = bind(host, port, reuse_port)
    server = Server(handler, listening.getsockname()[1], limit, peers)
    accepting = asyncio.create_task(server.listen(host, listening, reuse_port), name="accept calls")
    try:
        yield server
        await _cancel({accepting})
        await server.idle()
    finally:
        await _cancel({accepting})
        await _cancel(server.calls | server.turned_away)
        listening.close()  # it was cancelled, perhaps before it began
        if not accepting.cancelled():
            accepting.result()


async def _cancel(tasks: set[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks)
