"""The clock and the limits of this machine."""

import resource

import pytest

from assist.doctor import machine
from assist.doctor.finding import State
from assist.settings import read_settings


def test_the_kernel_is_asked_whether_its_clock_is_set() -> None:
    (found,) = machine.clock(read_settings())
    assert found.subject == "Clock: NTP"
    assert found.state in (State.OK, State.WARNING)


@pytest.mark.parametrize(
    ("soft", "hard", "state", "mend"),
    [
        (1024, 4096, State.OK, ""),
        (resource.RLIM_INFINITY, resource.RLIM_INFINITY, State.OK, ""),
        (256, 4096, State.WARNING, "ulimit -n 700"),
        (256, resource.RLIM_INFINITY, State.WARNING, "ulimit -n 700"),
        (256, 256, State.WARNING, "LimitNOFILE=700 in systemd, or limits.conf"),
    ],
)
def test_a_worker_with_fifty_calls_needs_its_files(soft: int, hard: int, state: State, mend: str) -> None:
    found = machine.enough(soft, hard, calls=50)
    assert (found.state, found.mend) == (state, mend)


def test_the_limit_is_that_of_this_process() -> None:
    (found,) = machine.descriptors(read_settings())
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert found.found.startswith((f"{soft};", f"at most {soft};", "unlimited"))
