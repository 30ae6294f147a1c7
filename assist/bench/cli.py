"""`assist bench`: the verbs that measure."""

import click

from assist.bench.api.cli import api_cost
from assist.bench.campaign.cli import campaign
from assist.bench.campaign.long_list import long_list
from assist.bench.ear import ear_cost
from assist.bench.engines_cli import engine_times
from assist.bench.turn import turn_time
from assist.bench.wer import word_errors


@click.group()
def bench() -> None:
    """Measure: prints ratios, side by side in one run."""


bench.add_command(ear_cost)
bench.add_command(turn_time)
bench.add_command(word_errors)
bench.add_command(engine_times)
bench.add_command(campaign)
bench.add_command(long_list)
bench.add_command(api_cost)
