"""`assist bench engines`."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict

import click
from rich.console import Console
from rich.table import Table

from assist.bench.engines_latency import Failure, Stage, stages
from assist.bench.engines_overhead import Overhead, overheads
from assist.bench.meter import machine
from assist.settings import Settings, read_settings


@click.command("engines")
@click.option("--rounds", default=10, show_default=True, type=click.IntRange(1), help="Answers of each engine.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def engine_times(rounds: int, as_json: bool) -> None:
    """How soon each chosen engine answers, and what the wrappers around it cost.

    Chosen by the settings or by an assistant; hosted engines charge for it. Ends 1 if one of them fails.
    """
    answered, wrapped = asyncio.run(_measure(read_settings(), rounds, quiet=as_json))
    if as_json:
        result = {
            "stages": [asdict(stage) for stage in answered if isinstance(stage, Stage)],
            "failures": [asdict(failure) for failure in answered if isinstance(failure, Failure)],
            "overheads": [asdict(overhead) for overhead in wrapped],
            "machine": asdict(machine()),
        }
        click.echo(json.dumps(result, ensure_ascii=False))
    else:
        console = Console()
        console.print(_stages(answered))
        console.print(_overheads(wrapped))
    if any(isinstance(stage, Failure) for stage in answered):
        raise SystemExit(1)


async def _measure(settings: Settings, rounds: int, *, quiet: bool) -> tuple[list[Stage | Failure], Sequence[Overhead]]:
    answered = []
    # First, as long as nothing else goes on in this process.
    wrapped = await overheads()
    with Console(stderr=True, quiet=quiet).status("Asking the engines…") as status:
        async for stage in stages(settings, rounds):
            answered.append(stage)
            status.update(f"Asking the engines… {stage.kind} {stage.engine}")
    return answered, wrapped


def _stages(answered: Sequence[Stage | Failure]) -> Table:
    table = Table(title="First answer, in ms", caption="a transcript counts from 250 ms after the last sound")
    for heading in ("", "engine", "of all", "p50", "p95", "all of it, p50"):
        table.add_column(heading, justify="left" if heading in ("", "engine") else "right")
    for stage in answered:
        if isinstance(stage, Failure):
            table.add_row(stage.kind.upper(), stage.engine, stage.reason)
            continue
        numbers = (stage.first_of_all, stage.p50, stage.p95, stage.all_p50)
        table.add_row(
            stage.kind.upper(), f"{stage.engine} {stage.model}".strip(), *(f"{number:.1f}" for number in numbers)
        )
    return table


def _overheads(wrapped: Sequence[Overhead]) -> Table:
    table = Table(title="Wrappers, by request")
    for heading in ("", "wrapper", "µs", "times as long", "bytes at most", "times as much"):
        table.add_column(heading, justify="left" if heading in ("", "wrapper") else "right")
    for each in wrapped:
        numbers = (
            f"{each.microseconds:.1f}",
            f"{each.times_as_long:.2f}",
            str(each.peak_bytes),
            f"{each.times_as_much:.2f}",
        )
        table.add_row(each.kind.upper(), each.wrapper, *numbers)
    return table
