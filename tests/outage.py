"""Live calls during which an engine fails: who takes over, and what the caller hears of it.

The line is simulated, the providers are local servers, and everybody takes as long as services do. All calls are held
side by side, by one worker. The caller asks once while all is well, and again when the first engine has begun to fail.
"""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import yaml

import assist.journal
from assist.aio import Stream
from assist.audio.formats import LINE
from assist.audio.level import loud
from assist.call.events import Event
from assist.engines.table import LLM, STT, TTS
from assist.journal import follow
from assist.llm import Dialog, Part
from assist.provider import Kind
from assist.settings import read_settings
from assist.simulate.caller import ScriptedCaller, Step
from assist.simulate.line import SimulatedCall
from assist.simulate.ports import free_port
from assist.stt import Pause, Transcript
from tests.providers import Fault, ProviderServer
from tests.providers.everyone import ENGINES, Chat, Faculties, service
from tests.providers.openai_chat import INSTEAD, text
from tests.recordings import recording
from tests.service import FastEngine, House, environment_of, open_house, own_tasks
from tests.word_tones import Tones, Word, words_of

TRANSCRIPT, FIRST_TOKEN, FIRST_AUDIO = 0.3, 0.5, 0.2
"""Seconds that services usually take."""
MOST = 4.0
"""Seconds of silence after which a caller is gone."""
BETWEEN_CALLS = 0.15
"""Seconds from one ring to the next: callers do not speak in chorus."""

GREETING = "Soy un asistente automático."
FILLER = "Momentito."
TROUBLE = "Perdone, tengo problemas técnicos."
DEAF = "Disculpe, ahora no entiendo nada."
MENU = "Para recepción pulse cero."
KEYED = "Enseguida."


def loudest(audio: bytes) -> bytes:
    """Return *audio* from its first to its last sound."""
    sound = loud(np.frombuffer(audio, "<i2"), -40.0)
    return audio[int(sound[0]) * 2 : int(sound[-1] + 1) * 2]


WELL, NOW = "la conferencia ha sido desbloqueada", "sus contraseñas han sido cambiadas"
"""What the caller says while all is well, and when something fails."""
UTTERANCES = {
    WELL: loudest(recording("es", "conf-unlockednow").audio),
    NOW: loudest(recording("es", "vm-passchanged").audio),
}
ANSWERS = {
    WELL: "Abrimos de nueve a seis.",
    NOW: "El doctor Vidal atiende mañana. Venga con tiempo, por favor, y traiga su tarjeta sanitaria.",
    "0": KEYED,
}
BEGINNING = "El doctor Vidal atiende mañana."

TONES = Tones(words_of(" ".join([GREETING, FILLER, TROUBLE, DEAF, MENU, *ANSWERS.values()])))


@dataclass(frozen=True, slots=True)
class Outage:
    """What fails, and how."""

    kind: Kind
    engine: str
    fault: Fault
    after_a_sentence: bool = False
    """Of a model: not at its first words."""
    backup: bool = True
    """Another engine is well."""

    @property
    def name(self) -> str:
        """Of its assistant."""
        more = "-late" * self.after_a_sentence + "-alone" * (not self.backup)
        return f"{self.kind}-{self.engine}-{self.fault.name.lower()}{more}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the call."""

    before: list[str]
    """The words heard before anything failed."""
    words: list[str]
    """Those heard after the second question, fillers apart."""
    silence: float
    """Seconds without any word, the longest from the end of that question to the last word."""
    wait: float
    """Seconds from the end of that question to the first word that is no filler."""
    events: list[Event]
    apologised: bool


# What everybody understands, thinks and says


