"""The services of deploy/compose.yaml as processes of this machine: their commands, variables, files and health checks.

What differs: their directories are below one of the test, their ports are free ones, and Prometheus asks more often.
"""

import asyncio
import os
import re
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Final

import yaml

from assist.simulate.ports import free_ports

ROOT: Final = Path(__file__).parent.parent
DEPLOY: Final = ROOT / "deploy"
TEXT: Final = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
SERVICES: Final[Mapping[str, Any]] = yaml.safe_load(TEXT)["services"]
IMAGE: Final = (ROOT / "Dockerfile").read_text(encoding="utf-8")
OWN: Final = ("workers", "dialer", "api", "webhooks")
"""Of our image."""
ENTRYPOINTS: Final = dict.fromkeys(OWN, (sys.executable, "-m", "assist")) | {
    "redis": (),
    "prometheus": ("prometheus",),
}
WITHIN: Final = 180.0
"""Seconds for a service to be healthy: workers load their models."""


class Composed:
    """What runs of it."""

    def __init__(self, directory: Path, given: Mapping[str, str], config: Path = ROOT / "config") -> None:
        """*given*: what is written in ``.env``; *config*: the owner's directory of that name."""
        self.directory = directory
        self._given = given
        self._config = config
        declared = sorted({*_ports(TEXT), *_ports((DEPLOY / "monitoring/prometheus.yml").read_text(encoding="utf-8"))})
        self._ports = dict(zip(declared, free_ports(len(declared)), strict=True))
        self._places = sorted({place for name in ENTRYPOINTS for place in _mounts(name)}, key=len, reverse=True)
        for name in ENTRYPOINTS:
            self._lay_out(name)

    def port(self, declared: int) -> int:
        """Return where that is which listens on *declared* in the containers."""
        return self._ports[declared]

    def log(self, name: str) -> str:
        """Return what service *name* wrote so far."""
        return (self.directory / f"{name}.log").read_text(encoding="utf-8", errors="replace")

    @asynccontextmanager
    async def running(self, names: Iterable[str]) -> AsyncIterator[None]:
        """Run *names*, all healthy, each started after those that it depends on; they must end when they are told to.

        What they depend on besides must run already.
        """
        healthy = {name: asyncio.Event() for name in names}
        async with AsyncExitStack() as stack:

            async def start(name: str) -> None:
                for other in SERVICES[name].get("depends_on", ()):
                    if other in healthy:
                        await healthy[other].wait()
                await stack.enter_async_context(self._started(name))
                healthy[name].set()

            async with asyncio.TaskGroup() as starting:
                for name in healthy:
                    starting.create_task(start(name))
            yield

    async def run(self, name: str, *command: str) -> str:
        """Return what *command* of our image prints, told what service *name* is: as ``docker compose exec``."""
        process = await asyncio.create_subprocess_exec(
            *ENTRYPOINTS[name], *command, env=self._environment(name), cwd=self._place("/srv/assist"),
            stdout=subprocess.PIPE,
        )  # fmt: skip
        said, _ = await process.communicate()
        assert process.returncode == 0
        return said.decode()

    @asynccontextmanager
    async def _started(self, name: str) -> AsyncIterator[None]:
        service = SERVICES[name]
        command = [*ENTRYPOINTS[name], *(self.here(word) for word in service["command"])]
        with (self.directory / f"{name}.log").open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                *command, env=self._environment(name), cwd=self._place("/srv/assist"), stdout=log, stderr=log,
                stdin=subprocess.DEVNULL,
            )  # fmt: skip
        try:
            await self._healthy(name, process)
            yield
            process.terminate()
            async with asyncio.timeout(float(service["stop_grace_period"].removesuffix("s"))):
                assert await process.wait() == 0, self.log(name)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    async def _healthy(self, name: str, process: asyncio.subprocess.Process) -> None:
        kind, *check = SERVICES[name]["healthcheck"]["test"]
        assert kind == "CMD"
        async with asyncio.timeout(WITHIN):
            while await self._is_wrong(check):
                assert process.returncode is None, self.log(name)
                await asyncio.sleep(0.25)

    async def _is_wrong(self, check: Iterable[str]) -> int | None:
        asked = await asyncio.create_subprocess_exec(
            *(self.here(word) for word in check), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            return await asked.wait()
        finally:
            if asked.returncode is None:
                asked.kill()
                await asked.wait()

    def _environment(self, name: str) -> dict[str, str]:
        """Return the variables of that container, and none of this process's but the path."""
        found = {"PATH": os.environ["PATH"], "HOME": str(self.directory)}
        if name in OWN:
            found |= {variable: self.here(value) for variable, value in re.findall(r"(ASSIST_\w+)=(\S+)", IMAGE)}
        for variable, value in SERVICES[name].get("environment", {}).items():
            if value is not None:
                found[variable] = self.here(self._filled_in(value))
            elif variable in self._given:
                found[variable] = self._given[variable]
        return found

    def _filled_in(self, value: str) -> str:
        """Return *value* with the variables of ``.env`` in it."""

        def fill(found: re.Match[str]) -> str:
            name, kind, other = found.groups()
            assert kind != "?" or self._given.get(name), other
            return self._given.get(name) or other

        return re.sub(r"\$\{(\w+):([-?])([^}]*)\}", fill, value)

    def here(self, text: str) -> str:
        """Return *text* with the places and ports of this machine."""
        for place in self._places:
            text = re.sub(rf"(?<![\w.-]){place}(?![\w-])", str(self._place(place)), text)
        return re.sub(r"127\.0\.0\.1:(\d+)", lambda found: f"127.0.0.1:{self._ports[int(found[1])]}", text)

    def _place(self, inside: str) -> Path:
        return self.directory / inside.removeprefix("/")

    def _lay_out(self, name: str) -> None:
        """Make the directories of a container, and put the files there that are mounted."""
        for inside, source in _mounts(name).items():
            place = self._place(inside)
            place.parent.mkdir(parents=True, exist_ok=True)
            if source.startswith("./"):
                self._copy(DEPLOY / source, place)
            elif source != "../config":
                place.mkdir(exist_ok=True)
            elif not place.exists():
                place.symlink_to(self._config)

    def _copy(self, source: Path, place: Path) -> None:
        if source.is_dir():
            shutil.copytree(source, place)
        for path in source.glob("*.yml") if source.is_dir() else [source]:
            text = re.sub(r"_interval: 15s", "_interval: 1s", path.read_text(encoding="utf-8"))
            (place / path.name if source.is_dir() else place).write_text(self.here(text), encoding="utf-8")


def _ports(text: str) -> list[int]:
    return [int(port) for port in re.findall(r"127\.0\.0\.1:(\d+)", text)]


def _mounts(name: str) -> dict[str, str]:
    """Return what is mounted in that container, by the place there."""
    parts = [volume.split(":") for volume in SERVICES[name]["volumes"]]
    return {place: source for source, place, *_ in parts}
