"""The engines of each call, as its assistant and the settings choose them."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import assist.llm.failover
import assist.llm.metered
import assist.stt.failover
import assist.stt.metered
import assist.tts.failover
import assist.tts.metered
from assist.assistant import Assistant, Assistants
from assist.assistant.choice import Choice
from assist.call.engines import Engines
from assist.engines.pool import Pool
from assist.engines.table import LAST_RESORT
from assist.errors import ConfigurationError
from assist.llm import Brains, LanguageModel
from assist.provider import Kind
from assist.provider.bill import Bill, Item
from assist.provider.circuit import Circuit
from assist.provider.health import warm, warm_all, watch
from assist.provider.member import Member, TookOver
from assist.provider.prices import Prices, Table, load_prices
from assist.settings import Settings
from assist.stt import SpeechToText
from assist.tts import TextToSpeech
from assist.tts.cache import SpeechCache, identity_of

log = logging.getLogger(__name__)

E = TypeVar("E")

STAYS_WARM = 30.0
"""Seconds for which a connection that was used is taken to be there still: services close idle ones after a minute."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """An engine as one assistant chose it, for all calls."""

    choice: Choice
    member: Member[Any]


class Kit:
    """Puts engines together for calls."""

    def __init__(self, pool: Pool, settings: Settings, prices: Prices, cache: SpeechCache) -> None:
        self._pool = pool
        self._chosen = settings.engines
        self._prices = prices
        self._cache = cache
        self._warmed: dict[Member[Any], float] = {}
        self._warming: set[asyncio.Task[Any]] = set()

    @property
    def members(self) -> Iterable[Member[Any]]:
        """Every engine that is open."""
        return [member for _, member in self._pool.members]

    def circuits(self) -> Iterable[tuple[Kind, str, Circuit]]:
        """Yield how they are, with what they do and their names."""
        for kind, member in self._pool.members:
            yield kind, member.name, member.circuit

    async def open_defaults(self) -> None:
        """Open what the settings name. Raises `ConfigurationError` with a line for each that cannot be opened."""
        mistakes = []
        for kind in Kind:
            for choice in self._defaults(kind):
                try:
                    await self._pool.member(kind, choice)
                except ConfigurationError as error:
                    mistakes.append(f"ASSIST_{kind.upper()}: {error}")
        if mistakes:
            raise ConfigurationError("\n".join(mistakes))

    async def engines(
        self, assistant: Assistant, told: Callable[[TookOver], None], spent: Iterable[Item] = ()
    ) -> Engines:
        """Return what a call of *assistant* is held with; *told* hears who took over.

        *spent* is what the call has cost already. Raises `ConfigurationError` if nothing of a kind is left.
        """
        stt = await self._prepared(Kind.STT, assistant)
        llm = await self._prepared(Kind.LLM, assistant)
        tts = await self._prepared(Kind.TTS, assistant)
        self._warm(prepared.member for prepared in (*stt, *llm, *tts))
        call = _Call(assistant, self._prices, self._cache, Bill(self._prices, assistant.max_cost_usd, spent), told)
        free = all(call.has_free(kind, prepared) for kind, prepared in zip(Kind, (stt, llm, tts), strict=True))
        return Engines(call.stt(stt), call.llm(llm), call.tts(tts), call.bill, ends_when_spent=not free)

    async def _prepared(self, kind: Kind, assistant: Assistant) -> list[Prepared]:
        """Return the engines of a kind, in the order in which they are tried."""
        choices: tuple[Choice, ...] = getattr(assistant.engines, kind) or self._defaults(kind)
        prepared, mistakes = [], []
        for choice in (*choices, *self._added(kind, assistant, choices)):
            try:
                prepared.append(Prepared(choice, await self._pool.member(kind, choice)))
            except ConfigurationError as error:
                mistakes.append(f"assistant {assistant.name}: engines: {kind}: {error}")
        if not prepared:
            raise ConfigurationError("\n".join(mistakes))
        for mistake in mistakes:
            log.error("%s: the call is held without it", mistake)
        return prepared

    def _defaults(self, kind: Kind) -> tuple[Choice, ...]:
        return tuple(map(Choice, getattr(self._chosen, kind)))

    def _added(self, kind: Kind, assistant: Assistant, choices: Iterable[Choice]) -> Iterable[Choice]:
        """Yield the last resort, unless it is chosen, unwanted, or knows nothing to say."""
        name = LAST_RESORT[kind]
        mute = kind is Kind.LLM and not (assistant.intents or assistant.forms)
        if self._chosen.last_resort and not mute and all(choice.name != name for choice in choices):
            yield Choice(name)

    def _warm(self, members: Iterable[Member[Any]]) -> None:
        """Let those connect that were not used for a while; nobody waits for it."""
        now = asyncio.get_running_loop().time()
        for member in members:
            if now - self._warmed.get(member, now - 2 * STAYS_WARM) > STAYS_WARM:
                self._warmed[member] = now
                task = asyncio.create_task(warm(member), name=f"warm {member.name}")
                self._warming.add(task)
                task.add_done_callback(self._warming.discard)

    async def close(self) -> None:
        """Stop what is still connecting."""
        for task in self._warming:
            task.cancel()
        await asyncio.gather(*self._warming, return_exceptions=True)


class _Call:
    """Wraps engines for one call."""

    def __init__(
        self, assistant: Assistant, prices: Prices, cache: SpeechCache, bill: Bill, told: Callable[[TookOver], None]
    ) -> None:
        self._assistant = assistant
        self._prices = prices
        self._cache = cache
        self._told = told
        self.bill = bill

    def has_free(self, kind: Kind, prepared: Sequence[Prepared]) -> bool:
        return bool(self._free(kind, prepared))

    def stt(self, prepared: Sequence[Prepared]) -> SpeechToText:
        return self._team(Kind.STT, prepared, self._ear, assist.stt.failover.Failover, assist.stt.metered.Rationed)

    def llm(self, prepared: Sequence[Prepared]) -> LanguageModel:
        return self._team(Kind.LLM, prepared, self._brain, assist.llm.failover.Failover, assist.llm.metered.Rationed)

    def tts(self, prepared: Sequence[Prepared]) -> TextToSpeech:
        return self._team(Kind.TTS, prepared, self._voice, assist.tts.failover.Failover, assist.tts.metered.Rationed)

    def _team(
        self,
        kind: Kind,
        prepared: Sequence[Prepared],
        lent: Callable[[Prepared], Member[E]],
        failover: Callable[[Sequence[Member[E]], Callable[[TookOver], None]], E],
        rationed: Callable[[E, E, Bill], E],
    ) -> E:
        """Return all of *prepared* as one engine, which is that of the free ones once the bill is exhausted."""
        every = failover([lent(one) for one in prepared], self._told)
        free = [lent(one) for one in self._free(kind, prepared)]
        return rationed(every, failover(free, self._told), self.bill) if free else every

    def _free(self, kind: Kind, prepared: Sequence[Prepared]) -> list[Prepared]:
        return [one for one in prepared if self._prices.free(kind, one.choice.name, one.member.model)]

    def _ear(self, prepared: Prepared) -> Member[SpeechToText]:
        member: Member[SpeechToText] = prepared.member
        return member.lending(assist.stt.metered.Metered(member.engine, member.name, member.model, self.bill))

    def _brain(self, prepared: Prepared) -> Member[LanguageModel]:
        member: Member[Brains] = prepared.member
        brain = member.engine(self._assistant)
        metered = assist.llm.metered.Metered(brain, member.name, member.model, self.bill, self._assistant.prompt)
        return member.lending(metered)

    def _voice(self, prepared: Prepared) -> Member[TextToSpeech]:
        member: Member[TextToSpeech] = prepared.member
        voice: TextToSpeech = assist.tts.metered.Metered(member.engine, member.name, member.model, self.bill)
        if prepared.choice.name != LAST_RESORT[Kind.TTS]:
            # That one is as quick as the cache.
            voice = self._cache.around(voice, identity_of(prepared.choice, member.model))
        return member.lending(voice)


@asynccontextmanager
async def open_kit(settings: Settings, cache: SpeechCache, assistants: Assistants) -> AsyncIterator[Kit]:
    """Lend the engines that the settings and *assistants* name; what only an assistant names may be missing.

    All of them are read, so that whoever breaks a file later breaks none of its calls.

    Raises `ConfigurationError`.
    """
    async with Pool(settings) as pool:
        kit = Kit(pool, settings, prices_of(settings), cache)
        await kit.open_defaults()
        await _open_chosen(kit, assistants)
        watching = asyncio.create_task(_look_after(kit), name="health of engines")
        try:
            yield kit
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
            await kit.close()


def prices_of(settings: Settings) -> Prices:
    """Return what engines cost; nothing is known of that where nobody wrote a table."""
    path = settings.files.prices
    if not path.exists() and "prices" not in settings.files.model_fields_set:
        log.warning("what engines cost is not known, and no call has a ceiling: there is no %s", path)
        return Prices(Table())
    return load_prices(path)


async def _open_chosen(kit: Kit, assistants: Assistants) -> None:
    for name in assistants.names():
        try:
            await kit.engines(assistants.get(name), lambda _: None)
        except ConfigurationError as error:
            log.error("assistant %s takes no calls until this is mended:\n%s", name, error)


async def _look_after(kit: Kit) -> None:
    """Tell the admin which engines do not answer or do not take the key, and try them until they do."""
    for _, error in await warm_all(kit.members):
        mend = ": mend the key or the account, no call is held with it until then" if error.refused else ""
        log.error("%s%s", error, mend)
    await watch(lambda: kit.members)
