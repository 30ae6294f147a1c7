"""The ways to the carriers, as FreeSWITCH's SIP module tells of them."""

from collections.abc import Iterator
from xml.etree import ElementTree as Xml

from assist.doctor.finding import Finding, ok, warning, wrong

REGISTERED = "REGED"
NO_REGISTRATION = "NOREG"
TRYING = frozenset({"TRYING", "REGISTER", "UNREGED", "EXPIRED"})


def gateways(name: str, status: str, details: str) -> Iterator[Finding]:
    """Yield what is to be said of the SIP profiles and gateways of the FreeSWITCH *name*.

    *status* is the answer to ``sofia xmlstatus``, *details* that to ``sofia xmlstatus gateway``.
    """
    profiles, found = _read(status), _read(details)
    if profiles is None or found is None:
        yield warning(f"{name}: SIP", "does not tell of its profiles", "see fs_cli -x 'sofia status'")
        return
    yield from _profiles(name, profiles)
    known = list(found.iter("gateway"))
    if not known:
        mend = "copy an example of freeswitch/conf/sip_profiles/trunk, to place calls"
        yield warning(f"{name}: gateways", "there is none: calls come in, none go out", mend)
    for gateway in known:
        told = {field: gateway.findtext(field, "") for field in ("name", "state", "status")}
        yield _gateway(f"{name}: gateway {told['name']}", told["name"], told["state"], told["status"])


def _read(answer: str) -> Xml.Element | None:
    try:
        return Xml.fromstring(answer)
    except Xml.ParseError:
        return None


def _profiles(name: str, status: Xml.Element) -> Iterator[Finding]:
    states = {profile.findtext("name", ""): profile.findtext("state", "") for profile in status.iter("profile")}
    still = [profile for profile, state in states.items() if not state.startswith("RUNNING")]
    mend = "see FreeSWITCH's log: the address or port of ASSIST_SIP_IP and ASSIST_SIP_PORT may be taken"
    if still or not states:
        yield wrong(f"{name}: SIP", f"does not run: {', '.join(still) or 'no profile is there'}", mend)
    else:
        yield ok(f"{name}: SIP", f"{', '.join(states)}: running")


def _gateway(subject: str, gateway: str, state: str, status: str) -> Finding:
    look = f"fs_cli -x 'sofia status gateway {gateway}'"
    if status != "UP" and state in (REGISTERED, NO_REGISTRATION):
        mend = f"see its address, the firewall and {look}"
        return wrong(subject, "down: the carrier does not answer OPTIONS", mend)
    if state == REGISTERED:
        return ok(subject, "registered")
    if state == NO_REGISTRATION:
        return ok(subject, "up, wants no registration")
    if state in TRYING:
        return warning(subject, f"not registered yet: {state}", f"wait, then see {look}")
    mend = f"see user and password of the trunk, the firewall and {look}"
    return wrong(subject, f"not registered: {state or 'unknown'}", mend)
