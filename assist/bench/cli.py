"""`assist bench`: the verbs that measure."""

import click


@click.group()
def bench() -> None:
    """Measure: prints ratios, side by side in one run."""
