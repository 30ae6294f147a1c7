"""Which country a time zone is in, by the table that comes with the time zones."""

import zoneinfo
from collections.abc import Mapping
from functools import cache
from pathlib import Path

LANGUAGES = {"es": "ES", "en": "US"}
"""Where nothing better is known."""


@cache
def countries() -> Mapping[str, str]:
    """Return the country (ISO 3166) of each time zone; empty where the system has no table."""
    for directory in zoneinfo.TZPATH:
        table = Path(directory) / "zone.tab"
        if table.exists():
            rows = [line.split("\t") for line in table.read_text(encoding="utf-8").splitlines() if line[:1] != "#"]
            return {row[2]: row[0] for row in rows}
    return {}


def country_of(zone: zoneinfo.ZoneInfo, language: str) -> str:
    """Return the country of *zone*, or one where *language* is spoken."""
    return countries().get(zone.key) or LANGUAGES[language]


def existing(code: object) -> str:
    """Return *code*. Raises `ValueError` if no country has it."""
    written = str(code)
    if written not in countries().values() if countries() else not (len(written) == 2 and written.isupper()):
        raise ValueError("no such country; write its two letters of ISO 3166, as ES, MX or GB")
    return written
