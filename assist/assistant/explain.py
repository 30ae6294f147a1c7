"""What the validation found, in the words of whoever writes the file."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from difflib import get_close_matches
from typing import Annotated, get_args, get_origin, get_type_hints

from pydantic_core import ErrorDetails

from assist.assistant.document import Document, Path
from assist.assistant.mistakes import Mistake

WRONG_TYPE = {
    "string_type": ("this is not a text", "write a text, in quotes if in doubt"),
    "int_type": ("this is not a whole number", "write a number, as 600"),
    "int_parsing": ("this is not a whole number", "write a number, as 600"),
    "int_from_float": ("this is not a whole number", "write a number, as 600"),
    "float_type": ("this is not a number", "write a number, as 7.5"),
    "float_parsing": ("this is not a number", "write a number, as 7.5"),
    "decimal_type": ("this is not a number", "write a number, as 0.25"),
    "decimal_parsing": ("this is not a number", "write a number, as 0.25"),
    "bool_type": ("this is neither true nor false", "write true or false"),
    "bool_parsing": ("this is neither true nor false", "write true or false"),
    "tuple_type": ("this is not a list", "write one in each line, each after a dash"),
    "dataclass_type": ("nothing is declared under it", "write its fields below it, indented"),
    "mapping_type": ("nothing is declared under it", "write names and values below it, indented"),
    "dict_type": ("nothing is declared under it", "write names and values below it, indented"),
    "too_short": ("there is nothing in it", "write at least one"),
    "string_too_short": ("this is empty", "write a text"),
    "string_pattern_mismatch": ("this is not a key of a telephone", 'write one of 0 to 9, * and #, in quotes: "1"'),
}


def explain(error: ErrorDetails, document: Document, root: object) -> Mistake:
    """Return *error*, found when *document* was made a *root*, as a mistake with its mend."""
    path = tuple(step for step in error["loc"] if step != "[key]")
    kind, message, context = error["type"], error["msg"], error.get("ctx", {})
    if kind in ("missing", "missing_argument"):
        return document.mistake(path, "this is missing", f"add it: {path[-1]}: …")
    if kind in ("extra_forbidden", "unexpected_keyword_argument"):
        return document.mistake(path, "there is no such field", suggest(str(path[-1]), names(root, path[:-1])))
    if kind == "greater_than_equal":
        return document.mistake(path, "this is too small", f"write {context['ge']} or more")
    if kind == "less_than_equal":
        return document.mistake(path, "this is too large", f"write {context['le']} or less")
    if kind == "greater_than":
        return document.mistake(path, "this is too small", f"write more than {context['gt']}")
    if kind in WRONG_TYPE:
        return document.mistake(path, *WRONG_TYPE[kind])
    if kind == "enum":
        return document.mistake(path, "there is no such choice", f"write one of {context['expected']}")
    if kind == "value_error":
        what, _, mend = str(context["error"]).partition("; ")
        return document.mistake(path, what, mend)
    if kind.startswith("date_"):
        return document.mistake(path, "this is not a date", "write year, month and day, as 2026-12-25")
    return document.mistake(path, message.lower(), "see the assistants that ship in config/assistants")


def suggest(name: str, known: list[str]) -> str:
    """Return the mend for *name*, which is none of *known*."""
    close = get_close_matches(name, known, n=1)
    if close:
        return f"did you mean {close[0]}?"
    return f"write one of {', '.join(known)}" if known else "remove it"


def names(root: object, path: Path) -> list[str]:
    """Return the fields there are at *path* of a *root*."""
    kind = root
    for step in path:
        kind = bare(kind)
        if is_dataclass(kind) and isinstance(kind, type):
            kind = get_type_hints(kind, include_extras=True).get(str(step))
        else:
            kind = next((part for part in reversed(get_args(kind)) if part is not Ellipsis), None)
    kind = bare(kind)
    return [field.name for field in fields(kind)] if is_dataclass(kind) and isinstance(kind, type) else []


def bare(kind: object) -> object:
    """Return *kind* without annotations and without being optional."""
    while get_origin(kind) is Annotated or (type(None) in get_args(kind) and get_origin(kind) is not Mapping):
        kind = get_args(kind)[0]
    return kind
