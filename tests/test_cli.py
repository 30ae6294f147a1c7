"""The command `assist` as people and scripts meet it: what it prints, and how it ends."""

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from assist.settings import environment
from assist.simulate.called import Answering, Ringing
from assist.simulate.line import SimulatedLine
from assist.simulate.ports import free_port
from tests.rigs import PASSWORD, until
from tests.service import FAST, environment_of, write_assistant

pytestmark = pytest.mark.slow

CLINIC = Path(__file__).parents[1] / "config/assistants/clinica.yaml"
DEMO_SECONDS = 240


def run(*words: str, module: str = "assist", **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", module, *words]
    return subprocess.run(
        command,
        env=environment(**variables),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=30,
    )


def test_help_names_every_verb_but_that_of_the_workers() -> None:
    ended = run("--help")
    assert ended.returncode == 0
    assert all(f"\n  {verb} " in ended.stdout for verb in ("serve", "call", "check", "demo", "bench"))
    assert "worker " not in ended.stdout


@pytest.mark.parametrize("words", [["answer"], ["call"], ["demo", "--line", "pigeon"], ["check"]])
def test_what_is_no_command_ends_2_and_says_why(words: list[str]) -> None:
    ended = run(*words)
    assert ended.returncode == 2
    assert ended.stderr.startswith("Usage: ")
    assert "Error: " in ended.stderr


def test_engines_that_cannot_be_had_end_the_service_and_are_told(tmp_path: Path) -> None:
    (tmp_path / "assistants").mkdir()
    variables = environment_of(tmp_path, "redis://127.0.0.1:1", free_port(), ASSIST_LLM="openai", ASSIST_TTS="hal")
    ended = run("serve", **{**variables, "REDIS_URL": "", "OPENAI_API_KEY": ""}, module="tests.fast_assist")
    assert ended.returncode == 2
    assert "ASSIST_LLM: OPENAI_API_KEY: is missing" in ended.stderr
    assert "ASSIST_TTS: there is no engine hal" in ended.stderr


def test_every_wrong_setting_is_told_at_once_and_ends_2() -> None:
    ended = run(
        "serve",
        ASSIST_LISTEN_PORT="many",
        ASSIST_WORKERS_COUNT="1",
        ASSIST_ESL_PASSWORD="ClueCon",
        ASSIST_RETENTION_DAY="3",
    )
    assert ended.returncode == 2
    told = [line.partition(":")[0] for line in ended.stderr.splitlines()]
    assert sorted(told) == [
        "ASSIST_ESL_PASSWORD",
        "ASSIST_LISTEN_PORT",
        "ASSIST_RETENTION_DAY",
        "ASSIST_WORKERS_COUNT",
    ]
    assert "ClueCon" not in ended.stderr


def test_a_worker_is_not_started_by_hand(tmp_path: Path, redis_url: str) -> None:
    variables = {"REDIS_URL": redis_url, "ASSIST_MEDIA_DIR": str(tmp_path), "ASSIST_LISTEN_PORT": str(free_port())}
    ended = run("worker", module="tests.fast_assist", **FAST, **variables)
    assert ended.returncode == 2
    assert "a worker is started by its parent: use assist serve" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_call_needs_the_password_of_the_switch() -> None:
    ended = run("call", "600000001", "--assistant", "clinica", ASSIST_ESL_PASSWORD="")
    assert (ended.returncode, ended.stderr) == (2, "ASSIST_ESL_PASSWORD: is missing: set it\n")


def test_a_call_without_a_switch_is_told_and_ends_1(tmp_path: Path, redis_url: str) -> None:
    write_assistant(tmp_path, "uno")
    port = free_port()
    ended = run(
        "call",
        "600000001",
        "--assistant",
        "uno",
        ASSIST_ASSISTANTS_DIR=str(tmp_path),
        ASSIST_ESL_PASSWORD="a-long-one",
        ASSIST_ESL_PORT=str(port),
        ASSIST_DURABLE="memory",
        REDIS_URL=redis_url,
    )
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"event socket 127.0.0.1:{port}: ")
    assert len(ended.stderr.splitlines()) == 1
    assert "600000001" not in ended.stderr


def test_a_call_by_an_assistant_that_does_not_exist_ends_2(tmp_path: Path) -> None:
    write_assistant(tmp_path, "clinica")
    ended = run(
        "call", "600000001", "--assistant", "clinia", ASSIST_ASSISTANTS_DIR=str(tmp_path), ASSIST_ESL_PASSWORD="x1y2"
    )
    assert ended.returncode == 2
    assert "there is no such assistant; did you mean clinica?" in ended.stderr


@asynccontextmanager
async def line(
    directory: Path, redis_url: str, answering: Answering | None = None
) -> AsyncIterator[tuple[SimulatedLine, dict[str, str]]]:
    """Lend a line without workers, and the variables of an installation that places calls by it."""
    write_assistant(directory, "uno")
    async with (
        SimulatedLine([f"127.0.0.1:{free_port()}"], answering=answering) as up,
        up.event_socket(PASSWORD) as port,
    ):
        own = {
            "ASSIST_ASSISTANTS_DIR": str(directory),
            "ASSIST_ESL_PASSWORD": PASSWORD,
            "ASSIST_ESL_PORT": str(port),
            "ASSIST_DURABLE": "memory",
            "REDIS_URL": redis_url,
        }
        yield up, own


