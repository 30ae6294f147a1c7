"""The engines of each call, as its assistant and the settings choose them."""

import logging
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from assist.assistant import Assistant, Assistants
from assist.assistant.choice import Choice
from assist.call.call import Engines
from assist.engines.pool import Pool
from assist.engines.table import LAST_RESORT
from assist.errors import ConfigurationError
from assist.provider import Kind, Opened
from assist.settings import Settings

log = logging.getLogger(__name__)


class Kit:
    """Puts engines together for calls."""

    def __init__(self, pool: Pool, settings: Settings) -> None:
        self._pool = pool
        self._last_resort = settings.engines.last_resort
        chosen = settings.engines
        self._defaults: Mapping[Kind, tuple[Choice, ...]] = {
            Kind.STT: tuple(map(Choice, chosen.stt)),
            Kind.LLM: tuple(map(Choice, chosen.llm)),
            Kind.TTS: tuple(map(Choice, chosen.tts)),
        }

    async def open_defaults(self) -> None:
        """Open what the settings name. Raises `ConfigurationError` with a line for each that cannot be opened."""
        mistakes = []
        for kind, choices in self._defaults.items():
            for choice in choices:
                try:
                    await self._pool.open(kind, choice)
                except ConfigurationError as error:
                    mistakes.append(f"ASSIST_{kind.upper()}: {error}")
        if mistakes:
            raise ConfigurationError("\n".join(mistakes))

    async def engines(self, assistant: Assistant) -> Engines:
        """Return what a call of *assistant* is held with. Raises `ConfigurationError` if nothing of a kind is left."""
        stt = await self._members(Kind.STT, assistant)
        llm = await self._members(Kind.LLM, assistant)
        tts = await self._members(Kind.TTS, assistant)
        return Engines(stt[0].engine, llm[0].engine(assistant), tts[0].engine)

    async def _members(self, kind: Kind, assistant: Assistant) -> list[Opened[Any]]:
        """Return the engines of a kind, in the order in which they are tried."""
        own: tuple[Choice, ...] = getattr(assistant.engines, kind)
        choices = own or self._defaults[kind]
        members, mistakes = [], []
        for choice in (*choices, *self._added(kind, assistant, choices)):
            try:
                members.append(await self._pool.open(kind, choice))
            except ConfigurationError as error:
                mistakes.append(f"assistant {assistant.name}: engines: {kind}: {error}")
        if not members:
            raise ConfigurationError("\n".join(mistakes))
        for mistake in mistakes:
            log.error("%s: the call is held without it", mistake)
        return members

    def _added(self, kind: Kind, assistant: Assistant, choices: Iterable[Choice]) -> Iterable[Choice]:
        """Yield the last resort, unless it is chosen, unwanted, or knows nothing to say."""
        name = LAST_RESORT[kind]
        mute = kind is Kind.LLM and not (assistant.intents or assistant.forms)
        if self._last_resort and not mute and all(choice.name != name for choice in choices):
            yield Choice(name)


@asynccontextmanager
async def open_kit(settings: Settings) -> AsyncIterator[Kit]:
    """Lend the engines that the settings and the assistants name; what only an assistant names may be missing.

    Raises `ConfigurationError`.
    """
    async with Pool(settings) as pool:
        kit = Kit(pool, settings)
        await kit.open_defaults()
        assistants = Assistants(settings.files.assistants_dir)
        for name in assistants.names():
            try:
                await kit.engines(assistants.get(name))
            except ConfigurationError as error:
                log.error("assistant %s takes no calls until this is mended:\n%s", name, error)
        yield kit
