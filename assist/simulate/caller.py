"""A caller who follows a script: waits for the assistant to finish, or does not; speaks; presses keys; hangs up."""

from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Protocol

from assist.aio import Stream
from assist.audio.formats import LINE_BYTES_PER_SECOND
from assist.audio.level import dbfs

SPEECH_ABOVE = -45.0
"""dBFS of a frame in which the assistant speaks."""
SAID_SOMETHING = 0.4
"""Seconds of speech below which a sound is taken for the beginning of one: a breath, a word that was broken off."""
PATIENCE = 30.0
"""Seconds of audio a caller waits for the assistant to say something and finish."""


class Leg(Protocol):
    """The caller's end of a call. After the end of the call, nothing is sent or heard any more."""

    async def say(self, audio: bytes) -> None:
        """Return when all of *audio* (`LINE`) has been sent, at the speed it is spoken."""
        ...

    async def press(self, digits: str) -> None:
        """Press keys, one after the other."""
        ...

    def listen(self) -> Stream[bytes]:
        """Yield what is heard from now on (`LINE`, in frames as they come), silence too; ends with the call."""
        ...

    async def hang_up(self) -> None:
        """End the call."""
        ...

    async def ended(self) -> str:
        """Wait for the end of the call and return the hang-up cause."""
        ...


@dataclass(frozen=True, slots=True)
class Step:
    """One thing a caller does."""

    say: str = ""
    press: str = ""
    hang_up: bool = False
    over: float | None = None
    """Do it over the words of the assistant, when so many seconds of them were heard; `None`: once he is silent."""


class Attention:
    """Judges by its level whether the assistant is speaking."""

    def __init__(self) -> None:
        self.spoken = 0.0
        """Seconds in which he was heard to speak."""
        self.quiet = 0.0
        """Seconds since the last sound."""
        self.total = 0.0
        """Seconds heard."""

    def feed(self, frame: bytes) -> None:
        """Take in what is heard next."""
        seconds = len(frame) / LINE_BYTES_PER_SECOND
        self.total += seconds
        speaking = dbfs(frame) > SPEECH_ABOVE
        self.quiet = 0.0 if speaking else self.quiet + seconds
        self.spoken += seconds if speaking else 0.0


class ScriptedCaller:
    """Plays a script over a leg."""

    def __init__(self, voice: Callable[[str], Awaitable[bytes]], *, polite_pause: float = 0.9) -> None:
        """*voice* makes `LINE` audio of a text; *polite_pause* is how long the assistant must be silent, in seconds."""
        self._voice = voice
        self._polite_pause = polite_pause

    async def run(self, leg: Leg, steps: list[Step]) -> None:
        """Return when the script, or the call, is over. Raises `TimeoutError` if the assistant stays dumb."""
        spoken = [await self._voice(step.say) if step.say else b"" for step in steps]
        for step, audio in zip(steps, spoken, strict=True):
            await self._wait(leg, step.over)
            if audio:
                await leg.say(audio)
            if step.press:
                await leg.press(step.press)
            if step.hang_up:
                await leg.hang_up()

    async def _wait(self, leg: Leg, over: float | None) -> None:
        attention = Attention()
        async with aclosing(leg.listen()) as heard:
            async for frame in heard:
                attention.feed(frame)
                if over is None and attention.spoken >= SAID_SOMETHING and attention.quiet >= self._polite_pause:
                    return
                if over is not None and attention.spoken >= over:
                    return
                if attention.total > PATIENCE:
                    raise TimeoutError("the assistant was not heard, or did not stop")
