"""Who listens for TCP on this machine, as the kernel tells: `/proc/net/tcp` of proc(5)."""

import re
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))

_LISTENING = re.compile(
    r"^ *\d+: (?P<address>[0-9A-F]+):(?P<port>[0-9A-F]{4}) [0-9A-F]+:[0-9A-F]+ 0A \S+ \S+ \S+ +(?P<uid>\d+) ",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Listener:
    """One socket that takes connections."""

    address: IPv4Address | IPv6Address
    port: int
    uid: int
    """Of who opened it."""


def listeners(port: int) -> list[Listener]:
    """Return who listens on *port*."""
    tables = "\n".join(table.read_text(encoding="ascii") for table in TABLES if table.exists())
    return [listener for listener in parse(tables) if listener.port == port]


def parse(table: str) -> Iterator[Listener]:
    """Yield the sockets of *table* that take connections."""
    for row in _LISTENING.finditer(table):
        yield Listener(_address(row["address"]), int(row["port"], 16), int(row["uid"]))


def _address(written: str) -> IPv4Address | IPv6Address:
    raw = bytes.fromhex(written)
    # The kernel writes 32-bit words as this machine reads them.
    step = -1 if sys.byteorder == "little" else 1
    return ip_address(b"".join(raw[at : at + 4][::step] for at in range(0, len(raw), 4)))


def is_here(host: str) -> bool:
    """Whether *host* is an address of this machine."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, 0, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, kind) as probe:
            probe.bind(address)
    except OSError:
        return False
    return True


def is_open(address: IPv4Address | IPv6Address) -> bool:
    """Whether who listens there can be reached from the internet, if no firewall is between."""
    return address.is_unspecified or address.is_global
