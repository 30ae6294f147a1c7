"""The demo: `assist serve` for real, a scripted caller on the line, and a verdict."""

import asyncio
import shutil
import signal
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import numpy as np
from rich.console import Console

from assist.aio import Stream
from assist.assistant import Assistants
from assist.assistant.choice import Choice
from assist.audio.formats import LINE
from assist.call.events import Ended, Event, Turn
from assist.demo.line import CallerLeg, TelephoneLine, freeswitch_line, simulated_line
from assist.demo.measure import interruption_times, is_complete, read_stereo, response_times, utterances
from assist.demo.report import Report
from assist.demo.script import Script, read_script
from assist.demo.show import show
from assist.demo.voice import caller_voice
from assist.embedded_redis import redis_server
from assist.engines.pool import Pool
from assist.errors import ConfigurationError, SwitchError
from assist.journal import follow
from assist.provider import Kind
from assist.provider.member import TookOver
from assist.settings import Settings, environment, read_settings
from assist.simulate.caller import ScriptedCaller
from assist.simulate.freeswitch import find_freeswitch
from assist.store import Store, open_store
from assist.stt import Pause, SpeechToText
from assist.tts import TextToSpeech

SCRIPT = Path(__file__).with_name("clinica.yaml")
READY_WITHIN = 90.0
"""Seconds for the workers to load their models."""
TOLD_WITHIN = 10.0
"""Seconds after the call for the rest of the news of it."""
LOG = "serve.log"
CALL_WITHIN = 300.0
"""Seconds for the whole call."""


async def run_demo(console: Console, *, report: Path | None, recording: Path, brain: str, line: str) -> list[str]:
    """Hold the demo call, show it, and return what was wrong with it: nothing, unless something is broken.

    Leaves the stereo recording at *recording* and the `Report` at *report*.
    """
    _stop_like_interrupted()
    settings = read_settings()
    assistants = Assistants(settings.files.assistants_dir)
    script = read_script(SCRIPT)
    now = datetime.now(assistants.get(script.assistant).timezone)
    script = script.on(now)
    with tempfile.TemporaryDirectory(prefix="assist-demo-") as directory:
        settings = replace(settings, files=settings.files.model_copy(update={"state_dir": Path(directory)}))
        async with AsyncExitStack() as stack:
            telephone = await stack.enter_async_context(_line(settings, line, script))
            console.print(f"[bold]Line:[/] {telephone.name}. [dim]Loading the speech and language models…[/]")
            far_end = await _far_end(await stack.enter_async_context(Pool(settings)))
            store = await stack.enter_async_context(_served(settings, telephone, brain, Path(directory)))
            result = await _call(console, store, telephone, script, far_end, Path(directory))
        shutil.copy(result.recording, recording)
    result = replace(result, recording=str(recording))
    if report:
        result.write(report)
    problems = result.problems(script, now)
    _conclude(console, result, problems)
    return problems


@dataclass(frozen=True, slots=True)
class FarEnd:
    """What the caller speaks with, and what writes down what he hears; whatever engines the assistant has."""

    tts: TextToSpeech
    stt: SpeechToText


async def _far_end(pool: Pool) -> FarEnd:
    tts = await pool.open(Kind.TTS, Choice("pico"))
    stt = await pool.open(Kind.STT, Choice("whisper"))
    return FarEnd(tts.engine, stt.engine)


def _stop_like_interrupted() -> None:
    """Let SIGTERM end this task as Ctrl-C does: what was started is ended with it."""
    if task := asyncio.current_task():
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)


@asynccontextmanager
async def _line(settings: Settings, line: str, script: Script) -> AsyncIterator[TelephoneLine]:
    program = None if line == "simulated" else find_freeswitch(settings.files.freeswitch)
    if line == "freeswitch" and program is None:
        raise ConfigurationError("no FreeSWITCH: put freeswitch on the PATH, or set ASSIST_FREESWITCH")
    if program is None:
        async with simulated_line(script.number, script.assistant) as telephone:
            yield telephone
    else:
        async with freeswitch_line(program, script.number, script.assistant) as telephone:
            yield telephone


