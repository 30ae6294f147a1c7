"""What Assist itself adds to a turn: real calls over the real path, with engines that always take the same time.

A turn lasts from the caller's last frame of speech, as it is written into the growing recording, to the first byte of
the reply that is read from the voice's pipe. In between everything is as in `assist serve`: media loop, ears, neural
voice detection, endpointing, the call and its counting, its speech, the pipe and the Event Socket over TCP. Not in it:
FreeSWITCH, which takes up to a frame at either end, the store, and the network.
"""

import asyncio
import json
import tempfile
import zoneinfo
from collections.abc import AsyncIterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from ipaddress import IPv4Network
from multiprocessing import get_context
from pathlib import Path

import click
import numpy as np
import uvloop
from rich.console import Console
from rich.table import Table

from assist.assistant import Assistant, Phrases, Timing
from assist.assistant.defaults import PHRASES
from assist.audio.vad import Vad
from assist.bench.caller import Answers
from assist.bench.engines import IDEAL, RULES, NoMemory, SteadyLlm, SteadyStt, SteadyTts
from assist.bench.far_end import Plan, ring
from assist.bench.meter import Cost, Machine, Meter, machine
from assist.call.call import Call
from assist.call.ear import Ears
from assist.call.engines import Engines
from assist.monitor.tally import Tally
from assist.switch.channel import open_channel
from assist.switch.connection import Connection
from assist.switch.events import Event
from assist.switch.media import Media
from assist.switch.server import serve

LOOPBACK = [IPv4Network("127.0.0.0/8")]
LANGUAGE = "es"
MEMORY = Path("/dev/shm")


@dataclass(frozen=True, slots=True)
class Spread:
    """Milliseconds."""

    p50: float
    p95: float
    max: float


@dataclass(frozen=True, slots=True)
class TurnResult:
    """What was measured."""

    calls: int
    turns: int
    """Of all calls together."""
    answered: int
    missed: int
    """Turns that got no answer."""
    uncalled_for: int
    """Answers to nothing, or to half a question."""
    ideal_ms: float
    turn_ms: Spread | None
    overhead_ms: Spread | None
    """Over the ideal. `None`: nothing was answered."""
    cost: Cost
    call_seconds: float
    """That the calls lasted on average."""
    machine: Machine

    @property
    def complete(self) -> bool:
        """Whether every question was answered, and nothing else."""
        return self.answered == self.turns and not self.uncalled_for


def run(calls: int, turns: int, seed: int = 1, recordings: Path | None = None) -> TurnResult:
    """Measure so many *turns* in each of so many *calls* at once. Raises `ConfigurationError` without recordings."""
    with tempfile.TemporaryDirectory(prefix="assist-", dir=MEMORY if MEMORY.is_dir() else None) as directory:
        return uvloop.run(_measure(Path(directory), calls, turns, seed, recordings))


