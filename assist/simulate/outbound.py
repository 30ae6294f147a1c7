"""``socket``: a simulated call is given to a worker, and waits for what it says."""

import asyncio
from collections.abc import Generator, Sequence
from typing import TypeAlias

from assist.simulate.event_socket import EventSocket
from assist.simulate.messages import parse_messages
from assist.simulate.session import Session, Steps

Streams: TypeAlias = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def socket(session: Session, argument: str) -> Steps:
    """Give the call to the first of ``host:port|host:port`` that is there; return when nobody controls it any more."""
    streams = yield from _dial(session, argument.split()[0].split("|"))
    if streams is None:
        return
    connection = EventSocket(session, *streams)
    session.sockets.append(connection)
    session.board.begin(connection.run())
    while session.ready and not connection.finished and not connection.connected:
        yield
    yield from park(session)
    yield from parse_messages(session)
    session.resetting = False


def _dial(session: Session, hosts: Sequence[str]) -> Generator[None, None, Streams | None]:
    for host in hosts:
        address, _, port = host.rpartition(":")
        session.variables["socket_host"] = address
        dialing = session.board.begin(asyncio.open_connection(address, int(port)))
        while not dialing.done():
            yield from session.wait()
        if not dialing.cancelled() and dialing.exception() is None:
            return dialing.result()
    return None


def park(session: Session, argument: str = "") -> Steps:
    """Do what messages ask for, until the end or until nobody controls the call any more."""
    if session.resetting:
        return
    session.controlled = True
    session.fire("CHANNEL_PARK")
    while session.ready and session.controlled:
        yield from session.read()
        yield from parse_messages(session)
        session.dequeue_key()
    session.controlled = False
    session.fire("CHANNEL_UNPARK")
