"""`assist campaign`: its verbs."""

import click

from assist.campaign.cli_course import cancel, pause, resume, start, test, tick
from assist.campaign.cli_dnc import dnc
from assist.campaign.cli_list import check, import_
from assist.campaign.cli_rehearsal import dry_run
from assist.campaign.cli_view import results, status
from assist.campaign.cli_why import why


@click.group("campaign")
def campaign() -> None:
    """Call a list of people: lawfully, and nobody twice for one attempt.

    A campaign is a file of ASSIST_CAMPAIGNS_DIR. `assist dialer` calls, and `assist serve` holds the calls.

    All verbs end 0 if what was asked was done; 1 if it was refused or not wholly done, and say what to mend; 2 if the
    command, a setting or a file is wrong.
    """


for verb in (check, import_, test, dry_run, start, pause, resume, cancel, status, results, why, tick, dnc):
    campaign.add_command(verb)
