"""What is installed, beside what Assist wants."""

from packaging.requirements import Requirement

from assist.doctor import packages
from assist.doctor.finding import State
from assist.settings import read_settings

WANTED = [
    Requirement("click == 8.5.1"),
    Requirement("audioop-lts == 0.2.2; python_version < '3'"),
    Requirement('openai == 3.54.0; extra == "openai"'),
]
INSTALLED = {"click": "8.5.1", "audioop-lts": None, "openai": None}


def test_an_extra_or_what_another_python_needs_may_be_missing() -> None:
    found = packages.packages(WANTED, INSTALLED)
    assert (found.state, found.found) == (State.OK, "1, all as tested")


def test_a_missing_package_is_wrong() -> None:
    found = packages.packages(WANTED, {**INSTALLED, "click": None})
    assert (found.state, found.found) == (State.WRONG, "missing: click")


def test_another_version_is_told_that_of_an_extra_too() -> None:
    found = packages.packages(WANTED, {**INSTALLED, "click": "8.0", "openai": "1.0"})
    assert found.state is State.WARNING
    assert found.found == "not the tested version: click 8.0 (==8.5.1), openai 1.0 (==3.54.0)"


def test_what_runs_these_tests_is_there() -> None:
    python, installed = packages.look(read_settings())
    assert python.state is State.OK
    assert installed.state is not State.WRONG, installed.found
