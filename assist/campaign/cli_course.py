"""`assist campaign start | pause | resume | cancel | tick | test`: what the owner wants of a campaign."""

import sys
import time
from collections.abc import Callable, Coroutine
from contextlib import aclosing
from typing import Any, Final

import click
from rich.console import Console
from rich.text import Text

from assist.campaign import course
from assist.campaign.cli_desk import OPTION, Desk, answer, at_desk
from assist.campaign.files import read_files
from assist.campaign.model import ContactState
from assist.campaign.node import open_nodes
from assist.campaign.readiness import NotReady
from assist.campaign.show import lacks, length, moment, money
from assist.campaign.tick import Tick, Ticked
from assist.campaign.tick import tick as make_starts
from assist.campaign.trial import NotCalled, Rehearsed, Tried
from assist.errors import ConfigurationError
from assist.log import set_up_logging
from assist.settings import read_settings

STATES: Final = {
    ContactState.DIALING: "it rings",
    ContactState.ANSWERED: "answered: you talk to the assistant",
    ContactState.DONE: "the call is over",
}


@click.command("start")
@click.argument("campaign")
@OPTION
def start(campaign: str, as_json: bool) -> None:
    """Let CAMPAIGN run. Refused, with all that is missing, where its policies demand more: then it ends 1."""
    _run(campaign, _start, as_json=as_json)


@click.command("resume")
@click.argument("campaign")
@OPTION
def resume(campaign: str, as_json: bool) -> None:
    """Let a paused CAMPAIGN go on. It is looked at as for a start."""
    _run(campaign, _resume, as_json=as_json)


def _run(campaign: str, work: Callable[[Desk, str], Coroutine[Any, Any, bool]], *, as_json: bool) -> None:
    try:
        changed = at_desk(lambda desk: work(desk, campaign))
    except NotReady as refused:
        found = {"campaign": campaign, "running": False, "lacks": refused.lacks}
        shown = lacks(refused.lacks)
        answer(found, as_json=as_json, text=lambda console: console.print(shown))
        raise SystemExit(1) from refused
    text = (
        f"{campaign} runs{'' if changed else ' already'}; assist campaign status {campaign} --follow shows how it goes"
    )
    answer(
        {"campaign": campaign, "running": True},
        as_json=as_json,
        text=lambda console: console.print(Text(text), soft_wrap=True),
    )


async def _start(desk: Desk, name: str) -> bool:
    files = read_files(desk.settings)
    await desk.record("campaign.start", name)
    return await course.start(files, desk.ledger, files.plans.get(name), await desk.capacity(), time.time())


async def _resume(desk: Desk, name: str) -> bool:
    files = read_files(desk.settings)
    await desk.record("campaign.resume", name)
    return await course.resume(files, desk.ledger, files.plans.get(name), await desk.capacity(), time.time())


@click.command("pause")
@click.argument("campaign")
@OPTION
def pause(campaign: str, as_json: bool) -> None:
    """Let nobody new of CAMPAIGN be called. Calls in progress go on to their end."""

    async def work(desk: Desk) -> int:
        name = await desk.known(campaign)
        await desk.record("campaign.pause", name)
        return await course.pause(desk.ledger, name)

    live = at_desk(work)
    text = f"{campaign} rests: nobody new is called, and {live} calls in progress go on to their end"
    found = {"campaign": campaign, "running": False, "live": live}
    answer(found, as_json=as_json, text=lambda console: console.print(Text(text), soft_wrap=True))


@click.command("cancel")
@click.argument("campaign")
@click.option("--hang-up", is_flag=True, help="End calls in progress, too.")
@click.option("--yes", is_flag=True, help="Without being asked.")
@OPTION
def cancel(campaign: str, hang_up: bool, yes: bool, as_json: bool) -> None:
    """End CAMPAIGN for good: whoever waits is not called. Calls in progress go on to their end, or see --hang-up."""
    if not yes:
        _ask(campaign, hang_up=hang_up)

    async def work(desk: Desk) -> course.Cancelled:
        name = await desk.known(campaign)
        await desk.record("campaign.cancel", name)
        return await course.cancel(desk.ledger, name, desk.settings.esl if hang_up else None)

    found = at_desk(work, *(["ASSIST_ESL_PASSWORD"] if hang_up else []))
    left = f"{found.live} calls in progress go on to their end"
    calls = f"{found.hung_up} calls in progress were ended" if hang_up else left
    text = f"{campaign} is cancelled: {found.waiting:,} who waited are not called; {calls}"
    answer(found, as_json=as_json, text=lambda console: console.print(Text(text), soft_wrap=True))


def _ask(campaign: str, *, hang_up: bool) -> None:
    if not sys.stdin.isatty():
        raise click.UsageError("it is for good, and nobody can be asked here: add --yes")
    calls = "calls in progress are ended" if hang_up else "calls in progress go on"
    click.confirm(f"Cancel {campaign} for good ({calls})?", abort=True, err=True)


@click.command("tick")
@OPTION
def tick(as_json: bool) -> None:
    """Start the campaigns whose time has come, each with its list as that is now. For cron, every minute.

    May run twice, late or on several machines: each start is made once. Ends 1 if one failed.
    """
    set_up_logging(form=read_settings().logs.format)

    async def work(desk: Desk) -> list[Tick]:
        files, now = read_files(desk.settings), time.time()
        capacity = await desk.capacity()

        async def begin(name: str) -> None:
            await desk.record("campaign.start", name, due=1)
            await course.start_as_due(files, desk.ledger, name, capacity, now, desk.settings.retention.contacts)

        return await make_starts(desk.ledger, files.plans, files.campaigns.names(), begin, now)

    ticks = at_desk(work)
    answer(ticks, as_json=as_json, text=lambda console: _show_ticks(console, ticks))
    if any(one.became is Ticked.FAILED for one in ticks):
        raise SystemExit(1)


def _show_ticks(console: Console, ticks: list[Tick]) -> None:
    for one in ticks:
        console.print(Text(f"{one.campaign}: due {moment(one.moment)}: {one.became}"))


@click.command("test")
@click.argument("campaign")
@OPTION
def test(campaign: str, as_json: bool) -> None:
    """Call the owner of CAMPAIGN, by its file's test.number, as everybody else will be called; at any hour.

    It is counted apart, and nobody else is called. Ends 1 if nobody answered.
    """
    console = Console(stderr=as_json)

    async def work(desk: Desk) -> Tried:
        files = read_files(desk.settings)
        plan = files.plans.get(campaign)
        if plan.campaign.test is None:
            raise ConfigurationError(f"{campaign}: nobody knows your number; write test: {{number: …}} in its file")
        if not await desk.store.workers():
            raise NotCalled("no worker lives to hold the call: start assist serve")
        await desk.record("campaign.test", campaign)
        async with open_nodes(desk.settings.esl) as nodes:
            tried = Tried(ContactState.CLAIMED)
            rehearsed = Rehearsed(desk.ledger, files.plans, nodes, desk.store)
            async with aclosing(rehearsed.call(plan, plan.campaign.test, time.time())) as states:
                async for tried in states:
                    console.print(STATES[tried.state])
            return tried

    past = at_desk(work, "ASSIST_ESL_PASSWORD").past
    assert past is not None, "the last is that it is done"
    text = f"{past.result}: {length(past.seconds)}, {money(past.cost)}".replace("_", " ")
    answer(past, as_json=as_json, text=lambda console: console.print(text, soft_wrap=True))
    if not past.seconds:
        raise SystemExit(1)
