"""`assist serve` as processes: one of its workers dies or hangs in mid-call, or all are asked to stop."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from assist.call.events import Heard, Started
from assist.settings import environment
from assist.simulate.caller import Step
from assist.simulate.line import SimulatedCall, SimulatedLine
from assist.simulate.ports import free_port
from assist.simulate.recorder import Recorder
from assist.store import Store, open_store
from tests.rigs import until
from tests.service import GREETING, LONG, SHORT, UTTERANCES, House, environment_of, follows, said, write_assistant

pytestmark = pytest.mark.slow

READY_SECONDS = 30.0
RETENTION = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Serving:
    """A parent and its workers."""

    parent: subprocess.Popen[bytes]
    url: str
    port: int
    directory: Path

    @property
    def log(self) -> str:
        return (self.directory / "log").read_text(encoding="utf-8")

    @property
    def processes(self) -> list[int]:
        """Those that the parent has started and that are not gone."""
        children = Path(f"/proc/{self.parent.pid}/task/{self.parent.pid}/children")
        return [int(process) for process in children.read_text().split()]

    @asynccontextmanager
    async def house(self) -> AsyncIterator[House]:
        """Lend its line, once two workers are ready."""
        async with open_store(self.url, RETENTION) as store:
            await ready(self, store)
            async with SimulatedLine([f"127.0.0.1:{self.port}"]) as line:
                yield House(line, store, self.directory / "media")


async def ready(serving: Serving, store: Store) -> None:
    """Wait until two workers that live are told of."""
    async with asyncio.timeout(READY_SECONDS):
        while len(set(serving.processes) & {_process(worker.name) for worker in await store.workers()}) < 2:
            assert serving.parent.poll() is None, serving.log
            await asyncio.sleep(0.05)


def _process(name: str) -> int:
    return int(name.rsplit("-", 2)[1])


async def holder(serving: Serving, store: Store) -> int:
    """Return the process that has the only call, as soon as it tells."""
    async with asyncio.timeout(10):
        while True:
            for worker in await store.workers():
                if worker.calls:
                    return _process(worker.name)
            await asyncio.sleep(0.05)


@contextmanager
def served(directory: Path, url: str, **more: str) -> Iterator[Serving]:
    """Run it. Afterwards it must have ended by itself, in good order."""
    port = free_port()
    (directory / "assistants").mkdir()
    path = write_assistant(directory / "assistants", "uno")
    path.write_text(path.read_text() + "destinations: {recepcion: sofia/gateway/far/1}\n", encoding="utf-8")
    told = environment(**environment_of(directory, url, port, ASSIST_RECORDINGS_DIR=str(directory / "kept"), **more))
    command = [sys.executable, "-m", "tests.fast_assist", "serve"]
    with (directory / "log").open("wb") as log, subprocess.Popen(command, env=told, stderr=log) as parent:
        serving = Serving(parent, url, port, directory)
        try:
            yield serving
            parent.send_signal(signal.SIGTERM)
            assert parent.wait(timeout=20) == 0, serving.log
        finally:
            parent.kill()


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory, redis_url: str) -> Iterator[Serving]:
    with served(tmp_path_factory.mktemp("serve"), redis_url) as running:
        yield running


# In real time, on a machine that others use too: what fails is looked at once more.
@pytest.mark.flaky(reruns=1)
@pytest.mark.parametrize(("ending", "within"), [(signal.SIGKILL, 1.0), (signal.SIGSTOP, 4.0)])
async def test_what_is_said_while_no_worker_lives_is_answered_knowing_what_was_said_before(
    serving: Serving, ending: signal.Signals, within: float
) -> None:
    """By the assistant that the call began with. And the call is still recorded, but for what is said in a transfer."""
    async with serving.house() as home, home.ring("uno") as call, speaking_english(serving, "uno"):
        await follows(call, Step(say=SHORT), Step(say=SHORT, over=1.0), Step(over=1.0))
        victim = await holder(serving, home.store)
        os.kill(victim, ending)
        killed_at = time.time()
        await call.say(UTTERANCES[LONG])
        await follows(call, Step(press="0#", over=1.0))
        await until(lambda: recorder(serving, home, call).masked)
        await call.hang_up()
        assert await resumed_at(home, call) - killed_at < within
        events, record = await home.events(call), await home.record(call)
        assert victim not in serving.processes
    assert [event.text for event in events if isinstance(event, Heard)] == [SHORT, SHORT, LONG, "0"]
    assert [event for event in events if isinstance(event, Started)] == [
        Started("uno", "es", resumed=False),
        Started("uno", "es", resumed=True),
    ]
    greeting, first, *_, last = said(events)
    assert (greeting, first[:11], last[:15]) == (GREETING, "1 lo siento", "3 las comadreja")
    assert [turn.interrupted for turn in record.turns] == [True, True, False], "but for the one that was killed"
    assert not call.apologised


@asynccontextmanager
async def speaking_english(serving: Serving, assistant: str) -> AsyncIterator[None]:
    """Let new calls of *assistant* meet another, who knows no Spanish."""
    path = serving.directory / "assistants" / f"{assistant}.yaml"
    before = path.read_text(encoding="utf-8")
    english = "languages: en\ntimezone: Europe/London\nphrases: {en: {greeting: I am an automatic assistant.}}\n"
    path.write_text(english, encoding="utf-8")
    yield
    path.write_text(before, encoding="utf-8")


def recorder(serving: Serving, home: House, call: SimulatedCall) -> Recorder:
    return home.line.board.sessions[call.id].rtp.recorders[serving.directory / "kept" / f"{call.id}.wav"]


async def resumed_at(home: House, call: SimulatedCall) -> float:
    """Return when the call was taken over, in seconds since the epoch."""
    starts = [key for key, fields in await home.store.events(call.id) if fields["kind"] == Started.__name__]
    return int(starts[1].partition("-")[0]) / 1000


async def test_what_is_not_swept_is_told_with_the_mend(serving: Serving) -> None:
    async with serving.house():
        assert "files of calls whose worker died stay in the media directory: set ASSIST_ESL_PASSWORD" in serving.log


async def test_asked_to_stop_it_finishes_its_calls_and_takes_no_more(tmp_path: Path, redis_url: str) -> None:
    with served(tmp_path, redis_url) as serving:
        async with serving.house() as home, home.ring("uno") as call:
            await follows(call, Step())
            workers = serving.processes
            serving.parent.send_signal(signal.SIGTERM)
            await until(lambda: not listens(serving.port))
            async with home.ring("uno") as late:
                assert late.apologised
            await call.say(UTTERANCES[SHORT])
            await home.told(call, Heard)
            await follows(call, Step(hang_up=True, over=0.5))
            record = await home.record(call)
        assert await asyncio.to_thread(serving.parent.wait, 10) == 0
    assert record.cause == "NORMAL_CLEARING"
    assert not any(map(lives, workers))
    assert is_empty(home.media_dir)


async def test_a_call_that_outlives_the_drain_is_left_to_the_dialplan(tmp_path: Path, redis_url: str) -> None:
    with served(tmp_path, redis_url, ASSIST_WORKERS_DRAIN="0.5") as serving:
        async with serving.house() as home, home.ring("uno") as call:
            await follows(call, Step())
            serving.parent.send_signal(signal.SIGTERM)
            await call.ended()
            assert call.apologised
        assert await asyncio.to_thread(serving.parent.wait, 10) == 0


def lives(process: int) -> bool:
    return Path(f"/proc/{process}").exists()


def is_empty(directory: Path) -> bool:
    return not any(directory.iterdir())


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
