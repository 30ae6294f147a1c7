"""`assist bench list`: what a long list costs, from its file to a campaign that runs."""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import click
from redis.asyncio import Redis
from rich.console import Console
from rich.table import Table

from assist.bench.campaign.server import RedisServer
from assist.bench.campaign.world import NAME, make, places
from assist.settings import environment

VERBS: Final = ("import", "dry-run", "start", "status")
"""In the order in which an owner uses them."""
NAMES: Final = ("Ana", "Luis", "Marta", "Pedro", "José", "Lucía", "Carmen", "Pablo")


@dataclass(frozen=True, slots=True)
class Cost:
    """What one verb took, its start and everything included."""

    verb: str
    seconds: float
    cpu_seconds: float
    """Of the verb's own process, not of Redis."""
    peak_mb: float
    """Memory of that process."""


@dataclass(frozen=True, slots=True)
class Costs:
    """What a list costs."""

    contacts: int
    verbs: tuple[Cost, ...]
    redis_mb: float
    """Memory that Redis has taken for all of it."""

    @property
    def ratios(self) -> Mapping[str, float]:
        """Seconds for 1,000 contacts, by verb; and Redis' bytes for one."""
        per_thousand = {cost.verb: round(cost.seconds * 1000 / self.contacts, 4) for cost in self.verbs}
        return {**per_thousand, "redis_bytes": round(self.redis_mb * 1e6 / self.contacts)}


@click.command("list")
@click.option("--contacts", default=100_000, show_default=True, type=click.IntRange(100, 5_000_000))
@click.option("--json", "as_json", is_flag=True, help="Print the numbers as JSON.")
def long_list(contacts: int, as_json: bool) -> None:
    """Import a list, rehearse, start and look at its campaign: seconds and memory of each. Nobody is called."""
    with tempfile.TemporaryDirectory(prefix="assist-") as temporary, Console(stderr=True).status("begins") as status:
        found = asyncio.run(measured(contacts, Path(temporary), status.update))
    if as_json:
        click.echo(json.dumps(asdict(found) | {"ratios": found.ratios}))
    else:
        Console().print(_table(found))


async def measured(contacts: int, directory: Path, tell: Callable[[str], None]) -> Costs:
    """Return what a list of so many takes in an installation in *directory*; *tell* which verb is at work."""
    make(directory, 20, time.time())
    path = _written(directory / "list.csv", contacts)
    async with RedisServer(directory) as server, Redis.from_url(server.url) as redis:
        told = environment(REDIS_URL=server.url, **places(directory))
        costs = []
        for verb in VERBS:
            tell(verb)
            costs.append(await asyncio.to_thread(_cost, verb, [str(path)] if verb == "import" else [], told))
        about: dict[str, Any] = await redis.info("memory")
    return Costs(contacts, tuple(costs), round(about["used_memory"] / 1e6, 1))


def _written(path: Path, contacts: int) -> Path:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(_lines(contacts))
    return path


def _lines(contacts: int) -> Iterator[str]:
    yield "id;teléfono;nombre;fecha;hora\n"
    for place in range(contacts):
        # 37 has no divisor in common with ten million: each number once, and none after its neighbour.
        number = 610_000_000 + place * 37 % 10_000_000
        yield f"c{place};+34{number};{NAMES[place % len(NAMES)]} Pérez {place % 1000};2026-12-01;{place % 12 + 8}:30\n"


def _cost(verb: str, arguments: list[str], told: Mapping[str, str]) -> Cost:
    command = [sys.executable, "-m", "assist", "campaign", verb, NAME, *arguments, "--json"]
    began = time.monotonic()
    process = subprocess.Popen(command, env=dict(told), stdout=subprocess.DEVNULL)
    _, ended, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(ended)
    if process.returncode:
        raise click.ClickException(f"assist campaign {verb} ended {process.returncode}")
    seconds = time.monotonic() - began
    return Cost(verb, round(seconds, 2), round(used.ru_utime + used.ru_stime, 2), round(used.ru_maxrss / 1000, 1))


def _table(found: Costs) -> Table:
    table = Table("Verb", "Seconds", "of CPU", "for 1,000", "Peak memory", title=f"{found.contacts:,} contacts")
    for cost in found.verbs:
        table.add_row(
            cost.verb, f"{cost.seconds:.1f}", f"{cost.cpu_seconds:.1f}", f"{found.ratios[cost.verb]:.3f}",
            f"{cost.peak_mb:.0f} MB",
        )  # fmt: skip
    table.add_row("Redis", "", "", "", f"{found.redis_mb:.0f} MB, {found.ratios['redis_bytes']} bytes each")
    return table
