"""``ETag`` and ``If-Match``: nobody overwrites what he has not seen."""

from typing import Annotated

from fastapi import Header

from assist.api.problem import Refusal

IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        max_length=200,
        pattern=r"^[\x21\x23-\x7e \x22]+$",
        description="The `ETag` of what is to be replaced, or `*` for whatever is there.",
        examples=['"3f786850e387550f"'],
    ),
]
IfNoneMatch = Annotated[
    str | None,
    Header(
        alias="If-None-Match",
        max_length=200,
        pattern=r"^[\x21\x23-\x7e \x22]+$",
        description="`*`: only if there is none yet. Or, when reading, the `ETag` that is known already.",
        examples=["*"],
    ),
]


def tag(version: str) -> str:
    """Return *version* as an ``ETag``."""
    return f'"{version}"'


def check(present: str | None, if_match: str | None, if_none_match: str | None) -> None:
    """Return if *present*, the version there is, if there is any, may be replaced. Raises `Refusal`."""
    if if_none_match is not None:
        if present is not None and (if_none_match.strip() == "*" or has(if_none_match, present)):
            raise Refusal("precondition-failed", "There is one of that name already.")
        return
    if if_match is None:
        raise Refusal("precondition-required", "Send If-Match with its ETag, or If-None-Match: * for a new one.")
    if present is None or (if_match.strip() != "*" and not has(if_match, present)):
        raise Refusal("precondition-failed", "It is not of that version any more: read it again.")


def has(header: str, version: str) -> bool:
    """Return whether *header* names that version."""
    return tag(version) in (part.strip().removeprefix("W/") for part in header.split(","))
