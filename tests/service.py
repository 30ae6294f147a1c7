"""A worker behind the simulated line, with engines that load in no time: the rest is as it is in service."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest
from pydantic.dataclasses import dataclass as pydantic_dataclass

import assist
from assist.aio import Stream
from assist.app import worker
from assist.assistant import Assistant
from assist.assistant.hours import STRICT
from assist.audio.formats import LINE
from assist.call.events import Event, Said
from assist.engines.table import LLM, STT, TTS
from assist.journal import follow
from assist.llm import Dialog, LanguageModel, Part, Speaker, Transfer
from assist.provider import Opened
from assist.settings import Settings, read_settings
from assist.simulate.caller import ScriptedCaller, Step
from assist.simulate.line import SimulatedCall, SimulatedLine
from assist.simulate.ports import free_port
from assist.store import CallRecord, Store, open_store
from assist.stt import Pause, Transcript
from assist.switch.server import Server
from tests.fakes import FakeBrain
from tests.recordings import recording
from tests.rigs import until

UTTERANCES = {
    "lo siento": recording("es", "vm-sorry").audio[:14400],
    "no comprendo": recording("es", "vm-sorry").audio,
    "las comadrejas": recording("es", "tt-weasels").audio,
}
"""A human voice for 0.9, 2.8 and 4.6 s: whoever is heard in full said one of these."""
SHORT, MIDDLE, LONG = UTTERANCES

WORD = LINE.rate // 10
BEEP = (8000 * np.sin(2 * np.pi * 440 * np.arange(WORD) / LINE.rate)).astype("<i2").tobytes()
GREETING = "Soy un asistente automático."


class Beeps:
    """A voice: each word is a tenth of a second of a tone."""

    async def synthesize(self, text: str, language: str, *, pace: float = 1.0) -> Stream[bytes]:
        for _ in text.split():
            yield BEEP


class ByLength:
    """Tells the utterances apart by how long somebody spoke; says how long if it was none of them."""

    async def transcribe(self, speech: Stream[bytes | Pause], languages: tuple[str, ...]) -> Stream[Transcript]:
        heard = 0.0
        async with aclosing(speech) as pieces:
            async for piece in pieces:
                heard += len(piece) / 16000 if isinstance(piece, bytes) else 0.0
        near = [text for text, audio in UTTERANCES.items() if -0.4 < heard - len(audio) / 16000 < 0.9]
        text = near[0] if near else f"{heard:.1f} s"
        yield Transcript(text, (text,))


class Counting:
    """A brain that knows how many things the caller has said, and talks for four seconds; keys are a transfer."""

    async def reply(self, dialog: Dialog) -> Stream[Part]:
        said = [message.text for message in dialog.messages if message.speaker is Speaker.CALLER]
        if dialog.messages[-1].keyed:
            yield Transfer("recepcion")
        else:
            yield f"{len(said)} {said[-1]} {'palabra ' * 38}"


@pydantic_dataclass(frozen=True, slots=True, config=STRICT)
class NoOptions:
    """Nothing can be written beside a fast engine's name."""


Opener: TypeAlias = Callable[[Any, Settings], AbstractAsyncContextManager[Opened[Any]]]


@dataclass(frozen=True, slots=True)
class FastEngine:
    """What a table of engines brings: the module of an engine."""

    opened: Opener
    Options: type[Any] = NoOptions

    @classmethod
    def of(cls, engine: object) -> "FastEngine":
        return cls(lambda options, settings: nullcontext(Opened(engine)))


def install(brains: Callable[[Assistant], LanguageModel] | None = None) -> None:
    """Make fast engines known to this process as ``fast``; *brains* in the place of `Counting`."""
    STT["fast"] = lambda: FastEngine.of(ByLength())
    LLM["fast"] = lambda: FastEngine.of(brains or (lambda assistant: Counting()))
    TTS["fast"] = lambda: FastEngine.of(Beeps())


def answering(*replies: list[Part]) -> None:
    """Let every brain give these answers, one after the other."""

    def brain(assistant: Assistant) -> LanguageModel:
        return FakeBrain(*replies)

    install(brain)


FAST = {"ASSIST_STT": "fast", "ASSIST_LLM": "fast", "ASSIST_TTS": "fast", "ASSIST_LAST_RESORT": "false"}


def write_assistant(directory: Path, name: str, greeting: str = GREETING) -> Path:
    """Write an assistant that only greets, and return its file."""
    path = directory / f"{name}.yaml"
    path.write_text(
        f'languages: es\ntimezone: Europe/Madrid\nphrases: {{es: {{greeting: "{greeting}"}}}}\n', encoding="utf-8"
    )
    return path


