"""Pico in a process of its own.

Pico holds the interpreter's lock for as long as it synthesises: 25 ms, in which no call of this process would move.
And it is C code that is fed whatever a language model writes. Over there it delays nobody, and takes nobody with it.
"""

import asyncio
import json
import logging
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from pathlib import Path
from typing import Final

from assist.errors import ProviderError
from assist.tts import pico_program
from assist.tts.pico_program import REPLY, REQUEST

logger = logging.getLogger(__name__)

NAME = "pico"

PROGRAM: Final = Path(pico_program.__file__)
PATIENCE: Final = 3.0
"""Seconds for an answer, the start of the process included. It takes 0.1, seldom 0.3; on some texts Pico never ends."""
ATTEMPTS: Final = 2
"""At one piece: that the first process broke off may have been chance."""


class PicoProcess:
    """Synthesises one piece after the other. A process that dies, or is silent for *patience* seconds, is replaced."""

    def __init__(self, program: Path = PROGRAM, *, patience: float = PATIENCE) -> None:
        self._program = program
        self._patience = patience
        self._turn = asyncio.Lock()
        self._asked: asyncio.Task[bytes] | None = None
        self._process: Process | None = None
        """From `start` to `close`."""

    @property
    def pid(self) -> int | None:
        """Of the present process."""
        return self._process.pid if self._process else None

    async def start(self) -> None:
        """Raises `ProviderError` if this machine has no room for another process."""
        self._process = await self._spawn()

    async def close(self) -> None:
        """Return when the process has ended. What is still asked of it raises `ProviderError`."""
        process, self._process = self._process, None
        if self._asked:
            self._asked.cancel()
            await asyncio.wait([self._asked])
        if process:
            _kill(process)
            await _ended(process)

    async def speak(self, text: str, voice: str, speed: float, volume: float) -> bytes:
        """Return *text* as 16-bit PCM at 16 kHz, silence around it. Raises `ProviderError`."""
        async with self._turn:
            if self._asked:
                # Whoever asked for it was cancelled. Its answer comes nevertheless, and is not for us.
                await asyncio.wait([self._asked])
            if self._process is None:
                raise _not_running()
            self._asked = asyncio.create_task(self._ask(self._process, json.dumps([text, voice, speed, volume])))
            # If whoever asks is cancelled, it does not matter to anybody how it ends.
            self._asked.add_done_callback(lambda done: done.cancelled() or done.exception())
            await asyncio.wait([self._asked])
            if self._asked.cancelled():
                raise _not_running()
            return self._asked.result()

    async def _ask(self, process: Process, request: str) -> bytes:
        for _ in range(ATTEMPTS):
            try:
                async with asyncio.timeout(self._patience):
                    return await _exchange(process, request.encode())
            except TimeoutError:
                _kill(process)
            except (OSError, EOFError):
                # It ends by itself. Killed as well, it could not tell why.
                pass
            await _ended(process)
            logger.warning("Pico's process broke off, exit code %s: another is started", process.returncode)
            process = self._process = await self._spawn()
        raise ProviderError(NAME, f"{ATTEMPTS} processes broke off over one piece", temporary=True)

    async def _spawn(self) -> Process:
        # -P: the modules beside the program are not meant to be found by their bare names.
        command = (sys.executable, "-P", str(self._program))
        try:
            return await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)
        except OSError as error:
            raise ProviderError(NAME, f"its process cannot be started: {error.strerror}", temporary=True) from error


async def _exchange(process: Process, request: bytes) -> bytes:
    assert process.stdin
    assert process.stdout
    process.stdin.write(REQUEST.pack(len(request)) + request)
    await process.stdin.drain()
    spoken, length = REPLY.unpack(await process.stdout.readexactly(REPLY.size))
    reply = await process.stdout.readexactly(length)
    if not spoken:
        raise ProviderError(NAME, f"the synthesis failed: {reply.decode()}", temporary=True)
    return reply


def _kill(process: Process) -> None:
    with suppress(ProcessLookupError):
        process.kill()


async def _ended(process: Process) -> None:
    # Its end is noticed only once all it wrote is read.
    await process.communicate()


def _not_running() -> ProviderError:
    return ProviderError(NAME, "its process is not running", temporary=True)
