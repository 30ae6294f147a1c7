"""Tests for the addresses that may be asked when somebody else wrote them."""

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis.strategies import ip_addresses

from assist.errors import WebError
from assist.web.address import is_public, read_url


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.215.14", "2606:4700::1111", "2a00:1450:4003::5"])
def test_a_machine_of_the_internet_is_public(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "127.0.0.1",
        "127.255.255.254",
        "172.31.0.1",
        "192.168.1.1",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1",
        "fe80::1%eth0",
        "fd00::1",
        "ff02::1",
        "2001:db8::1",
        "2001:0:53aa:64c::1",
    ],
)
def test_a_machine_nearby_is_not(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize(
    "address", ["169.254.169.254", "fd00:ec2::254", "100.100.100.200", "192.0.0.192", "168.63.129.16", "fd20:ce::254"]
)
def test_where_clouds_tell_their_secrets_is_not(address: str) -> None:
    assert not is_public(ip_address(address))


@given(ip_addresses(v=4))
def test_what_python_knows_to_be_special_is_never_public(address: IPv4Address) -> None:
    special = address.is_private or address.is_multicast or address.is_reserved or address.is_loopback
    assert not (special and is_public(address))


@given(ip_addresses(v=6))
def test_what_python_knows_to_be_special_in_ipv6_is_never_public(address: IPv6Address) -> None:
    special = address.is_private or address.is_multicast or address.is_reserved or address.is_site_local
    assert not (special and is_public(address))


@given(ip_addresses(v=4))
def test_an_ipv4_address_in_disguise_is_never_public(address: IPv4Address) -> None:
    """Not even if it is public itself: nobody has such an address but to get past somebody."""
    number = int(address)
    disguises = [
        IPv6Address(number),
        IPv6Address(0xFFFF << 32 | number),
        IPv6Address(0xFFFF << 48 | number),
        IPv6Address(0x64FF9B << 96 | number),
        IPv6Address(0x64FF9B0001 << 80 | number),
        IPv6Address(0x2002 << 112 | number << 80 | 1),
        IPv6Address(0x20010000 << 96 | number ^ 0xFFFFFFFF),
    ]
    assert not any(map(is_public, disguises))


def test_an_address_keeps_its_port_path_and_query_and_loses_its_fragment() -> None:
    assert str(read_url("https://hooks.example:8443/calls?of=us#top")) == "https://hooks.example:8443/calls?of=us"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("http://hooks.example/", "must begin with https://"),
        ("http://127.0.0.1/", "must begin with https://"),
        ("ftp://hooks.example/", "must begin with https://"),
        ("file:///etc/passwd", "is no address: write https://host/path"),
        ("https:///path", "is no address: write https://host/path"),
        ("hooks.example", "is no address: write https://host/path"),
        ("https://[::1", "is no address: write https://host/path"),
        ("https://hooks.example:port/", "is no address: write https://host/path"),
        ("https://me:secret@hooks.example/", "must not hold a user or a password"),
        ("https://192.168.0.7/", "is no public address"),
        ("https://127.0.0.1/", "is no public address"),
        ("https://[::1]:8443/", "is no public address"),
        ("https://[::ffff:10.0.0.1]/", "is no public address"),
        ("https://hooks.example/" + "a" * 2048, "is longer than 2048 characters"),
    ],
)
def test_what_may_not_be_asked_is_said_without_repeating_it(text: str, reason: str) -> None:
    with pytest.raises(WebError) as caught:
        read_url(text)
    assert (str(caught.value), caught.value.refused) == (reason, True)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_this_machine_may_be_asked_without_tls_where_that_is_allowed(host: str) -> None:
    assert read_url(f"http://{host}:8080/", loopback=True).scheme == "http"


@pytest.mark.parametrize("host", ["hooks.example", "10.0.0.1", "localhost.example"])
def test_another_machine_may_not_be_asked_without_tls_even_there(host: str) -> None:
    with pytest.raises(WebError, match="https"):
        read_url(f"http://{host}/", loopback=True)
