"""`assist bench api`."""

import asyncio
import json
import resource
from dataclasses import asdict, dataclass

import click
from rich.console import Console
from rich.table import Table

from assist.bench.api.bare import PATH
from assist.bench.api.load import Pace, load, open_line, pace, request
from assist.bench.api.pages import SHORT, Pages, pages
from assist.bench.api.servers import Servers, open_servers
from assist.bench.api.watching import Watching, watching
from assist.bench.meter import machine

ROUNDS = 3
"""By turns, so that what else goes on falls on all alike."""


@dataclass(frozen=True, slots=True)
class Result:
    """All that was measured."""

    bare: Pace
    call: Pace
    """One call, by its id."""
    page: Pace
    """Fifty calls."""
    call_rate_ratio: float
    """Requests for one call in the time of one bare request."""
    call_p95_ratio: float
    pages: list[Pages]
    middle_ratio: float
    """Of the long list: the page in its middle, to the first."""
    last_ratio: float
    long_ratio: float
    """The last page of the long list, to that of the short one."""
    watching: Watching


@click.command("api")
@click.option("--seconds", default=3.0, show_default=True, type=click.FloatRange(0.1), help="Of each kind of request.")
@click.option("--calls", default=100_000, show_default=True, type=click.IntRange(SHORT + 1), help="In the long list.")
@click.option("--watchers", default=1000, show_default=True, type=click.IntRange(1), help="Of events, at once.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def api_cost(seconds: float, calls: int, watchers: int, as_json: bool) -> None:
    """How fast the API answers, beside a bare route; what watchers take; whether long lists page as short ones do."""
    _allow_files()
    result = asyncio.run(_measure(seconds, calls, watchers))
    if as_json:
        click.echo(json.dumps(asdict(result) | {"machine": asdict(machine())}))
    else:
        Console().print(_table(result))


def _allow_files() -> None:
    """Let this process have a connection for each watcher."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


async def _measure(seconds: float, calls: int, watchers: int) -> Result:
    async with open_servers() as servers:
        lists = await pages(servers, [SHORT, calls])
        paces = await _paces(servers, seconds)
        seen = await watching(servers, watchers)
    bare, call, page = paces
    short, long = lists
    return Result(
        bare=bare,
        call=call,
        page=page,
        call_rate_ratio=round(call.per_second / bare.per_second, 3),
        call_p95_ratio=round(call.p95_ms / bare.p95_ms, 2),
        pages=lists,
        middle_ratio=round(long.middle_ms / long.first_ms, 2),
        last_ratio=round(long.last_ms / long.first_ms, 2),
        long_ratio=round(long.last_ms / short.last_ms, 2),
        watching=seen,
    )


async def _paces(servers: Servers, seconds: float) -> list[Pace]:
    one = await _some_call(servers)
    wanted = [
        (servers.bare, request(PATH)),
        (servers.api, request(f"/v1/calls/{one}", servers.key)),
        (servers.api, request("/v1/calls?limit=50", servers.key)),
    ]
    for port, sent in wanted:
        await load(port, sent, 0.2)
    taken: list[list[float]] = [[] for _ in wanted]
    for _ in range(ROUNDS):
        for kind, (port, sent) in enumerate(wanted):
            taken[kind] += await load(port, sent, seconds / ROUNDS)
    return [pace(some, seconds) for some in taken]


async def _some_call(servers: Servers) -> str:
    line = await open_line(servers.api)
    _, body = await line.ask(request("/v1/calls?limit=1", servers.key))
    line.close()
    return str(json.loads(body)["items"][0]["id"])


def _table(result: Result) -> Table:
    table = Table(title="The API")
    for heading in ("", "a second", "p50 ms", "p95 ms"):
        table.add_column(heading, justify="left" if not heading else "right")
    for name, one in (("a bare route", result.bare), ("a call", result.call), ("fifty calls", result.page)):
        table.add_row(name, f"{one.per_second:.0f}", f"{one.p50_ms:.2f}", f"{one.p95_ms:.2f}")
    for one_list in result.pages:
        name = f"pages of {one_list.calls:,}: first, middle, last"
        table.add_row(name, *(f"{ms:.2f}" for ms in (one_list.first_ms, one_list.middle_ms, one_list.last_ms)))
    seen = result.watching
    table.add_row(
        f"{seen.watchers} watchers, {seen.kilobytes:.0f} kB each", "", f"{seen.p50_ms:.1f}", f"{seen.p95_ms:.1f}"
    )
    return table
