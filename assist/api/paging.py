"""Cursors: where a page begins, so that only we can read it."""

import base64
import binascii
import json
from typing import Annotated, Final

from fastapi import Query

from assist.api.problem import Refusal

Limit = Annotated[int, Query(ge=1, le=200, description="Things on a page, at most.")]
Cursor = Annotated[
    str | None,
    Query(
        min_length=1,
        max_length=200,
        pattern=r"^[A-Za-z0-9_-]+$",
        description="`next_cursor` of the page before, with the same filters.",
    ),
]

_PADDING: Final = "==="


def cursor_of(*place: str | float) -> str:
    """Return a cursor that stands for *place*."""
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def place_of(cursor: str, *kinds: type) -> tuple[str | float, ...]:
    """Return what *cursor* stands for, things of these *kinds*. Raises `Refusal`."""
    try:
        place = json.loads(base64.b64decode(cursor + _PADDING, altchars=b"-_", validate=False))
    except (ValueError, binascii.Error, UnicodeDecodeError):
        place = None
    if not isinstance(place, list) or [type(one) for one in place] != list(kinds):
        raise Refusal("not-found", "There is no such page: take next_cursor as it is.")
    return tuple(place)
