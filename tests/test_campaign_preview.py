from pathlib import Path

from assist.campaign.demands import Demands
from assist.campaign.numbers import Destinations
from assist.campaign.preview import preview

DEMANDS = Demands(
    "ES", Destinations(frozenset({"ES"})), ("es", "en"), frozenset({"nombre"}), frozenset({"medico", "hora"})
)
MESSAGE = {"es": ("Hola, {nombre}[medico:, de parte de {medico}].",), "en": ("Hello, {nombre}.",)}


def test_the_first_rows_are_shown_as_they_would_be_spoken(tmp_path: Path) -> None:
    path = tmp_path / "l.csv"
    path.write_text(
        "Móvil;Name;Médico;Idioma;\n"
        "612345678;Ana;la doctora Gil;;\n"
        "612345679;Eva {medico};;en;\n"
        "612345670;Luz;;;\n"
        "12;Eva;;;\n"
        "612345671;Sol;;;\n",
        encoding="cp1252",
    )
    seen = preview(path, DEMANDS, MESSAGE, count=4)
    assert (seen.encoding, seen.separator) == ("cp1252", ";")
    assert seen.columns == (
        ("Móvil", "number"),
        ("Name", "nombre"),
        ("Médico", "medico"),
        ("Idioma", "language"),
        ("", ""),
    )
    assert [(sample.row, sample.spoken) for sample in seen.samples] == [
        (2, "Hola, Ana, de parte de la doctora Gil."),
        (3, "Hello, Eva {medico}."),
        (4, "Hola, Luz."),
        (5, ""),
    ]
    assert seen.samples[3].contact is None and seen.samples[3].flaws
    assert [file.name for file in tmp_path.iterdir()] == ["l.csv"]


def test_objects_are_shown_without_columns(tmp_path: Path) -> None:
    path = tmp_path / "l.ndjson"
    path.write_text('{"phone": "612345678", "nombre": "Ana"}\n')
    seen = preview(path, DEMANDS, MESSAGE)
    assert (seen.separator, seen.columns) == ("", ())
    assert [sample.spoken for sample in seen.samples] == ["Hola, Ana."]