@pytest.mark.parametrize(
    ("number", "code", "why"),
    [
        ("910 000 100", 1, "the call did not come about: USER_BUSY"),
        ("+33142685300", 1, "ASSIST_CALLS_COUNTRIES"),
        ("12", 2, "Invalid value for NUMBER"),
    ],
)
async def test_a_call_that_does_not_come_about_says_why(
    tmp_path: Path, redis_url: str, number: str, code: int, why: str
) -> None:
    async with line(tmp_path, redis_url) as (_, variables):
        ended = await asyncio.to_thread(run, "call", number, "--assistant", "uno", **variables)
    assert ended.returncode == code, ended.stderr
    assert why in ended.stderr
    assert "Traceback" not in ended.stderr


async def test_ctrl_c_while_it_rings_ends_the_call(tmp_path: Path, redis_url: str) -> None:
    ringing: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def answering(call: Ringing) -> None:
        await call.ring()
        ringing.set_result(call.number)
        await call.given_up()

    words = ["-m", "assist", "call", "910 000 101", "--assistant", "uno", "--gateway", "other"]
    async with line(tmp_path, redis_url, answering) as (up, variables), asyncio.timeout(30):
        calling = await asyncio.create_subprocess_exec(sys.executable, *words, env=environment(**variables))
        try:
            assert await ringing == "+34910000101"
        finally:
            calling.send_signal(signal.SIGINT)
        assert await calling.wait() == 130
        await until(lambda: not up.board.sessions)


def test_check_tells_whether_an_assistant_is_right(tmp_path: Path) -> None:
    broken = tmp_path / "roto.yaml"
    broken.write_text("languages: es\ntimezone: Europe/Nowhere\n", encoding="utf-8")
    assert run("check", str(CLINIC)).returncode == 0
    ended = run("check", "--json", str(CLINIC), str(broken))
    assert ended.returncode == 1
    assert {(mistake["file"], mistake["line"]) for mistake in json.loads(ended.stdout)} >= {(str(broken), 2)}


# The demo


@dataclass(frozen=True, slots=True)
class Demo:
    """One that has ended."""

    code: int
    shown: str
    report: dict[str, Any]
    recording: Path


@pytest.fixture(scope="module")
def demos(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Demo]:
    """Both at once: most of their time they wait for each other to finish speaking."""
    pytest.importorskip("faster_whisper")
    directory = tmp_path_factory.mktemp("demo")
    running = {brain: _start(directory / brain, brain) for brain in ("flow", "echo")}
    try:
        ended = {brain: _end(process, directory / brain) for brain, process in running.items()}
        if ended["flow"].code:
            # In real time, on a machine that others use too: what fails is looked at once more, by itself.
            running["again"] = _start(directory / "again", "flow")
            ended["flow"] = _end(running["again"], directory / "again")
        return ended
    finally:
        for process in running.values():
            process.kill()
            process.wait()


def _start(directory: Path, brain: str) -> "subprocess.Popen[bytes]":
    directory.mkdir()
    words = ["--line", "simulated", "--brain", brain, "--report", "report.json", "--recording", "call.wav"]
    with (directory / "shown").open("wb") as shown:
        return subprocess.Popen(
            [sys.executable, "-m", "assist", "demo", *words],
            cwd=directory,
            env=environment(ASSIST_ASSISTANTS_DIR=str(CLINIC.parent), COLUMNS="200"),
            stdout=shown,
            stderr=shown,
        )


def _end(process: "subprocess.Popen[bytes]", directory: Path) -> Demo:
    code = process.wait(timeout=DEMO_SECONDS)
    report = directory / "report.json"
    return Demo(
        code,
        (directory / "shown").read_text(encoding="utf-8"),
        json.loads(report.read_text(encoding="utf-8")) if report.exists() else {},
        directory / "call.wav",
    )


@pytest.mark.models
@pytest.mark.timeout(2 * DEMO_SECONDS + 30)
def test_the_demo_books_what_the_script_wants(demos: dict[str, Demo]) -> None:
    demo = demos["flow"]
    assert demo.code == 0, demo.shown
    report = demo.report
    assert {"line", "turns", "slots", "hangup_cause", "recording"} <= report.keys()
    assert (report["line"], report["hangup_cause"], report["recording"]) == ("simulated", "NORMAL_CLEARING", "call.wav")
    assert report["slots"]["time"] == "16:30"
    assert len(report["turns"]) >= 5
    fields = "heard said end_of_turn_ms stt_ms llm_ms tts_ms first_audio_ms interrupted".split()
    assert all(turn.keys() >= set(fields) for turn in report["turns"])
    assert sum(turn["interrupted"] for turn in report["turns"]) == 1
    assert all(turn["end_of_turn_ms"] >= 600 for turn in report["turns"])
    assert demo.recording.stat().st_size > 1_000_000


@pytest.mark.models
@pytest.mark.timeout(2 * DEMO_SECONDS + 30)
def test_the_demo_fails_with_an_echo_for_a_brain(demos: dict[str, Demo]) -> None:
    demo = demos["echo"]
    assert demo.code == 1, demo.shown
    assert "slot date: None was understood" in demo.shown or "was not heard" in demo.shown, demo.shown


@pytest.mark.models
def test_nothing_of_a_demo_is_left_behind(demos: dict[str, Demo]) -> None:
    left = {path.name for demo in demos.values() for path in demo.recording.parent.iterdir()}
    assert left <= {"shown", "report.json", "call.wav"}
