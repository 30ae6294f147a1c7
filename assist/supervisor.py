"""The parent of the workers: replaces those that die, kills those that hang, ends them all in good order.

What is to be done is decided by `assist.roster`; here are the processes, the clock and the signals.
"""

import asyncio
import logging
import os
import signal
import socket
import subprocess
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

from assist.roster import Action, Beat, Died, Happening, Policy, Roster, Send, Spawn, Stop, Tell
from assist.settings import environment

logger = logging.getLogger(__name__)

TICK: Final = 0.1
"""Seconds between two looks at the clock."""
NOT_STARTED: Final = 127
"""The exit code of what could not be started, as shells put it."""


async def _nothing() -> None:
    """Sweep nothing."""


async def supervise(
    command: Sequence[str],
    policy: Policy,
    *,
    sweep: Callable[[], Awaitable[None]] = _nothing,
    sweep_every: float = 60.0,
    variables: Mapping[str, str] | None = None,
    others: Sequence[Sequence[str]] = (),
) -> bool:
    """Keep workers running until ``SIGTERM`` or ``SIGINT``; return when all have ended, whether they could work at all.

    Each is a process of *command* that does its work inside `assist.heartbeat.heartbeat` and ends upon ``SIGTERM``
    when its calls are finished or handed over; `Policy.drain` later, or at a second signal, it is killed.
    *sweep* is called at once and then now and again; an error of it is logged. *variables* are added to the
    environment of the workers. *others*: commands of processes besides the workers, treated as those are.
    """
    loop = asyncio.get_running_loop()
    happened: asyncio.Queue[Happening] = asyncio.Queue()
    commands = [*[command] * policy.workers, *others]
    crew = _Crew(commands, happened, environment(**(variables or {})))
    roster = Roster(replace(policy, others=len(others)))
    sweeping = asyncio.create_task(_sweep(sweep, sweep_every))
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, happened.put_nowait, Stop())
    try:
        while not roster.over:
            for action in roster.feed(loop.time(), *await _news(happened)):
                crew.perform(action)
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
        crew.disband()
        sweeping.cancel()
        await asyncio.gather(sweeping, return_exceptions=True)
    return not roster.hopeless


async def _news(happened: asyncio.Queue[Happening]) -> Sequence[Happening]:
    """Return what has happened, or nothing after a tick."""
    news: list[Happening] = []
    with suppress(TimeoutError):
        async with asyncio.timeout(TICK):
            news.append(await happened.get())
    while not happened.empty():
        news.append(happened.get_nowait())
    return news


async def _sweep(sweep: Callable[[], Awaitable[None]], every: float) -> None:
    while True:
        try:
            await sweep()
        except Exception:  # the workers must not end because of what others left behind
            logger.exception("sweeping failed")
        await asyncio.sleep(every)


@dataclass(frozen=True, slots=True)
class _Process:
    process: subprocess.Popen[bytes]
    line: socket.socket
    """Where its beats come from; its standard input is the other end."""
    end: int
    """A file descriptor that is readable once the process has ended."""


class _Crew:
    """The processes on the roster. Puts what happens to them into *happened*."""

    def __init__(
        self, commands: Sequence[Sequence[str]], happened: asyncio.Queue[Happening], environment: Mapping[str, str]
    ) -> None:
        """*commands*: by name."""
        self._commands = commands
        self._environment = environment
        self._happened = happened
        self._processes: dict[int, _Process] = {}
        self._loop = asyncio.get_running_loop()

    def perform(self, action: Action) -> None:
        match action:
            case Spawn(name):
                self._spawn(name)
            case Send(name, number):
                # One that has just ended needs none.
                if worker := self._processes.get(name):
                    worker.process.send_signal(number)
            case Tell(level, text):
                logger.log(level, "%s", text)

    def disband(self) -> None:
        """Leave nobody behind."""
        for name, worker in list(self._processes.items()):
            worker.process.kill()
            self._ended(name)

    def _spawn(self, name: int) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                # A group of its own: Ctrl-C at the terminal is for the parent, which asks the workers to stop.
                process = subprocess.Popen(
                    self._commands[name], stdin=theirs.fileno(), process_group=0, env=self._environment
                )
            except OSError as error:
                ours.close()
                logger.error("worker %d cannot be started: %s", name, error.strerror)
                self._happened.put_nowait(Died(name, NOT_STARTED))
                return
        ours.setblocking(False)
        self._processes[name] = _Process(process, ours, os.pidfd_open(process.pid))
        self._loop.add_reader(ours, self._beaten, name)
        self._loop.add_reader(self._processes[name].end, self._ended, name)
        logger.info("worker %d has pid %d", name, process.pid)

    def _beaten(self, name: int) -> None:
        line = self._processes[name].line
        try:
            beats = line.recv(4096)
        except OSError:
            beats = b""
        if beats:
            self._happened.put_nowait(Beat(name))
        else:
            self._loop.remove_reader(line)

    def _ended(self, name: int) -> None:
        worker = self._processes.pop(name)
        self._loop.remove_reader(worker.line)
        self._loop.remove_reader(worker.end)
        worker.line.close()
        os.close(worker.end)
        self._happened.put_nowait(Died(name, worker.process.wait()))