@dataclass(frozen=True, slots=True)
class House:
    """Whoever can be called, and what they leave."""

    line: SimulatedLine
    store: Store
    media_dir: Path

    def ring(self, assistant: str) -> AbstractAsyncContextManager[SimulatedCall]:
        """Call *assistant*; yields the caller's end, once somebody or the apology answered."""
        return self.line.call("100", variables={"assist_assistant": assistant})

    async def record(self, call: SimulatedCall) -> CallRecord:
        """Wait until the call is in the history."""
        async with asyncio.timeout(10):
            while True:
                for record in (await self.store.history.recent(10_000)).calls:
                    if record.id == call.id:
                        return record
                await asyncio.sleep(0.01)

    async def events(self, call: SimulatedCall) -> list[Event]:
        """Return all that happened in a call that is over."""
        async with asyncio.timeout(10):
            return [event async for event in follow(self.store, call.id)]

    async def told(self, call: SimulatedCall, kind: type[Event], times: int = 1) -> None:
        """Wait until something of that kind has been told so often."""
        async with asyncio.timeout(20):
            while await self._count(call, kind) < times:  # noqa: ASYNC110 - to wait for one event is not to count them
                await asyncio.sleep(0.02)

    async def _count(self, call: SimulatedCall, kind: type[Event]) -> int:
        return sum(fields["kind"] == kind.__name__ for _, fields in await self.store.events(call.id))


async def follows(call: SimulatedCall, *steps: Step) -> None:
    """Do what *steps* say; what is said is one of `UTTERANCES`."""

    async def voice(text: str) -> bytes:
        return UTTERANCES[text]

    async with asyncio.timeout(40):
        await ScriptedCaller(voice, polite_pause=0.5).run(call, list(steps))


def said(events: list[Event]) -> list[str]:
    return [event.text for event in events if isinstance(event, Said)]


def open_files() -> set[str]:
    """Return what is open in this process: descriptors, with what they are."""
    found = set()
    for descriptor in Path("/proc/self/fd").iterdir():
        try:
            found.add(f"{descriptor.name} {descriptor.readlink()}")
        except FileNotFoundError:
            continue  # that of the listing itself
    return found


def own_tasks() -> set["asyncio.Task[Any]"]:
    """Return what goes on of this package's own code: SDKs and local servers have tasks too."""
    package = Path(assist.__file__).parent
    codes = {task: getattr(task.get_coro(), "cr_code", None) for task in asyncio.all_tasks()}
    return {task for task, code in codes.items() if code and Path(code.co_filename).is_relative_to(package)}


@asynccontextmanager
async def house(settings: Settings, redis_url: str) -> AsyncIterator[House]:
    """Let one worker take calls in this process. Afterwards it must have left no task and no open file."""
    before, tasks = open_files(), asyncio.all_tasks()
    async with open_house(settings, redis_url) as home:
        yield home
    assert asyncio.all_tasks() == tasks
    assert not (extra := open_files() - before), extra


@asynccontextmanager
async def open_house(settings: Settings, redis_url: str) -> AsyncIterator[House]:
    """Let one worker take calls in this process."""
    media_dir, port = settings.files.media_dir, settings.listen.port
    async with (
        worker(settings, nullcontext()) as server,
        open_store(redis_url, settings.redis.retention) as store,
        SimulatedLine([f"127.0.0.1:{port}"]) as line,
    ):
        yield House(line, store, media_dir)
        await gone(server, line)


async def gone(server: Server, line: SimulatedLine) -> None:
    """Wait until no call is left, on either side."""
    await until(lambda: not server.calls and not line.board.sessions, seconds=10)


def environment_of(directory: Path, redis_url: str, port: int, **more: str) -> Mapping[str, str]:
    """Return the variables of a service in *directory*, which holds ``assistants`` and gets ``media``."""
    return {
        "REDIS_URL": redis_url,
        "ASSIST_LISTEN_PORT": str(port),
        "ASSIST_MEDIA_DIR": str(directory / "media"),
        "ASSIST_STATE_DIR": str(directory / "state"),
        "ASSIST_ASSISTANTS_DIR": str(directory / "assistants"),
        "ASSIST_CAMPAIGNS_DIR": str(directory / "campaigns"),
        **FAST,
        **more,
    }


def settings_in(monkeypatch: pytest.MonkeyPatch, directory: Path, redis_url: str, **more: str) -> Settings:
    """Return the settings of a service in *directory*, of which this process's environment is told."""
    for name, value in environment_of(directory, redis_url, free_port(), **more).items():
        monkeypatch.setenv(name, value)
    return read_settings()
