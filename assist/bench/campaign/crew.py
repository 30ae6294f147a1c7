"""Processes that are killed and started again."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self


@dataclass(frozen=True, slots=True)
class Job:
    """A process to be kept running."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]


class Crew:
    """Keeps them running: ``async with``; each writes to a log of its own in *directory*."""

    def __init__(self, jobs: Iterable[Job], directory: Path) -> None:
        self._jobs = {job.name: job for job in jobs}
        self._directory = directory
        self._running: dict[str, asyncio.subprocess.Process] = {}

    async def __aenter__(self) -> Self:
        self._keeping = [asyncio.create_task(self._keep(job), name=job.name) for job in self._jobs.values()]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for task in self._keeping:
            task.cancel()
        await asyncio.gather(*self._keeping, return_exceptions=True)

    def kill(self, name: str) -> bool:
        """Kill that process, as nothing can prevent; another follows at once. Returns whether it ran."""
        process = self._running.pop(name, None)
        if process is None:
            return False
        with suppress(ProcessLookupError):
            process.kill()
        return True

    @property
    def names(self) -> list[str]:
        """Of those that run."""
        return list(self._running)

    async def _keep(self, job: Job) -> None:
        with (self._directory / f"{job.name}.log").open("ab") as log:
            while True:
                # Whoever started it may be killed: it must not go on alone.
                process = await asyncio.create_subprocess_exec(
                    "setpriv", "--pdeathsig", "KILL", *job.command,
                    env=dict(job.environment), stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log,
                )  # fmt: skip
                self._running[job.name] = process
                try:
                    await process.wait()
                finally:
                    if process.returncode is None:
                        process.kill()
                        await process.wait()
