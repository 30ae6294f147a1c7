"""Kinds of values that several resources have."""

from typing import Annotated

from pydantic import BeforeValidator, Field


def _no_truth(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("this is no number")
    return value


Hours = Annotated[int, Field(ge=0, le=720), BeforeValidator(_no_truth)]
"""A month of them at most; true is no number of them."""
Days = Annotated[int, Field(ge=1, le=3650), BeforeValidator(_no_truth)]
"""Ten years of them at most."""
