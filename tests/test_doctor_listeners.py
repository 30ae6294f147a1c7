"""Who listens on this machine, by real sockets."""

import os
import socket
from ipaddress import ip_address

import pytest

from assist.doctor.listeners import is_here, is_open, listeners


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0", "::1", "::"])
def test_a_listener_is_found_with_its_address_and_its_user(address: str) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as listening:
        try:
            listening.bind((address, 0))
        except OSError:
            pytest.skip("no IPv6 on this machine")
        port = listening.getsockname()[1]
        assert listeners(port) == [], "bound, but not listening"
        listening.listen()
        ((found),) = listeners(port)
    assert (str(found.address), found.port, found.uid) == (address, port, os.getuid())


@pytest.mark.parametrize(
    ("address", "expected"),
    [("127.0.0.1", False), ("10.0.0.7", False), ("::1", False), ("0.0.0.0", True), ("::", True), ("8.8.8.8", True)],
)
def test_open_is_what_strangers_can_reach(address: str, expected: bool) -> None:
    assert is_open(ip_address(address)) is expected


def test_only_addresses_of_this_machine_are_here() -> None:
    assert is_here("127.0.0.1")
    assert is_here("localhost")
    assert not is_here("192.0.2.1")
    assert not is_here("no-such-host.invalid")
