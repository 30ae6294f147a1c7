"""What FreeSWITCH's SIP module says of profiles and gateways; tests/live asks a real one."""

import pytest

from assist.doctor.finding import State
from assist.doctor.gateways import gateways

RUNNING = "<profiles><profile><name>trunk</name><state>RUNNING (0)</state></profile></profiles>"
STOPPED = "<profiles><profile><name>trunk</name><state>DOWN</state></profile></profiles>"


def details(state: str, status: str) -> str:
    return (
        '<?xml version="1.0" encoding="ISO-8859-1"?>\n<gateways><gateway><name>carrier</name>'
        f"<username>secret</username><state>{state}</state><status>{status}</status></gateway></gateways>"
    )


@pytest.mark.parametrize(
    ("state", "status", "expected"),
    [
        ("REGED", "UP", State.OK),
        ("NOREG", "UP", State.OK),
        ("NOREG", "DOWN", State.WRONG),
        ("REGED", "DOWN", State.WRONG),
        ("TRYING", "DOWN", State.WARNING),
        ("UNREGED", "DOWN", State.WARNING),
        ("FAIL_WAIT", "DOWN", State.WRONG),
        ("FAILED", "DOWN", State.WRONG),
        ("NOAVAIL", "UP", State.WRONG),
    ],
)
def test_a_gateway_is_as_well_as_its_registration_and_its_answers(state: str, status: str, expected: State) -> None:
    profile, found = gateways("FreeSWITCH", RUNNING, details(state, status))
    assert profile.state is State.OK
    assert (found.subject, found.state) == ("FreeSWITCH: gateway carrier", expected)
    assert (found.mend == "") is (expected is State.OK)
    assert "secret" not in repr(found)


def test_a_profile_that_does_not_run_is_wrong() -> None:
    profile, _ = gateways("FreeSWITCH", STOPPED, details("NOREG", "UP"))
    assert (profile.state, profile.found) == (State.WRONG, "does not run: trunk")


def test_without_profiles_nothing_rings_and_without_gateways_nothing_goes_out() -> None:
    profile, none = gateways("FreeSWITCH", "<profiles/>", "<gateways/>")
    assert (profile.state, none.state) == (State.WRONG, State.WARNING)


@pytest.mark.parametrize("answer", ["", "-ERR sofia Command not found!"])
def test_one_that_does_not_tell_is_a_warning(answer: str) -> None:
    (found,) = gateways("FreeSWITCH", answer, answer)
    assert found.state is State.WARNING
