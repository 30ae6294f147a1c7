"""The verbs of the command `assist`."""

import asyncio
import logging
import signal
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import click
import uvloop
from rich.console import Console

from assist.api.cli import api, keys
from assist.api.reach import check_settings
from assist.app import API_COMMAND, WORKER_COMMAND, sweep_media, worker
from assist.bench.cli import bench
from assist.campaign.cli import campaign
from assist.campaign.flaw import Unfit
from assist.campaign.service import dialer
from assist.demo.run import run_demo
from assist.demo.show import show
from assist.doctor.cli import doctor
from assist.engines.check import check
from assist.engines.cli import engines
from assist.errors import AssistError, ConfigurationError, HungUp
from assist.heartbeat import heartbeat
from assist.log import set_up_logging
from assist.monitor.service import monitored
from assist.placing.by_hand import call_by_hand
from assist.privacy.cli import audit, erase, retention
from assist.privacy.retention import Sweeping
from assist.prompts.cli import prompts
from assist.roster import Policy
from assist.settings import Settings, read_settings
from assist.supervisor import supervise
from assist.webhooks.cli import webhooks

log = logging.getLogger(__name__)


def main() -> None:
    """Run the verb of this process's arguments; mistakes are told on standard error and end 1 or 2."""
    try:
        cli(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        raise SystemExit(error.exit_code) from error
    except click.exceptions.Exit as end:
        raise SystemExit(end.exit_code) from end
    except (KeyboardInterrupt, click.Abort):
        raise SystemExit(130) from None
    except ConfigurationError as error:
        click.secho(str(error), fg="red", err=True)
        raise SystemExit(2) from error
    except HungUp as unanswered:
        click.secho(f"the call did not come about: {unanswered.cause}", fg="red", err=True)
        raise SystemExit(1) from unanswered
    except (AssistError, OSError) as error:
        click.secho(str(error), fg="red", err=True)
        raise SystemExit(1) from error


@click.group()
@click.version_option(package_name="assist")
def cli() -> None:
    """Answers and places telephone calls and holds a conversation."""


@cli.command()
def serve() -> None:
    """Take the calls that FreeSWITCH sends, until SIGTERM or Ctrl-C."""
    settings = read_settings()
    set_up_logging(form=settings.logs.format)
    if settings.esl.password is None:
        log.warning("files of calls whose worker died stay in the media directory: set ASSIST_ESL_PASSWORD")
    policy = Policy(workers=settings.workers.count, drain=settings.workers.drain)
    if not asyncio.run(_supervise(settings, policy)):
        raise SystemExit(2)


async def _supervise(settings: Settings, policy: Policy) -> bool:
    await check_settings(settings)
    async with monitored(settings) as variables:
        others = [API_COMMAND] if settings.api.listen else []
        over = Sweeping(settings)

        async def sweep() -> None:
            # First: where FreeSWITCH does not answer, the other fails.
            await over()
            await sweep_media(settings)

        return await supervise(WORKER_COMMAND, policy, sweep=sweep, variables=variables, others=others)


@cli.command("worker", hidden=True)
def one_worker() -> None:
    """Hold calls as one of the processes of `assist serve`."""
    settings = read_settings()
    set_up_logging(form=settings.logs.format)
    uvloop.run(_work(settings))


async def _work(settings: Settings) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with worker(settings, heartbeat()):
        await stop.wait()


@cli.command()
@click.argument("number")
@click.option("--assistant", required=True, help="Name of the assistant that speaks.")
@click.option("--gateway", help="Of FreeSWITCH's configuration, if not that of ASSIST_CALLS_GATEWAY.")
def call(number: str, assistant: str, gateway: str | None) -> None:
    """Call NUMBER and let an assistant talk; shows the conversation. Ctrl-C hangs up."""
    settings = read_settings("ASSIST_ESL_PASSWORD")
    if gateway:
        settings = replace(settings, calls=settings.calls.model_copy(update={"gateway": gateway}))
    set_up_logging(form=settings.logs.format)
    try:
        asyncio.run(_follow(settings, number, assistant))
    except Unfit as unfit:
        raise click.BadParameter(str(unfit), param_hint="NUMBER") from unfit


async def _follow(settings: Settings, number: str, assistant: str) -> None:
    console = Console()
    async with aclosing(call_by_hand(settings, number, assistant, str(uuid4()))) as happening:
        async for event in happening:
            show(console, event)


@cli.command()
@click.option("--report", type=click.Path(path_type=Path), help="Write what came of it as JSON.")
@click.option("--recording", type=click.Path(path_type=Path), default=Path("demo.wav"), show_default=True)
@click.option("--brain", default="flow", show_default=True, help="The engine that answers; echo must fail.")
@click.option("--line", type=click.Choice(["auto", "freeswitch", "simulated"]), default="auto", show_default=True)
def demo(report: Path | None, recording: Path, brain: str, line: str) -> None:
    """Ring the shipped clinic with a scripted caller, over FreeSWITCH where there is one."""
    problems = asyncio.run(run_demo(Console(), report=report, recording=recording, brain=brain, line=line))
    raise SystemExit(1 if problems else 0)


cli.add_command(api)
cli.add_command(keys)
cli.add_command(check)
cli.add_command(engines)
cli.add_command(bench)
cli.add_command(campaign)
cli.add_command(dialer)
cli.add_command(prompts)
cli.add_command(doctor)
cli.add_command(erase)
cli.add_command(retention)
cli.add_command(audit)
cli.add_command(webhooks)
