"""A worker as `assist serve` runs it, with engines that cost nothing: ``python -m assist.bench.campaign.worker``."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Final

import uvloop
from pydantic.dataclasses import dataclass as pydantic_dataclass

from assist.app import worker
from assist.assistant.hours import STRICT
from assist.bench.engines import SteadyLlm, SteadyStt, SteadyTts
from assist.engines.table import LLM, STT, TTS
from assist.log import set_up_logging
from assist.provider import Opened
from assist.settings import Settings, read_settings

STEADY: Final = "steady"
ENVIRONMENT: Final = {
    "ASSIST_STT": STEADY,
    "ASSIST_LLM": STEADY,
    "ASSIST_TTS": STEADY,
    "ASSIST_LAST_RESORT": "false",
}
"""That such a worker needs."""


@pydantic_dataclass(frozen=True, slots=True, config=STRICT)
class NoOptions:
    """Nothing can be written beside a steady engine's name."""


@dataclass(frozen=True, slots=True)
class Steady:
    """What a table of engines brings: the module of an engine."""

    opened: Callable[[Any, Settings], AbstractAsyncContextManager[Opened[Any]]]
    Options: type[Any] = NoOptions

    @classmethod
    def of(cls, engine: object) -> "Steady":
        return cls(lambda options, settings: nullcontext(Opened(engine)))


async def work() -> None:
    """Hold calls until killed."""
    STT[STEADY] = lambda: Steady.of(SteadyStt())
    LLM[STEADY] = lambda: Steady.of(lambda assistant: SteadyLlm())
    TTS[STEADY] = lambda: Steady.of(SteadyTts())
    async with worker(read_settings(), nullcontext()):
        await asyncio.get_running_loop().create_future()


if __name__ == "__main__":
    set_up_logging()
    uvloop.run(work())
