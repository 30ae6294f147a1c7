"""Whoever is called: the contract of his telephone, and what he does with it if nobody says more of him."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing, suppress
from typing import Protocol, TypeAlias

from assist.aio import race
from assist.audio.formats import LINE_BYTES_PER_SECOND
from assist.errors import HungUp
from assist.simulate.caller import Leg
from assist.simulate.clock import frames
from assist.simulate.destinations import FOREVER, Destination
from assist.simulate.sounds import Frames

MINUTE = 60.0
"""Nobody talks longer."""


class Answered(Leg, Protocol):
    """The end of who was called: it remembers."""

    @property
    def recorded(self) -> bytes:
        """All that was heard so far, `LINE`."""
        ...


class Ringing(Protocol):
    """A call that has not been answered. Once the other side has given up, nothing happens any more."""

    @property
    def number(self) -> str:
        """That was called."""
        ...

    @property
    def call(self) -> str:
        """SIP's ``Call-ID``."""
        ...

    @property
    def attempt(self) -> str:
        """What the header ``X-Assist-Attempt`` says; empty: there is none."""
        ...

    async def ring(self) -> None:
        """Let the other side know that it rings."""
        ...

    async def announce(self, audio: bytes) -> None:
        """Return when all of *audio* (`LINE`) was sent without answering."""
        ...

    async def refuse(self, cause: str) -> None:
        """End it with one of FreeSWITCH's causes, as ``USER_BUSY``."""
        ...

    async def answer(self) -> Answered:
        """Pick up, and return this end of the call. Raises `HungUp` if the other side has given up."""
        ...

    async def given_up(self) -> None:
        """Wait until it is over, by whoever's will."""
        ...


Answering: TypeAlias = Callable[[Ringing], Awaitable[None]]
"""What is done with a call that comes in; cancelled if the other side ends it."""


async def taken(ringing: Ringing, answering: Answering) -> None:
    """Let *answering* have the call until it is over."""

    async def held() -> None:
        # Whoever called may give up at any time.
        with suppress(HungUp):
            await answering(ringing)
        await ringing.given_up()

    await race(held(), ringing.given_up())


async def behave(ringing: Ringing, destination: Destination) -> None:
    """Do what *destination* does."""
    if destination.announces:
        await ringing.announce(bytes(round(destination.rings * LINE_BYTES_PER_SECOND)))
    elif destination.rings:
        await ringing.ring()
        await (ringing.given_up() if destination.rings == FOREVER else asyncio.sleep(destination.rings))
    if destination.cause:
        return await ringing.refuse(destination.cause)
    leg = await ringing.answer()
    if destination.echoes:
        return await _echo(leg)
    voice = Frames(destination.voice)
    try:
        async with asyncio.timeout(destination.talks):
            await race(leg.ended(), _talk(leg, b"".join(voice.next() for _ in range(frames(MINUTE)))))
    except TimeoutError:
        await leg.hang_up()


async def _talk(leg: Leg, audio: bytes) -> str:
    await leg.say(audio)
    return await leg.ended()


async def _echo(leg: Leg) -> None:
    async with aclosing(leg.listen()) as heard:
        async for frame in heard:
            await leg.say(frame)
