from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assist.campaign.consent import Refused, consent_of, missing, moment
from assist.campaign.flaw import Unfit
from assist.campaign.model import Consent

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC).timestamp()
MAY = datetime(2026, 5, 4, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("2026-05-04", "ES"),
        ("4/5/2026", "ES"),
        ("04.05.2026", "ES"),
        ("04-05-2026 00:00", "CO"),
        ("4/5/2026 0:00:00", "MX"),
        ("5/4/2026", "US"),
        ("2026-05-04T00:00Z", "ES"),
        ("2026-05-04T02:00+02:00", "ES"),
    ],
)
def test_dates_are_read_as_they_are_written_there(text: str, country: str) -> None:
    assert moment(text, country) == MAY


@pytest.mark.parametrize("text", ["ayer", "31/2/2026", "13/13/2026", "2026", "5/2026", "4/5/26"])
def test_what_is_no_date_is_told(text: str) -> None:
    with pytest.raises(Unfit, match="no date"):
        moment(text, "ES")


@given(st.text())
def test_any_text_is_a_date_or_none(text: str) -> None:
    try:
        moment(text, "ES")
    except Unfit as unfit:
        assert unfit.mistake == "this is no date"


@pytest.mark.parametrize("said", ["no", "NO", "0", "false", "Falso", "revocado"])
def test_whoever_did_not_agree_is_refused(said: str) -> None:
    with pytest.raises(Refused):
        consent_of(said, "web", "2026-05-04", "", country="ES", now=NOW)


def test_a_consent_says_where_and_when() -> None:
    web = Consent("web", MAY, "https://example.org/1")
    assert consent_of("sí", "web", "4/5/2026", web.proof, country="ES", now=NOW) == web
    assert consent_of("web", "", "4/5/2026", web.proof, country="ES", now=NOW) == web


@pytest.mark.parametrize(
    ("said", "source", "at", "mistake"),
    [
        ("", "", "", "not said that"),
        ("", "", "4/5/2026", "not said that"),
        ("sí", "", "4/5/2026", "where"),
        ("sí", "web", "", "when"),
        ("web", "", "", "when"),
    ],
)
def test_half_a_consent_is_none(said: str, source: str, at: str, mistake: str) -> None:
    assert consent_of(said, source, at, "", country="ES", now=NOW) is None
    assert mistake in missing(said, source, at).mistake


def test_nobody_agrees_tomorrow() -> None:
    with pytest.raises(Unfit, match="future"):
        consent_of("sí", "web", "2027-01-01", "", country="ES", now=NOW)
