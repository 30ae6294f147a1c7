"""What to do about the workers: which to start, to stop, to kill, and what to say. `assist.supervisor` does it.

A worker is in one of these states::

    absent --Spawn--> starting --Beat--> ready --Died--> absent
                         |                 |
                  late, no beat     no more beats, or still there after the drain
                         +--------+--------+
                               doomed: told to say where it hangs, then killed

One that died soon after its start is started again after a pause, which doubles each time. But if the settings are
wrong, which a worker says by its exit code before anybody was ready, nobody will do better: then all are stopped.
"""

import logging
import signal
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, TypeAlias

from assist.heartbeat import DUMP

WRONG_SETTINGS: Final = 2
"""The exit code of what was told to do something that cannot be done."""
LAST_WORDS: Final = 0.2
"""Seconds that a hung worker has to say where it hangs."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How workers are treated; times in seconds."""

    workers: int = 2
    others: int = 0
    """Processes of another kind, treated as workers are; they have the names after the workers'."""
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
        self._workers = [_Worker(name) for name in range(policy.workers + policy.others)]
        self._seen: float | None = None
        self._drained_by: float | None = None
        self._was_ready = False
        self.hopeless = False
        """It ended because the settings are wrong."""

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
                    self._was_ready |= name < self._policy.workers
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
        elif failures < 2 and (code != WRONG_SETTINGS or self._was_ready):
            yield Tell(logging.WARNING, f"worker {worker.name} {cause}: another takes its place")
        elif failures == 2:
            # Said once: from now on it would fill the terminal.
            longest = f"{self._policy.longest_pause:g} s"
            yield Tell(
                logging.ERROR,
                f"worker {worker.name} {cause} soon after its start, again: retried, every {longest} at last",
            )
        self._workers[worker.name] = _Worker(worker.name, start_at=now + self._pause(failures), failures=failures)
        if code == WRONG_SETTINGS and not self._was_ready and self._drained_by is None:
            self.hopeless = True
            yield from self._stop(now)

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
