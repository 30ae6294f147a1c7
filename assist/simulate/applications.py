"""The dialplan applications of the simulated switch; each returns, or yields, until it has ended."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from assist.simulate.bridge import bridge
from assist.simulate.clock import frames
from assist.simulate.messages import parse_messages
from assist.simulate.outbound import park, socket
from assist.simulate.playback import playback
from assist.simulate.session import Session, Steps


def answer(session: Session, argument: str) -> Steps:
    """Pick up."""
    session.answer()
    yield from ()


def hangup(session: Session, argument: str) -> Steps:
    session.hang_up(argument or "NORMAL_CLEARING")
    yield from ()


def set_variable(session: Session, argument: str) -> Steps:
    name, _, value = argument.partition("=")
    session.set_variable(name, value)
    yield from ()


def sleep(session: Session, argument: str) -> Steps:
    """Keys pressed meanwhile are told later."""
    for _ in range(frames(int(argument) / 1000)):
        if not session.ready or session.take_break():
            return
        yield from parse_messages(session)
        yield from session.read()


def echo(session: Session, argument: str) -> Steps:
    while session.ready and not session.take_break():
        packet = yield from session.read()
        yield from parse_messages(session)
        session.dequeue_key()
        session.rtp.write(packet.audio)


def record_session(session: Session, argument: str) -> Steps:
    with suppress(OSError):
        session.record(Path(argument.split("+")[0].strip()), {})
    yield from ()


def stop_record_session(session: Session, argument: str) -> Steps:
    with suppress(KeyError):
        session.stop_recording(Path(argument))
    yield from ()


APPLICATIONS: Mapping[str, Callable[[Session, str], Steps]] = {
    "answer": answer,
    "bridge": bridge,
    "echo": echo,
    "hangup": hangup,
    "park": park,
    "playback": playback,
    "record_session": record_session,
    "set": set_variable,
    "sleep": sleep,
    "socket": socket,
    "stop_record_session": stop_record_session,
}
