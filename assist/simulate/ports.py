"""Ports for what this package starts on loopback."""

import socket
from contextlib import ExitStack


def free_ports(count: int) -> list[int]:
    """Return so many ports of 127.0.0.1 that, a moment ago, nobody had, neither of TCP nor of UDP."""
    found: list[int] = []
    with ExitStack() as held:
        # Each is held until all are found: none is found twice.
        while len(found) < count:
            tcp = held.enter_context(socket.socket())
            udp = held.enter_context(socket.socket(type=socket.SOCK_DGRAM))
            tcp.bind(("127.0.0.1", 0))
            try:
                udp.bind(tcp.getsockname())
            except OSError:
                continue
            found.append(tcp.getsockname()[1])
    return found


def free_port() -> int:
    """Return one of `free_ports`."""
    return free_ports(1)[0]