@click.command("turn")
@click.option("--calls", default=8, show_default=True, type=click.IntRange(1))
@click.option("--turns", default=10, show_default=True, type=click.IntRange(1), help="Of each call.")
@click.option("--seed", default=1, show_default=True)
@click.option("--recordings", type=click.Path(path_type=Path), help="Directory of 8 kHz WAV files of speech.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def turn_time(calls: int, turns: int, seed: int, recordings: Path | None, as_json: bool) -> None:
    """What Assist adds to the time its engines take; ends 1 unless every turn was answered."""
    result = run(calls, turns, seed, recordings)
    if as_json:
        click.echo(json.dumps(asdict(result)))
    else:
        Console().print(_table(result))
    if not result.complete:
        raise SystemExit(1)


async def _measure(directory: Path, calls: int, turns: int, seed: int, recordings: Path | None) -> TurnResult:
    loop = asyncio.get_running_loop()
    with ProcessPoolExecutor(1, get_context("spawn")) as elsewhere:
        async with _house(directory, calls) as (house, port):
            # What is only needed once, whatever the number of calls, is there after one that asks nothing.
            await loop.run_in_executor(elsewhere, ring, Plan(port, 1, 0, seed, recordings))
            with house.measured() as meter:
                answers = await loop.run_in_executor(elsewhere, ring, Plan(port, calls, turns, seed, recordings))
    return _result(answers, meter.cost(calls, house.call_seconds), house.call_seconds / calls)


def _result(answers: list[Answers], cost: Cost, call_seconds: float) -> TurnResult:
    waits = np.array([wait for call in answers for wait in call.waits])
    return TurnResult(
        calls=len(answers),
        turns=sum(call.asked for call in answers),
        answered=len(waits),
        missed=sum(call.missed for call in answers),
        uncalled_for=sum(call.uncalled_for for call in answers),
        ideal_ms=round(IDEAL * 1000, 1),
        turn_ms=spread(waits),
        overhead_ms=spread(waits - IDEAL),
        cost=cost,
        call_seconds=round(call_seconds, 1),
        machine=machine(),
    )


def spread(seconds: "np.typing.NDArray[np.float64]") -> Spread | None:
    if not seconds.size:
        return None
    return Spread(*(round(float(value) * 1000, 2) for value in np.percentile(seconds, (50, 95, 100))))


def _table(result: TurnResult) -> Table:
    where = result.machine
    table = Table(
        title=f"{result.calls} calls, {result.answered} of {result.turns} turns answered",
        caption=f"{where.cores} cores, {where.model}, Python {where.python}",
    )
    for heading in ("ms", "p50", "p95", "max"):
        table.add_column(heading, justify="left" if heading == "ms" else "right")
    for name, spread in (("turn", result.turn_ms), (f"over the ideal of {result.ideal_ms:.0f}", result.overhead_ms)):
        if spread:
            table.add_row(name, *(f"{value:.1f}" for value in (spread.p50, spread.p95, spread.max)))
    table.add_section()
    table.add_row("missed, uncalled for", str(result.missed), str(result.uncalled_for))
    table.add_row("of a core per call", f"{result.cost.cpu_percent:.3f} %")
    table.add_row("memory per call", f"{result.cost.kilobytes:.0f} kB")
    return table


class _House:
    """Holds calls as a worker does."""

    def __init__(self, media: Media, ears: Ears) -> None:
        self.call_seconds = 0.0
        """That all calls lasted together."""
        self._media = media
        self._ears = ears
        self._engines = Engines(SteadyStt(), SteadyLlm(), SteadyTts())
        self._assistant = _assistant()
        self._meter = Meter()

    def measured(self) -> Meter:
        """Return what measures the block around the calls."""
        self.call_seconds = 0.0
        return self._meter

    async def hold(self, connection: Connection, connect: Event) -> None:
        """Hold one call until its end."""
        clock = asyncio.get_running_loop().time
        began = clock()
        with Tally(connect) as tally:
            async with open_channel(connection, connect, self._media) as channel:
                ear = self._ears.open(rules=RULES)
                try:
                    await Call(channel, ear, self._assistant, self._engines, NoMemory(), tally.note).run()
                finally:
                    self._meter.look()
                    ear.close()
        self.call_seconds += clock() - began


@asynccontextmanager
async def _house(directory: Path, calls: int) -> AsyncIterator[tuple[_House, int]]:
    """Yield one that takes calls, and the port on which it does."""
    ears = Ears(Vad())
    async with Media(directory) as media:
        house = _House(media, ears)
        async with serve(house.hold, "127.0.0.1", 0, limit=calls + 1, peers=LOOPBACK) as server:
            yield house, server.port
    ears.close()


def _assistant() -> Assistant:
    phrases = Phrases(greeting="Soy un asistente automático.", **PHRASES[LANGUAGE])  # type: ignore[arg-type]
    return Assistant(
        "turn", "1", (LANGUAGE,), {LANGUAGE: phrases}, zoneinfo.ZoneInfo("UTC"), timing=Timing(max_call_s=14_400)
    )
