"""The files that people write: assistants, campaigns, policies, trunks."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from assist.assistant import Assistants
from assist.assistant.mistakes import Mistake
from assist.campaign.loading import inspect
from assist.campaign.policy import load_policies
from assist.campaign.trunks import load_trunks
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
    """Yield the mistakes in the policies, the trunks and each campaign's file."""
    try:
        policies = load_policies(settings.files.policies_dir)
    except ConfigurationError as error:
        yield from _unread("Policies", error, "set ASSIST_POLICIES_DIR")
        return
    try:
        gateways = load_trunks(settings.files.trunks)
    except ConfigurationError as error:
        yield from _unread("Trunks", error, "set ASSIST_TRUNKS")
        return
    files = sorted(settings.files.campaigns_dir.glob("*.yaml"))
    known = Assistants(settings.files.assistants_dir)
    mistakes = [mistake for file in files for mistake in _mistakes(inspect(file, known, policies, gateways))]
    yield from _broken("Campaign", mistakes)
    if not mistakes:
        yield ok("Campaigns", f"{len(files)} without mistakes" if files else "none")


def _unread(what: str, error: ConfigurationError, otherwise: str) -> Iterator[Finding]:
    for line in str(error).splitlines():
        where, _, mend = line.partition("; ")
        yield wrong(what, where, mend or otherwise)


def _mistakes(inspected: object) -> list[Mistake]:
    return inspected if isinstance(inspected, list) else []


def _broken(kind: str, mistakes: Sequence[Mistake]) -> Iterator[Finding]:
    for mistake in mistakes:
        where = f"{mistake.file}:{mistake.line}"
        field = f" {mistake.field}:" if mistake.field else ""
        yield wrong(f"{kind} {Path(mistake.file).stem}", f"{where}:{field} {mistake.mistake}", mistake.mend)