async def hear(audio: bytes) -> str:
    """Write down which of `UTTERANCES` *audio* is; what is none, or not all of one, is no words."""
    sound = np.frombuffer(audio[: len(audio) // 2 * 2], "<i2").astype(np.float64)
    heard = next((text for text, known in UTTERANCES.items() if likeness(sound, known) > 0.8), "")
    if heard:
        await asyncio.sleep(TRANSCRIPT)
    return heard


def likeness(sound: "np.typing.NDArray[np.float64]", known: bytes) -> float:
    """Return how much of *known* is in *sound*: 1 if it is there unchanged."""
    wanted = np.frombuffer(known, "<i2").astype(np.float64)
    size = 1 << (len(sound) + len(wanted)).bit_length()
    product = np.fft.irfft(np.fft.rfft(sound, size) * np.conj(np.fft.rfft(wanted, size)), size)
    energy = (wanted**2).sum() * (sound**2).sum()
    return float(product.max() / np.sqrt(energy)) if energy else 0.0


def think(dialog: Sequence[str]) -> Sequence[Part]:
    """Answer what was asked last; who has begun to answer goes on."""
    question = next(message for message in reversed(dialog) if message in ANSWERS)
    answer = ANSWERS[question]
    begun = " ".join(dialog[len(dialog) - dialog[::-1].index(question) :])
    return [f"{word} " for word in answer.removeprefix(begun).split()]


async def speak(text: str) -> bytes:
    await asyncio.sleep(FIRST_AUDIO)
    return TONES.spoken(text)


class Ear:
    """An engine that does not fail."""

    async def transcribe(self, speech: Stream[bytes | Pause], languages: tuple[str, ...]) -> Stream[Transcript]:
        async with aclosing(speech) as pieces:
            audio = b"".join([piece async for piece in pieces if isinstance(piece, bytes)])
        yield Transcript(await hear(audio))


class Brain:
    """An engine that does not fail."""

    async def reply(self, dialog: Dialog) -> Stream[Part]:
        await asyncio.sleep(FIRST_TOKEN)
        for part in think([message.text for message in dialog.messages]):
            yield part


class Voice:
    """An engine that does not fail."""

    async def synthesize(self, text: str, language: str, *, pace: float = 1.0) -> Stream[bytes]:
        yield await speak(text)


def install(environ: pytest.MonkeyPatch) -> None:
    """Make those engines known as ``sound``, and let them do whatever an assistant says nothing of."""
    environ.setitem(STT, "sound", lambda: FastEngine.of(Ear()))
    environ.setitem(LLM, "sound", lambda: FastEngine.of(lambda assistant: Brain()))
    environ.setitem(TTS, "sound", lambda: FastEngine.of(Voice()))
    for kind in Kind:
        environ.setenv(f"ASSIST_{kind.upper()}", "sound")


# The services

FACULTIES = Faculties(hear, think, speak, FIRST_TOKEN)


def backup_of(kind: Kind, engine: str) -> str:
    """Return who is next in the list: the next of the kind."""
    engines = ENGINES[kind]
    return engines[(engines.index(engine) + 1) % len(engines)]


def begin(server: ProviderServer, outage: Outage) -> None:
    if outage.after_a_sentence:
        assert isinstance(server, Chat)
        server.completions.says = [*text(f"{BEGINNING} ", "Venga "), INSTEAD[outage.fault]]
    else:
        server.fault = outage.fault


# The calls


async def outcomes(outages: Sequence[Outage], directory: Path, redis_url: str) -> dict[Outage, Outcome]:
    """Hold a call for each of *outages*, all at once, and return what became of them."""
    (directory / "assistants").mkdir()
    async with AsyncExitStack() as stack:
        environ = stack.enter_context(pytest.MonkeyPatch.context())
        backups = {
            (kind, engine): await stack.enter_async_context(service(kind, engine, FACULTIES))
            for kind, engines in ENGINES.items()
            for engine in engines
        }
        servers = {one: await stack.enter_async_context(service(one.kind, one.engine, FACULTIES)) for one in outages}
        for server in backups.values():
            for variable, value in server.environment.items():
                environ.setenv(variable, value)
        for one, failing in servers.items():
            backup = [backups[one.kind, backup_of(one.kind, one.engine)]] if one.backup else []
            write_assistant(directory / "assistants", one, [failing, *backup])
        environ.setattr(assist.journal, "WAIT", timedelta(seconds=1))
        more = {"ASSIST_WORKERS_CALLS": str(len(outages)), "ASSIST_SPEECH_CACHE_MB": "0"}
        for variable, value in environment_of(directory, redis_url, free_port(), **more).items():
            environ.setenv(variable, value)
        install(environ)
        async with open_house(read_settings(), redis_url) as home, asyncio.TaskGroup() as group:
            calls = {
                one: group.create_task(held(home, one, partial(begin, server, one), number * BETWEEN_CALLS))
                for number, (one, server) in enumerate(servers.items())
            }
        assert not own_tasks(), "of the calls and their engines something goes on"
        return {one: outcome(*call.result()) for one, call in calls.items()}


def write_assistant(directory: Path, outage: Outage, servers: Sequence[ProviderServer]) -> None:
    phrases = {"greeting": GREETING, "fillers": FILLER, "trouble": TROUBLE, "deaf": DEAF}
    person = {"words": {"es": "persona"}, "key": "0", "answers": {"es": KEYED}}
    assistant = {
        "languages": "es",
        "timezone": "Europe/Madrid",
        "phrases": {"es": phrases},
        "questions": {"menu": {"ask": {"es": MENU}, "options": {"person": person}}},
        "lost": ["menu"],
        "engines": {outage.kind.value: [{server.engine: dict(server.options)} for server in servers]},
    }
    (directory / f"{outage.name}.yaml").write_text(yaml.safe_dump(assistant, allow_unicode=True), encoding="utf-8")


async def held(
    home: House, outage: Outage, fails: "partial[None]", after: float
) -> tuple[SimulatedCall, list[Event], int, int]:
    """Hold one call: ask, let something fail, and ask again. Return it with the samples at which it was asked."""
    await asyncio.sleep(after)
    async with home.ring(outage.name) as call:
        await ScriptedCaller(utterance, polite_pause=0.7).run(call, [Step(say=WELL)])
        asked_before = len(call.recorded) // LINE.sample_bytes
        await call.quiet(3.0)
        fails()
        await call.say(UTTERANCES[NOW])
        asked = len(call.recorded) // LINE.sample_bytes
        await call.quiet(MOST)
        if outage.kind is Kind.STT and not outage.backup:
            await call.press("0")
            await call.quiet(MOST)
        await call.hang_up()
        return call, [event async for event in follow(home.store, call.id, nobody_is_up)], asked_before, asked


async def nobody_is_up() -> bool:
    """Let nobody wait for the end of a call that was left to the dialplan: it is not told."""
    return False


async def utterance(text: str) -> bytes:
    return UTTERANCES[text]


def outcome(call: SimulatedCall, events: list[Event], asked_before: int, asked: int) -> Outcome:
    """Return what was heard, by where the caller's questions ended in the recording."""
    said = [word for word in TONES.heard(call.recorded) if word.start >= asked_before]
    after = [word for word in said if word.start >= asked]
    plain = [word for word in said if word.text not in words_of(FILLER)]
    answer = [word for word in plain if word.start >= asked]
    return Outcome(
        before=[word.text for word in plain if word.start < asked],
        words=[word.text for word in answer],
        silence=longest_silence(after, asked),
        wait=(answer[0].start - asked) / LINE.rate if answer else MOST,
        events=events,
        apologised=call.apologised,
    )


def longest_silence(words: Sequence[Word], since: int) -> float:
    """Return the longest time without a word, in seconds, until the last of *words*."""
    ends = [since, *(word.stop for word in words)]
    return max((word.start - end for word, end in zip(words, ends, strict=False)), default=0) / LINE.rate
