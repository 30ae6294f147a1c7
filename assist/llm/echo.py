"""Says back what the caller said: to try a line, and to show that a test of a brain can fail."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pydantic.dataclasses import dataclass

from assist.aio import Stream
from assist.assistant.hours import STRICT
from assist.llm import Brains, Dialog, Part
from assist.provider import Opened
from assist.settings import Settings


class Echo:
    """A brain that only repeats."""

    async def reply(self, dialog: Dialog) -> Stream[Part]:
        yield dialog.messages[-1].text


@dataclass(frozen=True, slots=True, config=STRICT)
class Options:
    """What an assistant may say of it: nothing."""


@asynccontextmanager
async def opened(options: Options, settings: Settings) -> AsyncIterator[Opened[Brains]]:
    """Lend it."""
    yield Opened(lambda assistant: Echo())
