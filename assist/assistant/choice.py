"""Which engines an assistant hears, thinks and speaks with."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import BeforeValidator, Field, JsonValue
from pydantic.dataclasses import dataclass

from assist.assistant.hours import STRICT


@dataclass(frozen=True, slots=True, config=STRICT)
class Choice:
    """An engine, with its own options."""

    name: str
    options: Mapping[str, JsonValue] = Field(default_factory=dict)
    """What they are is for the engine to say."""


def chosen(value: object) -> object:
    """Return ``google``, ``{google: {voice: …}}`` or a list of such as choices. Raises `ValueError`."""
    return [_choice(entry) for entry in value] if isinstance(value, list | tuple) else [_choice(value)]


def _choice(entry: object) -> object:
    if isinstance(entry, str):
        return Choice(entry)
    if isinstance(entry, dict) and len(entry) == 1:
        (name, options), *_ = entry.items()
        if options is None or isinstance(options, dict):
            return Choice(str(name), options or {})
    if isinstance(entry, Choice):
        return entry
    raise ValueError("not an engine; write its name, or its name with options, as - google: {voice: es-ES-Standard-A}")


Choices = Annotated[tuple[Choice, ...], BeforeValidator(chosen)]
"""In the order in which they are tried."""


@dataclass(frozen=True, slots=True, config=STRICT)
class Engines:
    """The engines of an assistant; of a kind that is not named, those of the installation."""

    stt: Choices = ()
    llm: Choices = ()
    tts: Choices = ()
