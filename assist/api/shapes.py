"""Kinds of values that several resources have."""

from typing import Annotated

from pydantic import BeforeValidator


def _no_truth(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("this is no number")
    return value


Whole = Annotated[int, BeforeValidator(_no_truth)]
"""A whole number, for which true is none."""
