import pytest

from assist.campaign.columns import Meaning, columns_of, folded, number_columns
from assist.campaign.flaw import Unfit


def test_names_are_the_same_whatever_their_accents_and_spaces() -> None:
    assert folded(" Teléfono  Móvil ") == folded("TELEFONO_MOVIL") == folded("telefono-movil.") == "telefono_movil"


@pytest.mark.parametrize(
    ("names", "meaning"),
    [
        ("Teléfono|Móvil|Tfno.|Celular|Número de teléfono|phone|Mobile Number|MSISDN", Meaning.NUMBER),
        ("ID|Id cliente|customer_id", Meaning.ID),
        ("Idioma|Language|lang", Meaning.LANGUAGE),
        ("Zona horaria|time zone|TZ", Meaning.ZONE),
        ("País|country", Meaning.COUNTRY),
        ("Consentimiento|opt-in", Meaning.CONSENT),
        ("Fecha de consentimiento|consent date", Meaning.CONSENT_AT),
    ],
)
def test_columns_are_known_in_both_languages(names: str, meaning: Meaning) -> None:
    for name in names.split("|"):
        others = ["teléfono"] if meaning is not Meaning.NUMBER else []
        columns = columns_of([*others, name])
        assert columns.meanings[meaning] == len(others)
        assert columns.name(meaning) == name


def test_what_the_campaign_says_is_found_by_its_name_or_its_translation() -> None:
    columns = columns_of(["Tel", "Nombre", "Fecha de la cita", "Otra"], ["name", "fecha_de_la_cita"], ["doctor"])
    assert columns.variables == {"name": 1, "fecha_de_la_cita": 2, "otra": 3}


def test_what_is_said_may_mean_something_else_too() -> None:
    columns = columns_of(["id", "teléfono"], ["id"])
    assert columns.meanings[Meaning.ID] == columns.variables["id"] == 0


@pytest.mark.parametrize(
    ("names", "needed", "mistake", "mend"),
    [
        (["nombre", "edad"], [], "no column holds telephone numbers", "there are nombre, edad"),
        (["612345678", "Ana"], [], "no column", "call one of them"),
        (["teléfono", "móvil"], [], "several columns may be the number: teléfono, móvil", "keep one"),
        (["teléfono", "Nombre", "NOMBRE"], [], "two columns have the name", "rename"),
        (["teléfono", "nombres"], ["nombre"], r"\{nombre\}", "is it nombres"),
        (["teléfono", "x"], ["nombre"], r"\{nombre\}", "add a column nombre"),
    ],
)
def test_columns_that_do_not_do_are_told_with_a_mend(
    names: list[str], needed: list[str], mistake: str, mend: str
) -> None:
    with pytest.raises(Unfit, match=mistake) as told:
        columns_of(names, needed)
    assert mend in told.value.mend


def test_the_column_with_the_numbers_may_be_chosen() -> None:
    columns = columns_of(["teléfono", "móvil"], chosen="Movil")
    assert columns.meanings[Meaning.NUMBER] == 1
    assert columns.variables == {"telefono": 0}
    with pytest.raises(Unfit, match="no such column"):
        columns_of(["teléfono", "móvil"], chosen="fijo")


def test_what_an_error_file_adds_is_no_column_of_the_list() -> None:
    assert columns_of(["error_row", "error_mistake", "teléfono", "", "n"]).variables == {"n": 4}


def test_several_columns_may_hold_numbers() -> None:
    assert number_columns(["Teléfono", "nombre", "móvil"]) == [0, 2]
