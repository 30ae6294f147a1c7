"""What a call is to find out, as an assistant or a campaign declares it."""

import re
from collections.abc import Mapping
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, BeforeValidator

from assist.assistant.script import Text, one_or_many


def finding_name(text: str) -> str:
    """Return *text*. Raises `ValueError` if it cannot be the name of a column, and of a language model's tool."""
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", text):
        raise ValueError("this is no name for what is found out; write small letters a to z, digits and _")
    return text


def several(answers: tuple[str, ...]) -> tuple[str, ...]:
    """Return *answers*. Raises `ValueError` if there is nothing to choose from."""
    if len(set(answers)) < 2 or len(set(answers)) < len(answers):
        raise ValueError('there is nothing to choose from; write two different answers at least: ["sí", "no"]')
    return answers


FindOut: TypeAlias = Mapping[
    Annotated[str, AfterValidator(finding_name)],
    Annotated[tuple[Text, ...], BeforeValidator(one_or_many), AfterValidator(several)],
]
"""By name, the answers that there may be."""
