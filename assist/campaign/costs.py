"""What a minute of talk costs: the trunk, and the engines that an assistant is held with first."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from assist.assistant import Assistant
from assist.assistant.choice import Choice
from assist.campaign.declaration import Campaign
from assist.engines.pool import Pool
from assist.engines.table import TABLES, Packaged
from assist.errors import ConfigurationError
from assist.provider import Kind
from assist.provider.prices import Prices
from assist.provider.usage import Amount, tokens
from assist.settings import Settings

REPLIES: Final = 5
"""In a minute of talk, each after the other has said something."""
HEARD_S: Final = 6.0
"""Of the other, before each."""
CHARACTERS: Final = 90
"""Of each: six seconds."""
ASSUMED: Final = (
    f"{REPLIES} replies of {CHARACTERS} characters in a minute of talk, each after {HEARD_S:.0f} s of the other;"
    " nothing said from memory"
)
EMBEDDED: Final = frozenset({"local", "neural"})
"""Packages of engines that cost nothing."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one thing costs in a minute of talk."""

    what: str
    """As ``trunk carrier`` or ``stt google``."""
    usd: Decimal | None
    """None: nobody knows."""
    mend: str = ""
    """So that somebody does."""


def known(parts: Iterable[Part]) -> Decimal | None:
    """Return what all *parts* cost whose price is known; None: no price is."""
    prices = [part.usd for part in parts if part.usd is not None]
    return sum(prices, Decimal(0)) if prices else None


def trunk_cost(campaign: Campaign) -> Part:
    """Return what the trunk costs."""
    name, usd = campaign.trunk.gateway, campaign.gateway.usd_per_minute
    return Part(f"trunk {name}", usd, "" if usd is not None else "write usd_per_minute in the trunks' file")


async def engine_costs(campaign: Campaign, assistant: Assistant, settings: Settings, prices: Prices) -> list[Part]:
    """Return what each kind of engine costs, while the first of its kind is well. Nothing is asked of a provider."""
    amounts = _amounts(len(assistant.prompt) + len(campaign.words.prompt))
    async with Pool(settings) as pool:
        return [await _cost(pool, kind, choice, amounts[kind], prices) for kind, choice in _first(assistant, settings)]


def _first(assistant: Assistant, settings: Settings) -> Iterator[tuple[Kind, Choice]]:
    for kind in Kind:
        own: tuple[Choice, ...] = getattr(assistant.engines, kind)
        yield kind, own[0] if own else Choice(getattr(settings.engines, kind)[0])


async def _cost(pool: Pool, kind: Kind, choice: Choice, amount: Amount, prices: Prices) -> Part:
    what, source = f"{kind} {choice.name}", TABLES[kind].get(choice.name)
    if isinstance(source, Packaged) and source.extra in EMBEDDED:
        # To open it takes seconds, and it has no price.
        return Part(what, Decimal(0))
    try:
        model = (await pool.open(kind, choice)).model
    except ConfigurationError as error:
        return Part(what, None, str(error))
    cost = prices.cost(kind, choice.name, model, amount)
    if cost is None:
        return Part(f"{what} {model}", None, f"write the price of {model} into the table of prices")
    return Part(f"{what} {model}".strip(), cost * REPLIES)


def _amounts(instructions: int) -> Mapping[Kind, Amount]:
    """Return what one reply takes of each kind; a language model reads its *instructions* (characters) each time."""
    exchange = 2 * tokens(CHARACTERS)
    # Half of what is said in a minute was said before, on average.
    read = tokens(instructions) + REPLIES * exchange // 2
    return {
        Kind.STT: Amount(1, seconds=HEARD_S),
        Kind.LLM: Amount(1, input=read, output=tokens(CHARACTERS)),
        Kind.TTS: Amount(1, seconds=HEARD_S, characters=CHARACTERS),
    }
