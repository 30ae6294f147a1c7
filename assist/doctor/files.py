"""The files that people write: assistants, campaigns, policies."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from assist.assistant import Assistants
from assist.assistant.mistakes import Mistake
from assist.campaign.loading import inspect
from assist.campaign.policy import load_policies
from assist.doctor.finding import Finding, ok, wrong
from assist.engines.check import mistakes_in
from assist.errors import ConfigurationError
from assist.settings import Settings


def assistants(settings: Settings) -> Iterator[Finding]:
    """Yield the mistakes in each assistant's file."""
    directory = settings.files.assistants_dir
    files = sorted(directory.glob("*.yaml"))
    if not files:
        mend = "set ASSIST_ASSISTANTS_DIR, or write one: config/assistants has an example"
        yield wrong("Assistants", f"{directory}: there is none", mend)
        return
    broken = list(_broken("Assistant", mistakes_in(files)))
    yield from broken
    if not broken:
        yield ok("Assistants", f"{len(files)} without mistakes: {', '.join(file.stem for file in files)}")


def campaigns(settings: Settings) -> Iterator[Finding]:
    """Yield the mistakes in the policies and in each campaign's file."""
    try:
        policies = load_policies(settings.files.policies_dir)
    except ConfigurationError as error:
        for line in str(error).splitlines():
            where, _, mend = line.partition("; ")
            yield wrong("Policies", where, mend or "set ASSIST_POLICIES_DIR")
        return
    files = sorted(settings.files.campaigns_dir.glob("*.yaml"))
    known = Assistants(settings.files.assistants_dir)
    mistakes = [mistake for file in files for mistake in _mistakes(inspect(file, known, policies))]
    yield from _broken("Campaign", mistakes)
    if not mistakes:
        yield ok("Campaigns", f"{len(files)} without mistakes" if files else "none")


def _mistakes(inspected: object) -> list[Mistake]:
    return inspected if isinstance(inspected, list) else []


def _broken(kind: str, mistakes: Sequence[Mistake]) -> Iterator[Finding]:
    for mistake in mistakes:
        where = f"{mistake.file}:{mistake.line}"
        field = f" {mistake.field}:" if mistake.field else ""
        yield wrong(f"{kind} {Path(mistake.file).stem}", f"{where}:{field} {mistake.mistake}", mistake.mend)
