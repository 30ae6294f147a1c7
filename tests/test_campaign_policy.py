"""What countries allow, as files say it."""

from pathlib import Path

import pytest

from assist.campaign.model import Caps
from assist.campaign.numbers import Kind
from assist.campaign.policy import Policies, Policy, Purpose, Say, inspect, load_policies
from assist.errors import ConfigurationError
from tests.campaigns import CONFIG, SHIPPED

DIRECTORY = CONFIG / "policies"
RIGHT = (DIRECTORY / "co.yaml").read_text(encoding="utf-8")


def mistakes(tmp_path: Path, text: str, name: str = "co.yaml") -> list[str]:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    found = inspect(path)
    return [] if isinstance(found, Policy) else [str(mistake).removeprefix(f"{tmp_path}/") for mistake in found]


@pytest.mark.parametrize("path", sorted(DIRECTORY.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_policies_that_ship_are_right_tell_their_source_and_that_they_are_no_advice(path: Path) -> None:
    assert isinstance(inspect(path), Policy)
    comments = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("#")]
    assert "Not legal advice" in comments[0]
    assert len(comments) >= 3


def test_the_countries_of_the_first_audience_have_a_policy_and_others_the_default() -> None:
    assert {path.stem for path in DIRECTORY.glob("*.yaml")} == {"es", "co", "ar", "mx", "us", "default"}
    assert SHIPPED.of("ES") is not SHIPPED.of("CO")
    assert SHIPPED.of("PT") is SHIPPED.of("CL")


def test_spain_shows_no_mobile_numbers() -> None:
    assert SHIPPED.of("ES").caller_ids == (Kind.FIXED, Kind.TOLL_FREE)


@pytest.mark.parametrize("country", ["ES", "CO", "AR", "MX", "US", "PT"])
def test_marketing_needs_consent_a_fresh_registry_and_an_honest_greeting(country: str) -> None:
    terms = SHIPPED.of(country).purposes[Purpose.MARKETING]
    assert terms.consent
    assert terms.registry_days is not None and terms.registry_days <= 31
    assert set(terms.greeting) == set(Say)


def test_colombia_calls_once_a_day() -> None:
    assert SHIPPED.of("CO").purposes[Purpose.COLLECTION].caps == Caps(rolling=1, day=1, week=3)


@pytest.mark.parametrize("country", ["ES", "CO", "AR", "MX", "US", "PT"])
def test_no_policy_is_wider_for_marketing_than_for_service(country: str) -> None:
    purposes = SHIPPED.of(country).purposes
    assert list(purposes[Purpose.MARKETING].hours.beyond(purposes[Purpose.SERVICE].hours)) == []


CASES = [
    ("  service:\n", "  servic:\n", "24: purposes.servic: there is no such choice; "),
    ('monday: "7:00-19:00"', 'monday: "7-19"', "13: purposes.marketing.hours.monday.0: these are no hours; write from"),
    ("holidays: country", "holidays: some", "19: purposes.marketing.holidays: there is no such choice; write one of"),
    (
        "registry_days: 30",
        "registry_days: 0",
        "22: purposes.marketing.registry_days: this is too small; write 1 or more",
    ),
    (
        "registry_days: 30",
        "registry: 30",
        "22: purposes.marketing.registry: there is no such field; did you mean registry",
    ),
    (
        "caps: {rolling: 1, day: 1, week: 3}",
        "caps: {dya: 1}",
        "20: purposes.marketing.caps.dya: there is no such field; did",
    ),
]


@pytest.mark.parametrize(("right", "wrong", "mistake"), CASES)
def test_a_mistake_has_its_line_and_mend(tmp_path: Path, right: str, wrong: str, mistake: str) -> None:
    found = mistakes(tmp_path, RIGHT.replace(right, wrong, 1))
    assert any(one.startswith(f"co.yaml:{mistake}") for one in found), found


def test_the_file_the_mistakes_are_put_in_has_none(tmp_path: Path) -> None:
    assert mistakes(tmp_path, RIGHT) == []


def test_every_purpose_has_terms(tmp_path: Path) -> None:
    text = RIGHT[: RIGHT.index("  collection:")]
    (mistake,) = mistakes(tmp_path, text)
    assert mistake.endswith("purposes: collection is missing; write collection: with its hours")


def test_a_file_is_called_as_a_country_whose_holidays_are_known(tmp_path: Path) -> None:
    (mistake,) = mistakes(tmp_path, RIGHT, "colombia.yaml")
    assert mistake.endswith("call it by the two letters of a country, as es.yaml, or default.yaml")


@pytest.mark.parametrize("text", ["", "- a\n", "purposes: [\n"])
def test_what_is_no_policy_is_refused(tmp_path: Path, text: str) -> None:
    assert len(mistakes(tmp_path, text)) == 1


def test_a_directory_tells_all_its_mistakes_and_needs_a_default(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"there is no default\.yaml"):
        load_policies(tmp_path)
    for name in ("ar.yaml", "mx.yaml"):
        (tmp_path / name).write_text("purposes: 3\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"(?s)ar\.yaml:1: .*mx\.yaml:1: "):
        load_policies(tmp_path)


def test_a_country_without_a_file_is_not_let_through() -> None:
    only = Policies({"default": SHIPPED.of("PT")})
    assert only.of("ES") is only.of("default")
