"""The parent of the workers: replaces those that die, kills those that hang, ends them all in good order.

`Roster` decides, `supervise` acts. A worker is in one of these states::

    absent --Spawn--> starting --Beat--> ready --Died--> absent
                         |                 |
                  late, no beat     no more beats, or still there after the drain
                         +--------+--------+
                               doomed: told to say where it hangs, then killed

One that died soon after its start is started again after a pause, which doubles each time.
"""

import asyncio
import logging
import os
import signal
import socket
import subprocess
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, TypeAlias

from assist.heartbeat import DUMP

logger = logging.getLogger(__name__)

TICK: Final = 0.1
"""Seconds between two looks at the clock."""
LAST_WORDS: Final = 0.2
"""Seconds that a hung worker has to say where it hangs."""
NOT_STARTED: Final = 127
"""As shells put it."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How workers are treated; times in seconds."""

    workers: int = 2
    hung_after: float = 2.0
    """Without a beat."""
    ready_within: float = 60.0
    """From its start to its first beat: a worker loads models."""
    drain: float = 60.0
    """Between the request to stop and the end of those that still run."""
    steady_after: float = 10.0
    """A worker that died sooner, or before it was ready, had something wrong from the start."""
    first_pause: float = 0.5
    longest_pause: float = 30.0


@dataclass(frozen=True, slots=True)
class Beat:
    """The event loop of a worker came round."""

    worker: int


@dataclass(frozen=True, slots=True)
class Died:
    """A worker is no more."""

    worker: int
    code: int
    """Its exit code; of one that a signal ended, the signal's number below zero."""


@dataclass(frozen=True, slots=True)
class Stop:
    """We are asked to stop. For the second time: at once."""


Happening: TypeAlias = Beat | Died | Stop


@dataclass(frozen=True, slots=True)
class Spawn:
    """Start a worker."""

    worker: int


@dataclass(frozen=True, slots=True)
class Send:
    """Send a signal to a worker."""

    worker: int
    signal: signal.Signals


@dataclass(frozen=True, slots=True)
class Tell:
    """Say it to whoever watches."""

    level: int
    text: str


Action: TypeAlias = Spawn | Send | Tell


@dataclass(slots=True)
class _Worker:
    """One place on the roster, and who is there."""

    name: int
    start_at: float = 0.0
    """When to start, while nobody is there."""
    started: float | None = None
    beat: float | None = None
    fault: str = ""
    """Why it is doomed."""
    kill_at: float | None = None
    failures: int = 0
    """Deaths soon after the start, one after the other."""


