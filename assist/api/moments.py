"""Days and moments in queries: as ISO 8601 writes them, and not as seconds since the epoch."""

import re
from datetime import date, datetime
from typing import Annotated, Final

from fastapi import Query
from pydantic import BeforeValidator

_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
_MOMENT: Final = re.compile(_DAY.pattern + r"[Tt ]\d\d:\d\d.*")


def _day(text: object) -> object:
    if isinstance(text, str) and not _DAY.fullmatch(text):
        raise ValueError("this is no day; write it as 2026-11-23")
    return text


def _moment(text: object) -> object:
    if isinstance(text, str) and not _MOMENT.fullmatch(text):
        raise ValueError("this is no moment; write it as 2026-11-23T09:30:00Z")
    return text


Day = Annotated[date, BeforeValidator(_day)]
Moment = Annotated[
    Annotated[datetime, BeforeValidator(_moment)] | None,
    Query(description="With its offset from UTC; without one it is UTC.", examples=["2026-11-23T09:30:00Z"]),
]
