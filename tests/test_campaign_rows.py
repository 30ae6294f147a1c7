import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from assist.campaign.encodings import encoding_of
from assist.campaign.rows import LONGEST, MOST_LINES, Row, open_file
from assist.errors import ConfigurationError

LIST = "teléfono;nombre\r\n612345678;José Núñez\r\n"
ANY_FILE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def rows_of(path: Path, text: bytes) -> list[Row]:
    file = path / "list.csv"
    file.write_bytes(text)
    with open_file(file).open() as reading:
        return list(reading.rows)


@pytest.mark.parametrize(
    ("encoding", "found"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("cp1252", "cp1252"),
        ("cp850", "cp850"),
        ("mac_roman", "mac_roman"),
    ],
)
def test_a_list_is_read_however_it_was_saved(tmp_path: Path, encoding: str, found: str) -> None:
    rows = rows_of(tmp_path, LIST.encode(encoding))
    assert [row.cells for row in rows] == [("teléfono", "nombre"), ("612345678", "José Núñez")]
    assert encoding_of(tmp_path / "list.csv") == found


def test_accents_after_a_million_plain_characters_count(tmp_path: Path) -> None:
    plain = "telefono;nombre\n" + "612345678;Ana\n" * 150_000
    assert rows_of(tmp_path, (plain + "612345678;José\n").encode("cp1252"))[-1].cells == ("612345678", "José")
    assert rows_of(tmp_path, (plain + "612345678;José\n").encode())[-1].cells == ("612345678", "José")


def test_one_broken_character_does_not_spoil_the_others(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, "a;b\nJosé;1\nAndrés;2\n".encode() + b"Mu\xf1oz;3\n")
    assert [row.cells[0] for row in rows[1:]] == ["José", "Andrés", "Mu\ufffdoz"]


@pytest.mark.parametrize("separator", [*";,\t|"])
def test_the_separator_is_that_of_the_names(tmp_path: Path, separator: str) -> None:
    text = f'"tel{separator}é";b;c\n1;2;3\n'.replace(";", separator)
    assert [row.cells for row in rows_of(tmp_path, text.encode())] == [(f"tel{separator}é", "b", "c"), ("1", "2", "3")]


def test_the_separator_may_be_told_as_excel_is(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, b"sep=,\r\na,b;c;d\r\n1,2\r\n")
    assert [(row.number, row.line, row.cells) for row in rows] == [(1, 2, ("a", "b;c;d")), (2, 3, ("1", "2"))]


def test_a_line_break_in_quotes_is_part_of_a_cell(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, b'a;b\n"x ""y""\r\nz";1\n\n2;3\n')
    assert [(row.number, row.line, row.cells) for row in rows[1:]] == [(2, 2, ('x "y"\r\nz', "1")), (4, 5, ("2", "3"))]


def test_an_open_quotation_mark_costs_its_own_row_only(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, b'a;b\n1;2\n3;"4\n5;6\n7;8\n')
    assert [(row.line, row.cells, bool(row.flaw)) for row in rows[1:]] == [
        (2, ("1", "2"), False),
        (3, ('3;"4',), True),
        (4, ("5", "6"), False),
        (5, ("7", "8"), False),
    ]


def test_an_open_quotation_mark_does_not_swallow_a_long_list(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, b'a;b\n3;"4\n' + b"5;6\n" * 5 * MOST_LINES)
    assert [bool(row.flaw) for row in rows] == [False, True] + [False] * 5 * MOST_LINES


@pytest.mark.parametrize(("lines", "good"), [(MOST_LINES - 1, True), (MOST_LINES + 1, False)])
def test_a_cell_has_so_many_lines_at_most(tmp_path: Path, lines: int, good: bool) -> None:
    rows = rows_of(tmp_path, b'a;b\n"' + b"x\n" * lines + b'";2\n')
    assert (rows[1].flaw is None) is good


