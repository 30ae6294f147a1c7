"""`assist prompts`: what callers hear most, spoken ahead."""

import asyncio
import json
from collections import Counter
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import asdict

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from assist.assistant import Assistants
from assist.embedded_redis import redis_server
from assist.engines.pool import Pool
from assist.prompts.phrases import prompts as prompts_of
from assist.prompts.render import Outcome, Renderer, State
from assist.settings import Settings, read_settings
from assist.store import OUT_OF_CALL, open_store


@click.group("prompts")
def prompts() -> None:
    """The sentences that assistants always say in the same words."""


@prompts.command("render")
@click.argument("assistants", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="A list of sentences for programs.")
@click.option("--dry-run", is_flag=True, help="Only tell what there is to render.")
def render(assistants: tuple[str, ...], as_json: bool, dry_run: bool) -> None:
    """Let the voices of ASSISTANTS, or of all, speak their fixed sentences now: calls need not wait for them.

    They stay until what is said changes. Ends 1 if one failed.
    """
    outcomes = asyncio.run(_render(read_settings(), assistants, quiet=as_json, dry=dry_run))
    if as_json:
        click.echo(json.dumps([asdict(outcome) for outcome in outcomes], ensure_ascii=False, indent=2))
    else:
        for shown in (counts(outcomes), failures(outcomes)):
            if shown.row_count:
                Console().print(shown)
    if any(outcome.state is State.FAILED for outcome in outcomes):
        raise SystemExit(1)


async def _render(settings: Settings, names: Sequence[str], *, quiet: bool, dry: bool) -> list[Outcome]:
    known = Assistants(settings.files.assistants_dir)
    work = [(assistant, prompts_of(assistant)) for assistant in map(known.get, names or known.names())]
    outcomes = []
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    async with (
        redis_server(settings) as url,
        open_store(url, settings.redis.retention) as store,
        Pool(settings) as pool,
    ):
        await store.ping(within=OUT_OF_CALL)
        renderer = Renderer(settings, pool, store, dry=dry)
        with Progress(*columns, console=Console(stderr=True, quiet=quiet), transient=True) as progress:
            task = progress.add_task("", total=sum(len(sentences) for _, sentences in work))
            for assistant, sentences in work:
                progress.update(task, description=assistant.name)
                async with aclosing(renderer.render(assistant, sentences)) as rendered:
                    async for outcome in rendered:
                        outcomes.append(outcome)
                        progress.advance(task)
    return outcomes


def counts(outcomes: Sequence[Outcome]) -> Table:
    """Return for a terminal how many sentences came to what."""
    rows = Table("Assistant", "Language", *(state.capitalize() for state in State), header_style="bold")
    totals = Counter((outcome.assistant, outcome.language, outcome.state) for outcome in outcomes)
    for assistant, language in dict.fromkeys((outcome.assistant, outcome.language) for outcome in outcomes):
        rows.add_row(assistant, language, *(str(totals[assistant, language, state] or "") for state in State))
    return rows


def failures(outcomes: Sequence[Outcome]) -> Table:
    """Return for a terminal what failed, and why."""
    rows = Table("Assistant", "Sentence", "Engine", "Why it failed", header_style="bold red")
    for outcome in outcomes:
        if outcome.state is State.FAILED:
            rows.add_row(*map(Text, (outcome.assistant, outcome.text, outcome.engine, outcome.reason)))
    return rows
