"""The engines of a process: each is opened once, with each set of options, when it is first wanted."""

import asyncio
import json
from collections.abc import Collection
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any, Self

from pydantic import TypeAdapter, ValidationError

from assist.assistant.choice import Choice
from assist.assistant.explain import suggest
from assist.engines.table import LAST_RESORT, TABLES
from assist.errors import ConfigurationError
from assist.provider import Kind, Opened
from assist.provider.member import Member
from assist.settings import Settings


class Pool:
    """Lends engines while its block lasts."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stack = AsyncExitStack()
        self._opened: dict[tuple[Kind, str, str], Opened[Any]] = {}
        self._unusable: dict[tuple[Kind, str, str], ConfigurationError] = {}
        self._opening = asyncio.Lock()
        self._members: dict[Opened[Any], tuple[Kind, Member[Any]]] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def open(self, kind: Kind, choice: Choice) -> Opened[Any]:
        """Return the engine, opened if it is new. Raises `ConfigurationError`, at once if it did so before."""
        key = (kind, choice.name, json.dumps(dict(choice.options), sort_keys=True))
        async with self._opening:
            if known := self._unusable.get(key):
                raise known
            if key not in self._opened:
                try:
                    self._opened[key] = await self._open(kind, choice)
                except ConfigurationError as error:
                    self._unusable[key] = error
                    raise
            return self._opened[key]

    async def member(self, kind: Kind, choice: Choice) -> Member[Any]:
        """Return the engine with what all calls know of its health, opened if it is new. Raises as `open` does."""
        opened = await self.open(kind, choice)
        if opened not in self._members:
            # The flow would always be the first to answer, and knows less.
            beside = kind is not Kind.LLM or choice.name != LAST_RESORT[kind]
            self._members[opened] = kind, Member.of(choice.name, opened, beside=beside)
        return self._members[opened][1]

    @property
    def members(self) -> Collection[tuple[Kind, Member[Any]]]:
        """Those that calls have been given, with what they do."""
        return self._members.values()

    async def _open(self, kind: Kind, choice: Choice) -> Opened[Any]:
        table = TABLES[kind]
        if choice.name not in table:
            raise ConfigurationError(f"there is no engine {choice.name}: choose one of {', '.join(table)}")
        engine = table[choice.name]()
        try:
            options = TypeAdapter(engine.Options).validate_python(dict(choice.options))
        except ValidationError as error:
            raise ConfigurationError("\n".join(_told(choice.name, error, engine.Options))) from error
        return await self._stack.enter_async_context(engine.opened(options, self._settings))


def _told(name: str, error: ValidationError, options: type[Any]) -> list[str]:
    """Return a line for each option that is wrong."""
    lines = []
    for detail in error.errors(include_url=False, include_input=False):
        option = str(detail["loc"][0]) if detail["loc"] else ""
        if detail["type"] == "unexpected_keyword_argument":
            what = f"there is no such option; {suggest(option, [*options.__dataclass_fields__])}"
        else:
            what = detail["msg"].removeprefix("Value error, ")
        lines.append(f"{name}.{option}: {what[0].lower()}{what[1:]}")
    return lines
