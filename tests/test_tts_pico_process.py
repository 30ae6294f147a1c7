"""Pico's own process: whatever happens to it, who asks gets the right answer or an error, and nothing is left."""

import asyncio
import os
import select
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from assist.errors import ProviderError
from assist.tts.pico_process import PROGRAM, PicoProcess

pytestmark = pytest.mark.models

SHORT = "Sí."
LONG = "Su cita queda reservada para el martes por la tarde, en la consulta de la calle Mayor."

MORTAL = """
import os, sys
from assist.tts.pico_program import serve

def echo(text, voice, speed, volume):
    if text == "die":
        os.abort()
    return text.encode()

serve(echo, sys.stdin.buffer, sys.stdout.buffer)
"""
"""A program that does not survive a certain text."""

PARENT = """
import asyncio
from assist.tts.pico_process import PicoProcess

async def main():
    process = PicoProcess()
    await process.start()
    print(process.pid, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


@asynccontextmanager
async def running(program: Path = PROGRAM, patience: float = 10.0) -> AsyncIterator[PicoProcess]:
    process = PicoProcess(program, patience=patience)
    await process.start()
    try:
        yield process
    finally:
        await process.close()


@pytest.fixture
async def pico() -> AsyncIterator[PicoProcess]:
    async with running() as process:
        yield process


async def spoken(process: PicoProcess, text: str) -> bytes:
    return await process.speak(text, "es-ES", 1.0, 0.5)


def pid(process: PicoProcess) -> int:
    assert process.pid
    return process.pid


async def is_right(process: PicoProcess) -> bool:
    """Return whether two texts still get their own answers: the same text is not always the same sound."""
    short, long = await spoken(process, SHORT), await spoken(process, LONG)
    return 16_000 < len(short) < 60_000 < 140_000 < len(long) < 220_000


async def turns_of_the_loop(turns: int) -> None:
    for _ in range(turns):
        await asyncio.sleep(0)


def children() -> set[int]:
    """Return the processes that this one has started and not yet seen end."""
    lists = [path.read_text(encoding="ascii") for path in Path("/proc/self/task").glob("*/children")]
    return {int(number) for number in " ".join(lists).split()}


def ended(descriptor: int) -> bool:
    """Return whether that process ends; waits for it."""
    return bool(select.select([descriptor], [], [], 10)[0])


# It breaks


@pytest.mark.parametrize("turns", [0, 1, 3, 6])
async def test_a_sentence_survives_the_death_of_the_process_that_synthesises_it(pico: PicoProcess, turns: int) -> None:
    first = pid(pico)
    os.kill(first, signal.SIGSTOP)
    speaking = asyncio.create_task(spoken(pico, LONG))
    await turns_of_the_loop(turns)
    os.kill(first, signal.SIGKILL)
    assert len(await speaking) > 140_000
    assert pid(pico) != first
    assert await is_right(pico)


async def test_a_process_that_hangs_is_replaced() -> None:
    async with running(patience=1.0) as pico:
        os.kill(pid(pico), signal.SIGSTOP)
        assert len(await spoken(pico, LONG)) > 140_000


async def test_a_text_that_kills_two_processes_is_refused_and_the_others_are_spoken(tmp_path: Path) -> None:
    program = tmp_path / "mortal.py"
    program.write_text(MORTAL, encoding="utf-8")
    async with running(program) as mortal:
        texts = ["one", "die", "two", "die", "three"]
        answers = await asyncio.gather(*(spoken(mortal, text) for text in texts), return_exceptions=True)
        for text, answer in zip(texts, answers, strict=True):
            if text == "die":
                assert isinstance(answer, ProviderError)
                assert answer.temporary
            else:
                assert answer == text.encode()


async def test_ctrl_c_and_the_end_of_the_service_leave_it_to_its_parent(pico: PicoProcess) -> None:
    await spoken(pico, SHORT)
    first = pid(pico)
    os.kill(first, signal.SIGINT)
    os.kill(first, signal.SIGTERM)
    assert await is_right(pico)
    assert pid(pico) == first


# Odd texts


@pytest.mark.parametrize(
    "text",
    ["", "\0", "a\0b", "\udcff", "\ud83d", "😀" * 200, "日本語", "\x1b[2J", "%s%n" * 50, "½" * 120, "\n\n" * 500],
)
async def test_an_odd_text_harms_nobody(pico: PicoProcess, text: str) -> None:
    before = pid(pico)
    try:
        assert len(await spoken(pico, text)) % 2 == 0
    except ProviderError as error:
        assert error.temporary
    assert await is_right(pico)
    assert pid(pico) == before


@pytest.mark.parametrize("text", ["<speed level='9", "</volume></speed>hola", "<usesig file='/dev/zero'>", "<" * 500])
async def test_markup_harms_nobody(pico: PicoProcess, text: str) -> None:
    try:
        assert len(await spoken(pico, text)) % 2 == 0
    except ProviderError as error:
        assert error.temporary
    assert await is_right(pico)


# Nobody waits any more


async def test_whoever_stops_waiting_at_any_moment_does_not_spoil_the_next(pico: PicoProcess) -> None:
    for turns in range(12):
        speaking = asyncio.create_task(spoken(pico, LONG))
        await turns_of_the_loop(turns)
        speaking.cancel()
        assert await is_right(pico)


async def test_whoever_stops_waiting_for_their_turn_does_not_hold_up_the_others(pico: PicoProcess) -> None:
    first, second, third = (asyncio.create_task(spoken(pico, text)) for text in (SHORT, SHORT, LONG))
    await turns_of_the_loop(2)
    first.cancel()
    second.cancel()
    assert len(await third) > 140_000


# The end


async def test_closing_leaves_no_process_and_answers_nobody_wrongly(pico: PicoProcess) -> None:
    number = pid(pico)
    speaking = [asyncio.create_task(spoken(pico, LONG)) for _ in range(3)]
    await turns_of_the_loop(4)
    await pico.close()
    with pytest.raises(ProcessLookupError):
        os.kill(number, 0)
    answers = await asyncio.gather(*speaking, return_exceptions=True)
    assert [type(answer) for answer in answers] == [ProviderError] * 3
    with pytest.raises(ProviderError):
        await spoken(pico, SHORT)


@pytest.mark.parametrize("turns", [1, 10, 100, 1000])
async def test_closing_while_it_is_being_replaced_leaves_no_process(pico: PicoProcess, turns: int) -> None:
    others = children() - {pid(pico)}
    os.kill(pid(pico), signal.SIGKILL)
    speaking = asyncio.create_task(spoken(pico, LONG))
    await turns_of_the_loop(turns)
    await pico.close()
    await asyncio.gather(speaking, return_exceptions=True)
    assert children() == others


async def test_it_dies_with_its_parent_however_that_dies() -> None:
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", PARENT, stdout=asyncio.subprocess.PIPE)
    assert parent.stdout
    child = os.pidfd_open(int(await parent.stdout.readline()))
    try:
        parent.kill()
        await parent.communicate()
        assert await asyncio.to_thread(ended, child)
    finally:
        os.close(child)