@pytest.mark.parametrize("end", [b"", b"\n"])
def test_a_line_of_ten_megabytes_is_one_bad_row(tmp_path: Path, end: bytes) -> None:
    rows = rows_of(tmp_path, b"a;b\n1;" + b"x" * 10_000_000 + b"\n2;3" + end)
    assert [(row.line, bool(row.flaw)) for row in rows] == [(1, False), (2, True), (3, False)]
    assert len(rows[1].cells[0]) <= 1000


def test_a_long_line_behind_an_open_quotation_mark_is_a_row_of_its_own(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, b'a;b\n1;"2\n3;' + b"x" * LONGEST * 2 + b"\n4;5\n")
    assert [(row.line, bool(row.flaw)) for row in rows] == [(1, False), (2, True), (3, True), (4, False)]


def test_objects_keep_their_digits(tmp_path: Path) -> None:
    rows = rows_of(
        tmp_path, b'{"phone": 612345678, "n": 3.46e10, "ok": true, "no": null, "x": "y"}\n\n{"phone": "1"}\n'
    )
    assert rows[0].names == ("phone", "n", "ok", "no", "x")
    assert rows[0].cells == ("612345678", "3.46e10", "true", "", "y")
    assert [row.line for row in rows] == [1, 3]


@pytest.mark.parametrize(
    "line",
    ["{", "[1]", "3", '{"a": {"b": 1}}', '{"a": [1]}', '{"a": 1, "a": 2}', "x", "[" * 100_000, "{" * 50_000, '{"a"'],
)
def test_what_is_no_plain_object_is_one_bad_row(tmp_path: Path, line: str) -> None:
    rows = rows_of(tmp_path, f'{{"phone": "1"}}\n{line}\n{{"phone": "2"}}\n'.encode())
    assert [bool(row.flaw) for row in rows] == [False, True, False]


@pytest.mark.parametrize("text", [b"PK\x03\x04rest", b"\xd0\xcf\x11\xe0rest", b'[{"phone": "1"}]'])
def test_what_is_no_list_is_told_with_the_mend(tmp_path: Path, text: bytes) -> None:
    with pytest.raises(ConfigurationError, match=r"save it|write one object"):
        rows_of(tmp_path, text)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        open_file(tmp_path / "absent.csv")


CELLS = st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8), min_size=2)


@ANY_FILE
@given(table=st.lists(CELLS.filter(lambda row: any(cell.strip() for cell in row)), min_size=1, max_size=8))
def test_what_a_spreadsheet_writes_is_read_cell_by_cell(tmp_path: Path, table: list[list[str]]) -> None:
    written = io.StringIO()
    csv.writer(written, delimiter=";", quoting=csv.QUOTE_ALL).writerows([["a", "b"], *table])
    rows = rows_of(tmp_path, written.getvalue().encode("utf-8-sig"))
    assert [list(row.cells) for row in rows[1:]] == table


@ANY_FILE
@given(st.binary(max_size=200) | st.text('";,\n\r{}[]a1é\0\ufeff=', max_size=60).map(str.encode))
@example(b'"\n"\n"')
@example(b'sep=;\n"')
@example(b"\xff\xfe\x00")
@example(b'\x00"\x00')
def test_any_bytes_are_rows_that_come_once_and_in_order(tmp_path: Path, text: bytes) -> None:
    try:
        rows = rows_of(tmp_path, text)
    except ConfigurationError:
        return
    lines = [row.line for row in rows]
    assert lines == sorted(set(lines))
    assert all(row.flaw is None or row.flaw.mend for row in rows)


@ANY_FILE
@given(st.lists(st.dictionaries(st.text(max_size=5), st.text(max_size=9) | st.booleans() | st.none(), min_size=1)))
def test_objects_are_read_as_they_were_written(tmp_path: Path, objects: list[dict[str, str | bool | None]]) -> None:
    text = "\n".join(json.dumps(found) for found in [{"phone": "1"}, *objects])
    rows = rows_of(tmp_path, text.encode())
    filled = [found for found in objects if any(str(v).strip() for v in found.values() if v is not None)]
    assert [row.names for row in rows[1:]] == [tuple(found) for found in filled]
