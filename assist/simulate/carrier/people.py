"""Who is called, by the end of the number.

======== ==============================================================================================
…1       a person: "¿Sí, dígame?", answers when spoken to, hangs up
…2       a voicemail: greeting, beep, takes a message
…3       a machine with a menu
…4       a machine that asks who calls; then nobody comes
…5       nobody: it rings
…6       switched off: an announcement says so before the answer, then 480; …16: it is the answer, and is said twice
…7       declines: 603
…8       busy: 486
…9       the network is full: 503; but …09: the carrier says nothing at all; …19: answers and hangs up at once
…0       no such number: 404; …10: an announcement says so before it; …20: an announcement is the answer
======== ==============================================================================================
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TypeAlias

from assist.simulate.called import Answered, Ringing
from assist.simulate.caller import SAID_SOMETHING, Attention, Leg
from assist.simulate.carrier.voices import Phrase, Voices, beep

TIMER_B = 32.0
"""Seconds after which SIP gives up a carrier that says nothing."""


@dataclass(frozen=True, slots=True)
class Manners:
    """How those behave who are called, in seconds."""

    voices: Voices
    rings: float = 1.0
    """Before somebody answers."""
    breath: float = 0.4
    """Between that and his first word or hanging up at once, and between a greeting and its beep."""
    replies: int = 2
    """Of a person, before he hangs up."""
    pause: float = 0.9
    """After which he takes his turn."""
    patience: float = 20.0
    """After which who hears nothing goes on, or hangs up."""
    messages: dict[str, bytes] = field(default_factory=dict)
    """What was left after each beep, `LINE`, by attempt."""


Person: TypeAlias = Callable[[Ringing, Manners], Awaitable[None]]


async def human(ringing: Ringing, manners: Manners) -> None:
    leg = await _pick_up(ringing, manners)
    await leg.say(manners.voices[Phrase.HELLO])
    for _ in range(manners.replies):
        await _quiet(leg, manners.pause, manners.patience)
        await leg.say(manners.voices[Phrase.REPLY])
    await _quiet(leg, manners.pause, manners.patience)
    await leg.hang_up()


async def voicemail(ringing: Ringing, manners: Manners) -> None:
    leg = await _pick_up(ringing, manners)
    await leg.say(manners.voices[Phrase.GREETING])
    await _take_message(leg, ringing.attempt, manners)
    await leg.hang_up()


async def menu(ringing: Ringing, manners: Manners) -> None:
    leg = await _pick_up(ringing, manners)
    for _ in range(2):
        await leg.say(manners.voices[Phrase.MENU])
        await _quiet(leg, 2.0, manners.patience)
    await leg.hang_up()


async def screening(ringing: Ringing, manners: Manners) -> None:
    leg = await _pick_up(ringing, manners)
    await leg.say(manners.voices[Phrase.WHO])
    await _quiet(leg, manners.pause, manners.patience)
    for phrase in (Phrase.MOMENT, Phrase.NOBODY):
        await leg.say(manners.voices[phrase])
        await asyncio.sleep(manners.rings)
    await leg.hang_up()


async def nobody(ringing: Ringing, manners: Manners) -> None:
    await ringing.ring()
    await ringing.given_up()


def announced(phrase: Phrase, cause: str) -> Person:
    """Return what a carrier says before it refuses the call for that *cause*."""

    async def announce(ringing: Ringing, manners: Manners) -> None:
        await ringing.announce(manners.voices[phrase])
        await ringing.refuse(cause)

    return announce


def answered_by(phrase: Phrase, times: int) -> Person:
    """Return a carrier that answers the call itself, says *phrase* so many times and hangs up."""

    async def answer(ringing: Ringing, manners: Manners) -> None:
        leg = await _pick_up(ringing, manners)
        for _ in range(times):
            await leg.say(manners.voices[phrase])
            await asyncio.sleep(manners.pause)
        await leg.hang_up()

    return answer


async def silence(ringing: Ringing, manners: Manners) -> None:
    await asyncio.sleep(TIMER_B)
    await ringing.refuse("RECOVERY_ON_TIMER_EXPIRE")


async def short(ringing: Ringing, manners: Manners) -> None:
    leg = await _pick_up(ringing, manners)
    await leg.hang_up()


def refusing(cause: str) -> Person:
    """Return somebody who does not take the call, for that *cause*."""

    async def refuse(ringing: Ringing, manners: Manners) -> None:
        await ringing.refuse(cause)

    return refuse


BY_ENDING: Mapping[str, Person] = {
    "1": human,
    "2": voicemail,
    "3": menu,
    "4": screening,
    "5": nobody,
    "6": announced(Phrase.OFF, "SUBSCRIBER_ABSENT"),
    "16": answered_by(Phrase.OFF, 2),
    "7": refusing("CALL_REJECTED"),
    "8": refusing("USER_BUSY"),
    "9": refusing("NORMAL_CIRCUIT_CONGESTION"),
    "09": silence,
    "19": short,
    "0": refusing("UNALLOCATED_NUMBER"),
    "10": announced(Phrase.NO_SUCH, "UNALLOCATED_NUMBER"),
    "20": answered_by(Phrase.NO_SUCH, 1),
}


def who(number: str) -> Person:
    """Return who has that *number*."""
    return BY_ENDING.get(number[-2:]) or BY_ENDING.get(number[-1:], nobody)


async def _pick_up(ringing: Ringing, manners: Manners) -> Answered:
    await ringing.ring()
    await asyncio.sleep(manners.rings)
    leg = await ringing.answer()
    await asyncio.sleep(manners.breath)
    return leg


async def _take_message(leg: Answered, attempt: str, manners: Manners) -> None:
    """Beep, and listen to what is said; also if the call ends meanwhile."""
    await asyncio.sleep(manners.breath)
    await leg.say(beep())
    began = len(leg.recorded)
    try:
        await _quiet(leg, manners.pause, manners.patience)
    finally:
        manners.messages[attempt] = leg.recorded[began:]


async def _quiet(leg: Leg, seconds: float, patience: float) -> None:
    """Wait until somebody has spoken and was silent for so long; without *patience*, no longer."""
    attention = Attention()
    async with aclosing(leg.listen()) as heard:
        async for frame in heard:
            attention.feed(frame)
            if attention.total >= patience or (attention.spoken >= SAID_SOMETHING and attention.quiet >= seconds):
                return