class Roster:
    """Who is at work, and what is to be done about it. Has no clock and touches no process."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._workers = [_Worker(name) for name in range(policy.workers)]
        self._seen: float | None = None
        self._drained_by: float | None = None

    @property
    def over(self) -> bool:
        """Whether all have ended, as was asked."""
        return self._drained_by is not None and all(worker.started is None for worker in self._workers)

    def feed(self, now: float, *happened: Happening) -> Sequence[Action]:
        """Return what to do *now*, in order, after what has happened since the last time."""
        self._excuse(now)
        actions: list[Action] = []
        for happening in happened:
            match happening:
                case Beat(name):
                    self._workers[name].beat = now
                case Died(name, code):
                    actions += self._replace(self._workers[name], code, now)
                case Stop():
                    actions += self._stop(now)
        for worker in self._workers:
            actions += self._watch(worker, now)
        return actions

    def _excuse(self, now: float) -> None:
        """Hold nobody to account for a time in which we were not looking ourselves."""
        away = now - self._seen if self._seen is not None else 0.0
        if away > self._policy.hung_after / 2:
            for worker in self._workers:
                worker.beat = None if worker.beat is None else worker.beat + away
        self._seen = now

    def _stop(self, now: float) -> Iterator[Action]:
        hurry = self._drained_by is not None
        self._drained_by = now if hurry else now + self._policy.drain
        for worker in self._workers:
            if worker.started is not None:
                worker.fault = "was not waited for" if hurry else worker.fault
                yield Send(worker.name, signal.SIGKILL if hurry else signal.SIGTERM)

    def _watch(self, worker: _Worker, now: float) -> Iterator[Action]:
        if worker.started is None:
            if self._drained_by is None and now >= worker.start_at:
                worker.started = now
                yield Spawn(worker.name)
            return
        if worker.failures and worker.beat is not None and now - worker.started >= self._policy.steady_after:
            worker.failures = 0
            yield Tell(logging.INFO, f"worker {worker.name} is well again")
        if worker.kill_at is not None and now >= worker.kill_at:
            worker.kill_at = None
            yield Send(worker.name, signal.SIGKILL)
        if not worker.fault and (fault := self._fault(worker, worker.started, now)):
            worker.fault, worker.kill_at = fault, now + LAST_WORDS
            yield Tell(logging.ERROR, f"worker {worker.name} {fault}: it is killed")
            yield Send(worker.name, DUMP)

    def _fault(self, worker: _Worker, started: float, now: float) -> str:
        policy = self._policy
        if self._drained_by is not None and now >= self._drained_by:
            return f"has not finished {policy.drain:g} s after it was asked to stop"
        if worker.beat is None:
            late = now - started > policy.ready_within
            return f"was not ready {policy.ready_within:g} s after its start" if late else ""
        return f"hangs: no heartbeat for {policy.hung_after:g} s" if now - worker.beat > policy.hung_after else ""

    def _replace(self, worker: _Worker, code: int, now: float) -> Iterator[Action]:
        was_ready = worker.started is not None and worker.beat is not None
        steady = was_ready and now - (worker.started or now) >= self._policy.steady_after
        failures = 0 if steady else worker.failures + 1
        cause = _described(code)
        if self._drained_by is not None:
            if not worker.fault and code not in {0, -signal.SIGTERM}:
                yield Tell(logging.WARNING, f"worker {worker.name} {cause} as it stopped")
        elif failures < 2:
            yield Tell(logging.WARNING, f"worker {worker.name} {cause}: another takes its place")
        elif failures == 2:
            # Said once: from now on it would fill the terminal.
            longest = f"{self._policy.longest_pause:g} s"
            yield Tell(
                logging.ERROR,
                f"worker {worker.name} {cause} soon after its start, again: retried, every {longest} at last",
            )
        self._workers[worker.name] = _Worker(worker.name, start_at=now + self._pause(failures), failures=failures)

    def _pause(self, failures: int) -> float:
        if not failures:
            return 0.0
        # The exponent is capped since a float would overflow after a night of failures.
        return min(self._policy.longest_pause, self._policy.first_pause * 2.0 ** min(failures - 1, 20))


def _described(code: int) -> str:
    if code >= 0:
        return f"ended with exit code {code}"
    with suppress(ValueError):
        return f"was ended by {signal.Signals(-code).name}"
    return f"was ended by signal {-code}"


async def _nothing() -> None:
    """Sweep nothing."""


async def supervise(
    command: Sequence[str],
    policy: Policy,
    *,
    sweep: Callable[[], Awaitable[None]] = _nothing,
    sweep_every: float = 60.0,
) -> None:
    """Keep workers running until ``SIGTERM`` or ``SIGINT``; return when all have ended.

    Each is a process of *command* that does its work inside `assist.heartbeat.heartbeat` and ends upon ``SIGTERM``
    when its calls are finished or handed over; `Policy.drain` later, or at a second signal, it is killed.
    *sweep* is called at once and then now and again; an error of it is logged.
    """
    loop = asyncio.get_running_loop()
    happened: asyncio.Queue[Happening] = asyncio.Queue()
    crew = _Crew(command, happened)
    roster = Roster(policy)
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

    def __init__(self, command: Sequence[str], happened: asyncio.Queue[Happening]) -> None:
        self._command = command
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
                process = subprocess.Popen(self._command, stdin=theirs.fileno(), process_group=0)
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
