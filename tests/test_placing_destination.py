import pytest

from assist.campaign.flaw import Unfit
from assist.errors import ConfigurationError
from assist.placing.destination import NotAllowed, guard_of
from assist.settings import Calls


@pytest.mark.parametrize("text", ["+34 912 345 678", "612345678", "0034 612 34 56 78"])
def test_numbers_of_the_country_are_called(text: str) -> None:
    assert guard_of(Calls()).read(text).e164.startswith("+34")


@pytest.mark.parametrize(
    "text",
    [
        "+34 803 123 456",  # premium
        "+34 901 123 456",  # shared cost
        "+44 20 7946 0958",
        "+881 612 345 678",  # a satellite
        "+1 809 555 0123",  # the Caribbean, which looks like the United States
    ],
)
def test_others_are_not(text: str) -> None:
    with pytest.raises(NotAllowed, match="ASSIST_CALLS_COUNTRIES") as refused:
        guard_of(Calls()).read(text)
    assert not any(digits in str(refused.value) for digits in text.split() if len(digits) > 2)


def test_countries_prefixes_and_kinds_are_added_by_the_settings() -> None:
    calls = Calls(country="MX", countries=("ES",), prefixes=("+4420",), kinds=("fixed", "fixed_or_mobile", "premium"))
    guard = guard_of(calls)
    for text in ("55 1234 5678", "+34 803 123 456", "+44 20 7946 0958"):
        guard.read(text)
    with pytest.raises(NotAllowed):
        guard.read("+44 161 496 0123")


@pytest.mark.parametrize("text", ["", "12", "+34 600 000 001 y +34 600 000 002", "sip:a@b", "600000001,100"])
def test_what_is_no_number_is_told_apart(text: str) -> None:
    with pytest.raises(Unfit):
        guard_of(Calls()).read(text)


def test_a_kind_that_does_not_exist_is_told() -> None:
    with pytest.raises(ConfigurationError, match="ASSIST_CALLS_KINDS: there is no satellite"):
        guard_of(Calls(kinds=("satellite",)))
