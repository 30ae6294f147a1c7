"""A call scripted like a score: a real ear on human voices, and fakes for the line, the brain and the voice."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from assist.assistant import Assistant
from assist.audio.vad import Vad
from assist.call.call import Call
from assist.call.channel import Listener
from assist.call.ear import Ear, Ears
from assist.call.engines import Engines
from assist.call.errand import Errand
from assist.call.events import Event, Heard, Said
from assist.call.session import Session
from assist.errors import ProviderError
from assist.llm import Part
from tests.fakes import FakeBrain, FakeChannel, FakeMemory, FakeStt, FakeVoice
from tests.recordings import recording

SILENCE = bytes(320)


@dataclass
class Score:
    """One call and everything that can be done to it."""

    call: Call
    channel: FakeChannel
    ear: Ear
    brain: FakeBrain
    voice: FakeVoice
    memory: FakeMemory
    events: list[Event] = field(default_factory=list)

    async def hears(self, audio: bytes) -> None:
        """Let the assistant's ear hear *audio*, giving everybody time in between."""
        for offset in range(0, len(audio), 320):
            self._line.hear(audio[offset : offset + 320].ljust(320, b"\0"))
            for _ in range(3):
                await asyncio.sleep(0)

    async def caller_speaks(self) -> None:
        """Say something, and let the silence after it end the turn."""
        await self.hears(recording("es", "vm-sorry").audio + SILENCE * 50)

    async def caller_begins(self) -> None:
        await self.hears(recording("es", "vm-sorry").audio[:9600])

    async def silence(self, seconds: float) -> None:
        await self.hears(SILENCE * round(seconds * 50))

    async def settle(self) -> None:
        """Let everything happen that can happen by itself."""
        for _ in range(200):
            await asyncio.sleep(0)

    @property
    def _line(self) -> Listener:
        assert self.channel.listener
        return self.channel.listener

    @property
    def said(self) -> list[str]:
        return [event.text for event in self.events if isinstance(event, Said)]

    @property
    def heard(self) -> list[str]:
        return [event.text for event in self.events if isinstance(event, Heard)]

    @property
    def session(self) -> Session:
        return Session.from_json(self.memory.saved[-1])

    @property
    def dialog(self) -> list[tuple[str, str]]:
        return [(message.speaker.value, message.text) for message in self.session.dialog.messages]


@asynccontextmanager
async def in_call(
    assistant: Assistant,
    understood: Sequence[str | ProviderError] = (),
    replies: Sequence[Sequence[Part] | ProviderError] = (),
    *,
    channel: FakeChannel | None = None,
    voice: FakeVoice | None = None,
    memory: FakeMemory | None = None,
    gate: asyncio.Event | None = None,
    session: Session | None = None,
    errand: Errand | None = None,
) -> AsyncIterator[tuple[Score, "asyncio.Task[str]"]]:
    """Begin a call; at the end nothing of it may be left running."""
    ears = Ears(Vad())
    channel, voice, memory = channel or FakeChannel(), voice or FakeVoice(), memory or FakeMemory()
    brain = FakeBrain(*replies, gate=gate)
    ear = ears.open(since=session.position if session else 0)
    events: list[Event] = []
    engines = Engines(FakeStt(*understood), brain, voice)
    call = Call(channel, ear, assistant, engines, memory, events.append, errand)
    running = asyncio.create_task(call.run(session))
    score = Score(call, channel, ear, brain, voice, memory, events)
    await score.settle()
    try:
        yield score, running
    finally:
        channel.end("NORMAL_CLEARING")
        await asyncio.wait([running])
        ear.close()
        ears.close()
        assert asyncio.all_tasks() == {asyncio.current_task()}
