"""What engines cost, from a table that an admin keeps in a file."""

import logging
import math
from collections.abc import Mapping
from decimal import Decimal
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Protocol

from pydantic import Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from assist.assistant.document import read
from assist.assistant.explain import explain
from assist.assistant.hours import STRICT
from assist.assistant.mistakes import Mistake
from assist.errors import ConfigurationError
from assist.provider import Kind
from assist.provider.usage import Amount

log = logging.getLogger(__name__)

MINUTE = Decimal(60)
MILLION = Decimal(1_000_000)

DIGITS = 9
"""Of a cost in USD after the point: less than a token of the cheapest model."""

Usd = Annotated[Decimal, Field(ge=0)]


class Price(Protocol):
    """Of one model."""

    def cost(self, amount: Amount) -> Decimal:
        """Return what one request of *amount* costs, in USD."""
        ...


def _exact(seconds: float) -> Decimal:
    return Decimal(round(seconds * 1000)) / 1000


@dataclass(frozen=True, slots=True, config=STRICT)
class Hearing:
    """Of speech to text."""

    minute: Usd
    whole_seconds: bool = False
    """Each utterance is rounded up to whole seconds."""

    def cost(self, amount: Amount) -> Decimal:
        """See `Price`."""
        seconds = Decimal(math.ceil(amount.seconds)) if self.whole_seconds else _exact(amount.seconds)
        return seconds * self.minute / MINUTE


@dataclass(frozen=True, slots=True, config=STRICT)
class Thinking:
    """Of a language model, by tokens."""

    million_input: Usd
    million_output: Usd
    million_cached: Usd | None = None
    """Of the input that the provider still knew; None: as the rest of it."""

    def cost(self, amount: Amount) -> Decimal:
        """See `Price`."""
        cached = self.million_input if self.million_cached is None else self.million_cached
        read = (amount.input - amount.cached) * self.million_input + amount.cached * cached
        return (read + amount.output * self.million_output) / MILLION


@dataclass(frozen=True, slots=True, config=STRICT)
class Speaking:
    """Of text to speech: by what is read, or by the audio that is made, or by both."""

    million_characters: Usd | None = None
    minute: Usd | None = None

    def __post_init__(self) -> None:
        if self.million_characters is None and self.minute is None:
            raise ValueError("there is no price in it; write million_characters: 16.00, or minute: 0.015")

    def cost(self, amount: Amount) -> Decimal:
        """See `Price`."""
        read = amount.characters * (self.million_characters or Decimal(0)) / MILLION
        return read + _exact(amount.seconds) * (self.minute or Decimal(0)) / MINUTE


@dataclass(frozen=True, slots=True, config=STRICT)
class Table:
    """A table of prices as its file declares it: by engine, then by model; ``*`` in a model stands for anything."""

    stt: Mapping[str, Mapping[str, Hearing]] = Field(default_factory=dict)
    llm: Mapping[str, Mapping[str, Thinking]] = Field(default_factory=dict)
    tts: Mapping[str, Mapping[str, Speaking]] = Field(default_factory=dict)


class Prices:
    """Knows what models cost. One for all calls of a process."""

    def __init__(self, table: Table) -> None:
        self._models: Mapping[Kind, Mapping[str, Mapping[str, Price]]] = {
            Kind.STT: table.stt,
            Kind.LLM: table.llm,
            Kind.TTS: table.tts,
        }
        self._unknown: set[tuple[Kind, str, str]] = set()

    def free(self, kind: Kind, engine: str, model: str) -> bool:
        """Return whether nothing has to be paid for *model*, which is empty for an embedded engine."""
        # Of everything, as no table has one price only.
        return self.cost(kind, engine, model, Amount(1, 60.0, 1, 2, 1, 1)) == 0

    def cost(self, kind: Kind, engine: str, model: str, amount: Amount) -> Decimal | None:
        """Return what one request of *amount* costs in USD; None if nobody wrote down the price, which is said once."""
        if not model:
            return Decimal(0)
        if price := self._price(kind, engine, model):
            return round(price.cost(amount), DIGITS)
        if (kind, engine, model) not in self._unknown:
            self._unknown.add((kind, engine, model))
            log.warning(
                "%s: %s: the price of %s is not in the table: it is counted, but neither priced nor limited",
                *(kind, engine, model),
            )
        return None

    def _price(self, kind: Kind, engine: str, model: str) -> Price | None:
        models = self._models[kind].get(engine, {})
        if exact := models.get(model):
            return exact
        fitting = [pattern for pattern in models if "*" in pattern and fnmatchcase(model, pattern)]
        return models[max(fitting, key=len)] if fitting else None


def load_prices(path: Path) -> Prices:
    """Return the prices of a file. Raises `ConfigurationError` with every mistake in it."""
    found = _inspect(path)
    if isinstance(found, Table):
        return Prices(found)
    raise ConfigurationError("\n".join(map(str, sorted(found, key=lambda mistake: mistake.line))))


def _inspect(path: Path) -> Table | list[Mistake]:
    try:
        document = read(str(path), path.read_bytes())
    except OSError as error:
        mend = "check the name, which ASSIST_PRICES says, and the permissions"
        return [Mistake(str(path), 1, "", f"it cannot be read: {error.strerror}", mend)]
    mistakes = list(document.mistakes)
    try:
        table = TypeAdapter(Table).validate_python({} if document.values is None else document.values)
    except ValidationError as error:
        return mistakes + [explain(detail, document, Table) for detail in error.errors()]
    return mistakes or table