@asynccontextmanager
async def _served(settings: Settings, telephone: TelephoneLine, brain: str, directory: Path) -> AsyncIterator[Store]:
    """Run `assist serve` at the other end of the line, and lend the store its workers write to."""
    changes: Mapping[str, str] = {
        "ASSIST_STATE_DIR": str(directory),
        "ASSIST_RECORDINGS_DIR": str(directory),
        "ASSIST_LLM": brain,
        **telephone.environment,
    }
    async with redis_server(settings) as url, open_store(url, settings.redis.retention) as store:
        with (directory / LOG).open("wb") as log:
            serving = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "assist", "serve", env=environment(**changes), stderr=log
            )
        try:
            await _ready(store, serving, directory / LOG)
            yield store
        finally:
            if serving.returncode is None:
                serving.terminate()
            await serving.wait()


async def _ready(store: Store, serving: asyncio.subprocess.Process, log: Path) -> None:
    async with asyncio.timeout(READY_WITHIN):
        while not await store.workers():
            if serving.returncode is not None:
                raise ConfigurationError(f"assist serve did not start: {_end_of(log)}")
            await asyncio.sleep(0.1)


def _end_of(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")[-800:]


async def _call(
    console: Console, store: Store, telephone: TelephoneLine, script: Script, far_end: FarEnd, directory: Path
) -> Report:
    caller = ScriptedCaller(caller_voice(far_end.tts, script.language))
    events: list[Event] = []
    following = asyncio.create_task(_follow(console, store, directory, events))
    try:
        async with asyncio.timeout(CALL_WITHIN), telephone.call() as leg:
            await caller.run(leg, list(script.steps))
            await leg.ended()
            recording = await _followed(following, directory)
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
    return await _report(telephone, leg, events, script, far_end, recording)


async def _followed(following: asyncio.Task[Path], directory: Path) -> Path:
    """Return the recording once all was told. Raises `SwitchError` if there was nothing to tell."""
    try:
        async with asyncio.timeout(TOLD_WITHIN):
            recording = await following
            while not is_complete(recording):  # noqa: ASYNC110 -- another process writes it
                await asyncio.sleep(0.05)
            return recording
    except TimeoutError as error:
        raise SwitchError(f"no worker held the call to its end: {_end_of(directory / LOG)}") from error


async def _follow(console: Console, store: Store, directory: Path, events: list[Event]) -> Path:
    """Show the call until its end, and return its recording."""
    while not (recording := _recording(directory)):  # noqa: ASYNC110 -- another process writes it
        await asyncio.sleep(0.05)
    # It is named after the call.
    async for event in follow(store, recording.stem):
        events.append(event)
        show(console, event)
    return recording


def _recording(directory: Path) -> Path | None:
    return next(directory.glob("*.wav"), None)


async def _report(
    telephone: TelephoneLine, leg: CallerLeg, events: list[Event], script: Script, far_end: FarEnd, recording: Path
) -> Report:
    ended = next(event for event in events if isinstance(event, Ended))
    stereo = read_stereo(recording)
    return Report(
        line=telephone.name,
        turns=[event for event in events if isinstance(event, Turn)],
        slots=ended.slots,
        hangup_cause=ended.cause,
        recording=str(recording),
        first_audio_s=[round(wait, 3) for wait in response_times(stereo)],
        interruption_s=[round(wait, 3) for wait in interruption_times(stereo)],
        took_over=[event for event in events if isinstance(event, TookOver)],
        far_end_heard=await _transcribed(leg.recorded, script.language, far_end.stt),
    )


async def _transcribed(audio: bytes, language: str, stt: SpeechToText) -> list[str]:
    """Return what each utterance in *audio* says."""
    samples = np.frombuffer(audio, "<i2")
    texts = []
    for utterance in utterances(samples, LINE.rate):
        start, end = (round(second * LINE.rate) for second in (utterance.start, utterance.end))
        async for transcript in stt.transcribe(_spoken(samples[start:end].tobytes()), (language,)):
            texts.append(transcript.text)
    return texts


async def _spoken(audio: bytes) -> Stream[bytes | Pause]:
    yield audio


def _conclude(console: Console, report: Report, problems: list[str]) -> None:
    if report.first_audio_s:
        console.print(
            f"From the caller's last sound to the answer, in the recording: median "
            f"{statistics.median(report.first_audio_s):.2f} s of {len(report.first_audio_s)}."
        )
    if report.interruption_s:
        console.print(f"Interrupted, silent after {max(report.interruption_s):.2f} s.")
    console.print(f"Booked: {', '.join(f'{name} {value}' for name, value in report.slots.items()) or 'nothing'}")
    console.print(f"Recording: {report.recording} (caller left, assistant right)")
    for problem in problems:
        console.print(f"[bold red]✗[/] {problem}")
    if not problems:
        console.print("[bold green]✓[/] as the script wants it")
