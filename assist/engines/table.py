"""Every engine by its name. A new one is one file beside its contract, and one line in a table here."""

import importlib
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from assist.errors import ConfigurationError
from assist.provider import Kind, Opened
from assist.settings import Settings


class Engine(Protocol):
    """The module of an engine."""

    @property
    def Options(self) -> type[Any]:  # noqa: N802 -- a class
        """What may be written beside the engine's name in an assistant: a frozen pydantic dataclass."""
        ...

    @property
    def opened(self) -> Callable[[Any, Settings], AbstractAsyncContextManager[Opened[Any]]]:
        """Loads the engine with such options, which may take seconds, and closes it. Raises `ConfigurationError`.

        The engine is a `SpeechToText`, `Brains` or a `TextToSpeech`.
        """
        ...


Source: TypeAlias = Callable[[], Engine]
"""Brings an engine's module. Raises `ConfigurationError` if a package is missing."""


@dataclass(frozen=True, slots=True)
class Packaged:
    """An engine of this package. The packages of engines that nobody chose need not be installed."""

    module: str
    extra: str
    """Of setup.cfg: it brings the packages."""

    def __call__(self) -> Engine:
        try:
            return importlib.import_module(self.module)
        except ModuleNotFoundError as error:
            if (error.name or "").startswith("assist."):
                raise
            mend = f'pip install "assist[{self.extra}]"'
            raise ConfigurationError(f"the package {error.name} is missing: {mend}") from error


STT: dict[str, Source] = {
    "whisper": Packaged("assist.stt.whisper", "local"),
    "google": Packaged("assist.stt.google", "google"),
    "deepgram": Packaged("assist.stt.deepgram", "deepgram"),
    "openai": Packaged("assist.stt.openai", "openai"),
}
LLM: dict[str, Source] = {
    "openai": Packaged("assist.llm.openai", "openai"),
    "flow": Packaged("assist.flow.flow", "local"),
    "echo": Packaged("assist.llm.echo", "local"),
}
TTS: dict[str, Source] = {
    "kokoro": Packaged("assist.tts.kokoro", "neural"),
    "pico": Packaged("assist.tts.pico", "local"),
    "google": Packaged("assist.tts.google", "google"),
    "polly": Packaged("assist.tts.polly", "aws"),
    "openai": Packaged("assist.tts.openai", "openai"),
}
TABLES: Mapping[Kind, dict[str, Source]] = {Kind.STT: STT, Kind.LLM: LLM, Kind.TTS: TTS}

LAST_RESORT: dict[Kind, str] = {Kind.STT: "whisper", Kind.LLM: "flow", Kind.TTS: "pico"}
"""The engines that need neither network nor key: what remains when everything else is down."""
