"""A YAML file as plain values, with the line of each.

Of YAML 1.1's surprises none: ``no`` is a text, and so are ``9:30`` and ``2026-12-25``.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import yaml

from assist.assistant.mistakes import Mistake

Plain: TypeAlias = bool | int | float | str | list["Plain"] | dict[str, "Plain"] | None
Path: TypeAlias = tuple[str | int, ...]


class Reader(yaml.SafeLoader):
    """Reads scalars as YAML 1.2 does."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 -- as PyYAML declares it


for tag, pattern, first in (
    ("bool", r"true|false", "tf"),
    ("int", r"-?[0-9]+", "-0123456789"),
    ("float", r"-?[0-9]+\.[0-9]+", "-0123456789"),
    ("null", r"~|null|", "~n"),
):
    Reader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{pattern})$"), [*first])
Reader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile("^$"), [""])


@dataclass(frozen=True, slots=True)
class Document:
    """What a file says."""

    file: str
    values: Plain
    lines: Mapping[Path, int]
    """Where each value is; of a member, where its key is."""
    mistakes: tuple[Mistake, ...]
    """In the YAML itself."""

    def line(self, path: Path) -> int:
        """Return the line of *path*, or of the nearest thing around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def mistake(self, path: Path, mistake: str, mend: str) -> Mistake:
        """Return what is wrong at *path*."""
        return Mistake(self.file, self.line(path), ".".join(map(str, path)), mistake, mend)


def read(file: str, text: bytes) -> Document:
    """Return *text* as a document, empty when it is not YAML at all."""
    walk = Walk(file)
    try:
        node = yaml.compose(text.decode(), Loader=Reader)
        values = walk.value(node, ()) if node else None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = f"this is not YAML: {error.problem or error.context}"
        mend = "look for a wrong indentation, a missing quote, or a colon or ? in a text without quotes"
        return Document(file, None, {}, (Mistake(file, mark.line + 1 if mark else 1, "", what, mend),))
    except RecursionError:
        deep = Mistake(file, 1, "", "it is nested too deeply", "close the brackets that are open")
        return Document(file, None, {}, (deep,))
    except (yaml.reader.ReaderError, UnicodeDecodeError):
        wrong = Mistake(file, 1, "", "this is not text in UTF-8", "save the file as UTF-8")
        return Document(file, None, {}, (wrong,))
    return Document(file, values, walk.lines, tuple(walk.mistakes))


SCALARS: Mapping[str, Callable[[str], Plain]] = {
    "str": str,
    "bool": lambda text: text == "true",
    "int": int,
    "float": float,
    "null": lambda text: None,
}
"""By the last part of the tag."""


MOST_VALUES = 50_000
"""In one file: a large assistant has a thousand. A few lines of aliases to aliases could be any number of them."""


class Walk:
    """Turns nodes into values and remembers their lines."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._around: list[yaml.Node] = []
        self._count = 0
        self.lines: dict[Path, int] = {}
        self.mistakes: list[Mistake] = []

    def value(self, node: yaml.Node, path: Path) -> Plain:
        """Return what *node* holds."""
        self.lines.setdefault(path, node.start_mark.line + 1)
        self._count += 1
        if self._count > MOST_VALUES:
            raise yaml.MarkedYAMLError(problem="too much is in it, or aliases multiply", problem_mark=node.start_mark)
        if any(node is outer for outer in self._around):
            raise yaml.MarkedYAMLError(problem="an alias to what it is a part of", problem_mark=node.start_mark)
        self._around.append(node)
        try:
            if isinstance(node, yaml.MappingNode):
                return dict(self._members(node, path))
            if isinstance(node, yaml.SequenceNode):
                return [self.value(item, (*path, number)) for number, item in enumerate(node.value)]
            return self._scalar(node)
        finally:
            self._around.pop()

    def _members(self, node: yaml.MappingNode, path: Path) -> Iterator[tuple[str, Plain]]:
        seen: dict[str, int] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.MarkedYAMLError(problem="a name that is no text", problem_mark=key.start_mark)
            name = key.value
            line = key.start_mark.line + 1
            if name in seen:
                field = ".".join(map(str, (*path, name)))
                what = f"written twice, first in line {seen[name]}"
                self.mistakes.append(Mistake(self._file, line, field, what, "keep one of them"))
                continue
            seen[name] = line
            self.lines[(*path, name)] = line
            yield name, self.value(value, (*path, name))

    def _scalar(self, node: yaml.Node) -> Plain:
        make = SCALARS.get(node.tag.rpartition(":")[2])
        if make is None:
            raise yaml.MarkedYAMLError(problem=f"nothing is known of {node.tag}", problem_mark=node.start_mark)
        return make(node.value)
