"""A YAML file as plain values, with the line of each."""

import pytest

from assist.assistant.document import Plain, read


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("yes", "yes"),
        ("true", True),
        ("9:30", "9:30"),
        ("2026-12-25", "2026-12-25"),
        ("0.5", 0.5),
        ("-3", -3),
        ("012", 12),
        ("1e3", "1e3"),
        ("~", None),
        ("", None),
        ("'12'", "12"),
    ],
)
def test_scalars_are_what_they_look_like(text: str, value: Plain) -> None:
    document = read("a.yaml", f"a: {text}\n".encode())
    assert document.values == {"a": value}


def test_every_member_and_item_has_its_line() -> None:
    document = read("a.yaml", b"a:\n  b: 1\n  c:\n    - x\n    - y\n")
    assert document.values == {"a": {"b": 1, "c": ["x", "y"]}}
    lines = [document.line(path) for path in ((), ("a",), ("a", "b"), ("a", "c"), ("a", "c", 0), ("a", "c", 1))]
    assert lines == [1, 1, 2, 3, 4, 5]


def test_what_is_not_there_has_the_line_of_what_is_around_it() -> None:
    document = read("a.yaml", b"x: 0\na:\n  b: 1\n")
    assert document.line(("a", "c", "d")) == 2


def test_a_name_written_twice_is_a_mistake_and_the_first_counts() -> None:
    document = read("a.yaml", b"a:\n  b: 1\n  b: 2\n")
    assert document.values == {"a": {"b": 1}}
    assert [str(mistake) for mistake in document.mistakes] == [
        "a.yaml:3: a.b: written twice, first in line 2; keep one of them"
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (b"a: [1\nb: 2\n", 2),
        (b"a: 1\n b: 2\n", 2),
        (b"a: 'x\n", 2),
        (b"a: &a\n  - *a\n", 1),
        (b"a: *b\n", 1),
        (b"a: 1\n---\nb: 2\n", 2),
        (b"\xff\xfe\xfa", 1),
        ("a: é".encode("latin-1"), 1),
        (b"a: \x00", 1),
        (b"a: !!binary x\n", 1),
        (b"? [a, b]\n: 1\n", 1),
    ],
)
def test_what_is_not_yaml_is_one_mistake_with_its_line(text: bytes, line: int) -> None:
    document = read("a.yaml", text)
    assert document.values is None
    assert [mistake.line for mistake in document.mistakes] == [line]


def test_an_alias_is_what_it_stands_for() -> None:
    assert read("a.yaml", b"a: &x [1, 2]\nb: *x\n").values == {"a": [1, 2], "b": [1, 2]}


def test_aliases_that_multiply_are_too_much() -> None:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x, x]"]
    for name, before in zip("bcdefgh", "abcdefg", strict=True):
        lines.append(f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]")
    (mistake,) = read("x.yaml", "\n".join(lines).encode()).mistakes
    assert "too much is in it" in mistake.mistake


def test_what_is_nested_too_deeply_is_told() -> None:
    (mistake,) = read("x.yaml", b"a: " + b"[" * 50_000).mistakes
    assert mistake.mistake == "it is nested too deeply"
