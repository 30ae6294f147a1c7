"""Which addresses may be asked when somebody else wrote them."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

from yarl import URL

from assist.errors import WebError

LONGEST: Final = 2048
"""Characters of an address: browsers and proxies take no longer ones either."""

# IANA's registries of special addresses, without those that are reachable from everywhere; kept here, since what
# `ipaddress` knows of them varies with the version of Python.
_NOT_PUBLIC: Final = [
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        # Link-local, where most clouds tell a machine its secrets.
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        # Public by its number, but inside Azure it is the machine's own host.
        "168.63.129.16/32",
    )
]
_GLOBAL: Final = IPv6Network("2000::/3")
"""All that was ever given out; what is outside, such as mapped and translated IPv4 addresses, leads elsewhere."""
_NOT_GLOBAL: Final = [
    IPv6Network(network)
    # For protocols, Teredo among them; examples; IPv4 addresses as 6to4; examples.
    for network in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
]


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether *address* is one machine of the Internet: not this one, not nearby, not IPv4 in disguise."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC)
    return address in _GLOBAL and not any(address in network for network in _NOT_GLOBAL)


def read_url(text: str, *, loopback: bool = False) -> URL:
    """Return *text* as an address that may be asked, if its name resolves to one that may. Raises `WebError`.

    It must begin with ``https://``, or, if *loopback* is allowed and it names this machine, with ``http://``.
    """
    if len(text) > LONGEST:
        raise WebError(f"is longer than {LONGEST} characters", refused=True)
    try:
        url = URL(text)
    except ValueError:
        # The library's message repeats the address, which may hold a secret.
        raise WebError("is no address: write https://host/path", refused=True) from None
    if not url.host:
        raise WebError("is no address: write https://host/path", refused=True)
    if url.scheme != "https" and not (url.scheme == "http" and loopback and _is_this_machine(url.host)):
        raise WebError("must begin with https://", refused=True)
    if url.user is not None or url.password is not None:
        raise WebError("must not hold a user or a password", refused=True)
    literal = _literal(url.host)
    if literal and not is_public(literal) and not (loopback and literal.is_loopback):
        raise WebError("is no public address", refused=True)
    return url.with_fragment(None)


def _is_this_machine(host: str) -> bool:
    literal = _literal(host)
    return literal.is_loopback if literal else host == "localhost"


def _literal(host: str) -> IPv4Address | IPv6Address | None:
    """Return the address that *host* is; None: a name, of which only its resolution tells."""
    try:
        return ip_address(host)
    except ValueError:
        return None
