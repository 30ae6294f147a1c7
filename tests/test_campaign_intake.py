from dataclasses import replace

import pytest

from assist.campaign.columns import columns_of
from assist.campaign.demands import Demands
from assist.campaign.flaw import Flaw
from assist.campaign.group import parse_group
from assist.campaign.intake import Intake
from assist.campaign.model import Consent, Contact
from assist.campaign.numbers import Destinations
from assist.campaign.rows import Row

NOW = 1_795_424_400.0
DEMANDS = Demands(
    "ES", Destinations(frozenset({"ES", "MX"})), ("es", "en"), frozenset({"nombre"}), frozenset({"medico"})
)


def read(demands: Demands = DEMANDS, /, **cells: str) -> Contact | list[Flaw]:
    row = {"teléfono": "612345678", "nombre": "Ana", **cells}
    columns = columns_of(tuple(row), demands.needed, demands.optional)
    return Intake(demands, NOW).contact(Row(2, 2, tuple(row.values())), columns)


def flawed(demands: Demands = DEMANDS, /, **cells: str) -> list[tuple[str, str]]:
    found = read(demands, **cells)
    assert isinstance(found, list), found
    assert all(flaw.mend for flaw in found)
    return [(flaw.field, flaw.mistake) for flaw in found]


def good(demands: Demands = DEMANDS, /, **cells: str) -> Contact:
    found = read(demands, **cells)
    assert isinstance(found, Contact), found
    return found


def test_a_row_is_a_contact() -> None:
    contact = good(id="17", idioma="Inglés", medico="", importe="12,50", zona_horaria="Atlantic/Canary")
    assert contact == Contact("17", "+34612345678", "Atlantic/Canary ES", {"nombre": "Ana", "importe": "12,50"}, "en")


def test_whose_clock_counts_comes_from_the_row_the_number_or_the_campaign() -> None:
    assert good().group == "Atlantic/Canary,Europe/Madrid ES"
    assert good(teléfono="915550102").group == "Europe/Madrid ES"
    assert good(replace(DEMANDS, home=parse_group("Europe/Madrid ES-MD"))).group == "Europe/Madrid ES-MD"
    assert good(zona="Europe/Madrid", región="ES-CT").group == "Europe/Madrid ES-CT"
    assert good(teléfono="55 1234 5678", país="México").group == "America/Mexico_City MX"


def test_everything_wrong_in_a_row_is_told_at_once() -> None:
    found = flawed(teléfono="3,46E+10", nombre=" ", idioma="fr", consentimiento="no")
    assert [field for field, _ in found] == ["teléfono", "nombre", "idioma", "consentimiento"]


@pytest.mark.parametrize(
    ("column", "value", "mistake"),
    [
        ("nombre", "=cmd|' /C calc'!A0", "formula"),
        ("nombre", "+cmd|' /C calc'!A0", "formula"),
        ("nombre", "@SUM(1+1)*cmd|' /C calc'!A0", "formula"),
        ("nombre", "Mu\ufffdoz", "cannot be read"),
        ("nombre", "a\x07b", "cannot be read"),
        ("nombre", "\ud800", "cannot be read"),
        ("nombre", "x" * 501, "too long"),
        ("idioma", "fr", "does not speak"),
        ("país", "Narnia", "no country"),
        ("zona", "Europe/Narnia", "no such time zone"),
        ("región", "ES-NARNIA", "not known"),
        ("id", "x" * 101, "too long"),
        ("fecha consentimiento", "ayer", "no date"),
        ("teléfono", "+33612345678", "does not call"),
        ("teléfono", "803123456", "premium number"),
        ("", "x", "more values"),
    ],
)
def test_a_value_that_does_not_do_is_told_by_its_column(column: str, value: str, mistake: str) -> None:
    ((field, told),) = flawed(**{column: value})
    assert field == column
    assert mistake in told


def test_a_number_of_another_country_is_read_as_there() -> None:
    assert good(país="mx", teléfono="55 1234 5678").number == "+525512345678"


@pytest.mark.parametrize("text", ["'612345678", '="612345678"', "'+34612345678"])
def test_what_keeps_a_spreadsheet_from_touching_a_value_is_no_part_of_it(text: str) -> None:
    assert good(teléfono=text).number == "+34612345678"
    assert good(nota=text).variables["nota"] == text.strip("=\"'")


def test_a_name_keeps_its_apostrophe_and_loses_its_line_breaks() -> None:
    assert good(nombre="'t Hart\r\n Núñez").variables["nombre"] == "'t Hart Núñez"


@pytest.mark.parametrize("own", ["612345678", "+34 612 345 678", "34612345678"])
def test_an_id_that_is_the_number_once_more_is_none(own: str) -> None:
    assert good(id=own).id == ""


def test_consent_is_demanded_where_the_number_is() -> None:
    strict = replace(DEMANDS, consent=frozenset({"MX"}))
    assert good(strict).consent is None
    assert flawed(strict, teléfono="+525512345678")[0][0] == "consent"
    agreed = good(strict, teléfono="+525512345678", consentimiento="web", fecha_consentimiento="4/5/2026")
    assert agreed.consent == Consent("web", 1_777_852_800.0)


def test_a_short_row_lacks_what_it_lacks() -> None:
    columns = columns_of(["nombre", "teléfono"], DEMANDS.needed)
    found = Intake(DEMANDS, NOW).contact(Row(2, 2, ("Ana",)), columns)
    assert [flaw.field for flaw in found] == ["teléfono"] if isinstance(found, list) else False
    assert isinstance(Intake(DEMANDS, NOW).contact(Row(2, 2, ("Ana", "612345678", "", " ")), columns), Contact)


def test_forty_columns_are_forty_things_to_say() -> None:
    assert len(good(**{f"columna {number}": "x" for number in range(40)}).variables) == 41
