"""The country of an assistant."""

from zoneinfo import ZoneInfo

import pytest

from assist.assistant.countries import countries, country_of, existing

needs_the_table = pytest.mark.skipif(not countries(), reason="no zone.tab beside the time zones")


@needs_the_table
@pytest.mark.parametrize(
    ("zone", "country"), [("Europe/Madrid", "ES"), ("America/Bogota", "CO"), ("Atlantic/Canary", "ES")]
)
def test_a_time_zone_has_its_country(zone: str, country: str) -> None:
    assert country_of(ZoneInfo(zone), "en") == country


@pytest.mark.parametrize(("language", "country"), [("es", "ES"), ("en", "US")])
def test_a_zone_of_no_country_goes_by_the_language(language: str, country: str) -> None:
    assert country_of(ZoneInfo("UTC"), language) == country


@needs_the_table
def test_a_country_that_does_not_exist_is_refused() -> None:
    assert existing("MX") == "MX"
    with pytest.raises(ValueError, match="ISO 3166"):
        existing("UK")
