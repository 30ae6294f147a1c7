"""The numbers are those of documentation and of nobody."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assist.campaign.flaw import Unfit
from assist.campaign.numbers import Destinations, Kind, normalise, read, spelled

SPELLINGS = {
    "ES": {
        "+34612345678": [
            "612345678",
            "612 34 56 78",
            "612.345.678",
            "612-345-678",
            "+34 612 345 678",
            "0034612345678",
            "34612345678",
            "(+34) 612345678",
            "'612345678",
            "612345678.0",
            "612345678,00",
            "tel:+34612345678",
            "\u202a+34\u00a0612\u00a0345\u00a0678\u202c",
            "６１２３４５６７８",
            "612\u2010345\u2010678",
            "  612345678\t",
        ],
        "+34915550102": ["91 555 01 02", "91/555 01 02", "(91) 555-01-02"],
    },
    "MX": {
        "+525512345678": [
            "55 1234 5678",
            "+52 1 55 1234 5678",
            "5215512345678",
            "044 55 1234 5678",
            "045 55 1234 5678",
            "01 55 1234 5678",
        ],
        "+34612345678": ["+34 612 345 678", "0034 612 345 678"],
    },
    "CO": {"+573001234567": ["300 123 4567", "57 300 1234567"], "+34612345678": ["0034 612 345 678"]},
    "AR": {"+5491155555555": ["011 15 5555-5555", "+54 9 11 5555 5555"], "+541155555555": ["11 5555 5555"]},
    "US": {"+12125550123": ["(212) 555-0123", "1-212-555-0123", "212.555.0123"]},
}


@pytest.mark.parametrize(
    ("country", "e164", "text"),
    [
        (country, e164, text)
        for country, numbers in SPELLINGS.items()
        for e164, spellings in numbers.items()
        for text in spellings
    ],
)
def test_every_spelling_is_the_same_number(country: str, e164: str, text: str) -> None:
    assert normalise(text, country) == e164
    assert spelled(text, country) == e164


@pytest.mark.parametrize(
    ("text", "mistake"),
    {
        "": "no number",
        "3,46E+10": "shortened",
        "3.46123e+10": "shortened",
        "6,12E8": "shortened",
        "612345678 / 915550102": "more than one",
        "612345678 y 915550102": "more than one",
        "612345678;915550102": "more than one",
        "612345678, 915550102": "more than one",
        "915550102 ext. 12": "extension",
        "915550102x12": "extension",
        "61234567": "missing",
        "6123456789": "too many",
        "no tiene": "no telephone number",
        "1-800-FLOWERS": "no telephone number",
        "+999123456789": "no country",
        "112": "missing",
        "412345678": "in use",
        "9" * 10_000: "no telephone number",
    }.items(),
)
def test_what_would_need_guessing_is_refused_with_a_mend(text: str, mistake: str) -> None:
    with pytest.raises(Unfit, match=mistake) as refused:
        normalise(text, "ES")
    assert refused.value.mend
    assert not text or text not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "kind", "country"),
    [
        ("+34612345678", Kind.MOBILE, "ES"),
        ("+34915550102", Kind.FIXED, "ES"),
        ("+34803123456", Kind.PREMIUM, "ES"),
        ("+34902123456", Kind.SHARED_COST, "ES"),
        ("+18005550199", Kind.TOLL_FREE, "US"),
        ("+12125550123", Kind.FIXED_OR_MOBILE, "US"),
        ("+18765551234", Kind.MOBILE, "JM"),
        ("+8816512345678", Kind.MOBILE, "001"),
    ],
)
def test_a_number_tells_its_kind_and_country(text: str, kind: Kind, country: str) -> None:
    number = read(text, "ES")
    assert (number.kind, number.country) == (kind, country)


@pytest.mark.parametrize(
    "text", ["+34803123456", "+34902123456", "+18765551234", "+8816512345678", "+14165550123", "+33612345678"]
)
def test_what_costs_more_or_is_elsewhere_is_not_called(text: str) -> None:
    """Not even with the same country code."""
    with pytest.raises(Unfit):
        Destinations(frozenset({"ES", "US"})).check(read(text, "ES"))


def test_a_prefix_lets_in_one_place_of_a_country() -> None:
    paris = Destinations(frozenset({"ES"}), prefixes=("+331",))
    paris.check(read("+33123456789", "ES"))
    with pytest.raises(Unfit, match="country"):
        paris.check(read("+33612345678", "ES"))


def test_a_number_out_of_use_has_a_spelling_all_the_same() -> None:
    assert spelled("412 345 678", "ES") == "+34412345678"
    with pytest.raises(Unfit):
        spelled("61234567", "ES")


@given(
    st.text() | st.from_regex(r"[+0-9 ().eE,;/x'-]{1,25}", fullmatch=True), st.sampled_from(["ES", "MX", "US", "ZZ"])
)
def test_any_text_is_a_number_or_refused(text: str, country: str) -> None:
    try:
        number = normalise(text, country)
    except Unfit:
        return
    assert normalise(number, "ZZ") == number
