"""A caller who follows a script, on a leg whose other side is scripted too: no time passes but that of the audio."""

import asyncio
from collections.abc import Iterable

import numpy as np
import pytest

from assist.aio import Stream
from assist.simulate.caller import PATIENCE, Attention, ScriptedCaller, Step

FRAME = 320
SPEECH = (np.where(np.arange(FRAME // 2) % 2, 8000, -8000)).astype("<i2").tobytes()
SILENCE = bytes(FRAME)
HISS = (np.where(np.arange(FRAME // 2) % 2, 100, -100)).astype("<i2").tobytes()
"""-50 dBFS."""


def speaks(seconds: float, then_silent: float = 0.0) -> list[bytes]:
    return [SPEECH] * round(seconds * 50) + [SILENCE] * round(then_silent * 50)


class FakeLeg:
    """Hears what it is given, frame by frame; keeps a diary of what is done and after how much was heard."""

    def __init__(self, *frames: Iterable[bytes]) -> None:
        self._frames = [frame for some in frames for frame in some]
        self._heard = 0
        self.diary: list[tuple[str, float]] = []
        self._over = asyncio.Event()

    async def say(self, audio: bytes) -> None:
        self._note(f"say {audio.decode()}")

    async def press(self, digits: str) -> None:
        self._note(f"press {digits}")

    async def listen(self) -> Stream[bytes]:
        while self._heard < len(self._frames) and not self._over.is_set():
            self._heard += 1
            yield self._frames[self._heard - 1]

    async def hang_up(self) -> None:
        self._note("hang up")
        self._over.set()

    async def ended(self) -> str:
        await self._over.wait()
        return "NORMAL_CLEARING"

    def _note(self, what: str) -> None:
        self.diary.append((what, self._heard / 50))


async def follow(leg: FakeLeg, *steps: Step) -> float:
    """Let a caller follow *steps*, and return after how many seconds he did the first thing."""

    async def voice(text: str) -> bytes:
        return text.encode()

    await ScriptedCaller(voice).run(leg, list(steps))
    return leg.diary[0][1]


async def test_a_polite_caller_speaks_when_the_assistant_has_finished() -> None:
    leg = FakeLeg([SILENCE] * 50, speaks(2, 0.5), speaks(1, 2))
    assert await follow(leg, Step(say="hola")) == pytest.approx(5.4, abs=0.03)


async def test_a_breath_or_a_hiss_is_no_answer() -> None:
    leg = FakeLeg(speaks(0.3, 3), [HISS] * 200, speaks(0.2, 2))
    assert await follow(leg, Step(say="hola")) == pytest.approx(3.3 + 4 + 0.2 + 0.9, abs=0.03)


async def test_a_caller_interrupts_when_so_much_was_heard() -> None:
    leg = FakeLeg([SILENCE] * 25, speaks(9))
    assert await follow(leg, Step(say="oiga", over=2)) == pytest.approx(2.5, abs=0.03)


async def test_each_step_waits_for_its_own_turn() -> None:
    leg = FakeLeg(speaks(1, 1), speaks(1, 1), speaks(1, 1))
    steps = [Step(say="uno"), Step(press="42#"), Step(say="adiós", hang_up=True)]
    await follow(leg, *steps)
    assert [what for what, _ in leg.diary] == ["say uno", "press 42#", "say adiós", "hang up"]
    assert [when for _, when in leg.diary] == pytest.approx([1.9, 3.9, 5.9, 5.9], abs=0.05)


@pytest.mark.parametrize("frames", [[SILENCE] * round(PATIENCE * 60), speaks(PATIENCE * 1.2)])
async def test_an_assistant_who_is_dumb_or_never_stops_is_given_up(frames: list[bytes]) -> None:
    with pytest.raises(TimeoutError, match="not heard, or did not stop"):
        await follow(FakeLeg(frames), Step(say="hola"))


async def test_the_words_are_ready_before_the_call_needs_them() -> None:
    """Else the caller would keep silent for as long as their synthesis takes."""
    made: list[str] = []
    leg = FakeLeg(speaks(1, 1), speaks(1, 1))

    async def voice(text: str) -> bytes:
        made.append(text)
        assert leg.diary == []
        return text.encode()

    await ScriptedCaller(voice).run(leg, [Step(say="uno"), Step(say="dos")])
    assert made == ["uno", "dos"]


def test_attention_counts_what_was_heard() -> None:
    attention = Attention()
    for frame in speaks(0.5, 0.2):
        attention.feed(frame)
    assert (attention.spoken, attention.quiet, attention.total) == pytest.approx((0.5, 0.2, 0.7))
    attention.feed(SPEECH)
    assert attention.quiet == 0.0
