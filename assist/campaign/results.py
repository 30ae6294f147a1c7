"""What became of everybody, for the owner: pages with a cursor, CSV, NDJSON, a list of those to be called anew."""

import csv
import json
import re
from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final, TextIO, TypeAlias

from assist.campaign.ledger import Ledger
from assist.campaign.ledger.views import Standing
from assist.campaign.model import Outcome
from assist.store import AT_LEISURE

COLUMNS: Final = (
    "id", "phone", "state", "outcome", "result", "attempts", "last_at", "due", "seconds", "cost_usd", "caller_id"
)  # fmt: skip
"""Of the CSV; after them comes what was found out, with ``found_`` before its name, and then the contact's own: those
that have such a name with ``list_`` before it."""

LIST: Final = ("id", "phone", "language", "consent_source", "consent_at", "consent_proof")
"""Of a list to be imported, before the contact's own."""

MISSED: Final = frozenset({Outcome.EXHAUSTED, Outcome.EXPIRED, Outcome.UNKNOWN})
"""Outcomes of those who may be called anew: nobody reached them, and nothing forbids it."""

Record: TypeAlias = dict[str, object]

_FORMULA: Final = re.compile(r"^[=+\-@\t\r]")
_NUMBER: Final = re.compile(r"^[+-]?\d[\d .,]*$")


def record_of(standing: Standing) -> Record:
    """Return what is told of a contact, ready for JSON: times are ISO 8601 in UTC, money is US dollars as text.

    ``due`` is null of one who may be called at once; ``caller_id`` where the trunk has one number to show, or none.
    """
    contact, past = standing.contact, standing.past
    return {
        "id": contact.id,
        "phone": contact.number,
        "state": standing.state.value,
        "outcome": standing.outcome and standing.outcome.value,
        "result": past[-1].result.value if past else None,
        "attempts": standing.attempts,
        "last_at": _iso(past[-1].at) if past else None,
        "due": _iso(standing.due or None),
        "seconds": round(sum(one.seconds for one in past), 3),
        "cost_usd": str(sum((one.cost for one in past), Decimal(0))),
        "caller_id": (past[-1].shown or None) if past else None,
        "found_out": dict(standing.found_out),
        "variables": dict(contact.variables),
        "past": [
            {
                "at": _iso(one.at),
                "result": one.result.value,
                "seconds": one.seconds,
                "cost_usd": str(one.cost),
                "caller_id": one.shown or None,
            }
            for one in past
        ],
    }


async def standings(
    ledger: Ledger, campaign: str, outcomes: Collection[Outcome] = (), first: int = 0
) -> AsyncIterator[Standing]:
    """Yield every contact of the campaign, or those with one of the *outcomes*, as they came. Raises `StoreError`.

    *first*: the place where a page began, to go on from there.
    """
    cursor: int | None = first
    while cursor is not None:
        page = await ledger.contacts(campaign, cursor, outcomes=outcomes, within=AT_LEISURE)
        for standing in page.standings:
            yield standing
        cursor = page.cursor


async def write_ndjson(file: TextIO, ledger: Ledger, campaign: str, outcomes: Collection[Outcome] = ()) -> int:
    """Write a line of JSON for each contact, and return how many."""
    count = 0
    async for standing in standings(ledger, campaign, outcomes):
        file.write(json.dumps(record_of(standing), ensure_ascii=False) + "\n")
        count += 1
    return count


async def write_csv(file: TextIO, ledger: Ledger, campaign: str, outcomes: Collection[Outcome] = ()) -> int:
    """Write a row for each contact, and return how many. What a spreadsheet would take for a formula is none.

    *file* must be open with ``newline=""``.
    """
    names, found_out = await _names(ledger, campaign, outcomes)
    rows = csv.writer(file)
    found = [f"found_{name}" for name in found_out]
    rows.writerow([*COLUMNS, *found, *(f"list_{name}" if name in (*COLUMNS, *found) else name for name in names)])
    count = 0
    async for standing in standings(ledger, campaign, outcomes):
        record, variables = record_of(standing), standing.contact.variables
        rows.writerow([*_cells(record, COLUMNS), *_cells(standing.found_out, found_out), *_cells(variables, names)])
        count += 1
    return count


async def write_list(file: TextIO, ledger: Ledger, campaign: str, outcomes: Collection[Outcome] = MISSED) -> int:
    """Write a list that can be imported, of those with one of the *outcomes*; return how many. *file* as for CSV."""
    # Who says the id or the telephone number has it from the column that is there anyway.
    names = [name for name in (await _names(ledger, campaign, outcomes))[0] if name not in LIST]
    rows = csv.writer(file)
    rows.writerow([*LIST, *names])
    count = 0
    async for standing in standings(ledger, campaign, outcomes):
        contact = standing.contact
        consent = contact.consent
        told = [consent.source, _iso(consent.at), consent.proof] if consent else ["", "", ""]
        own = [contact.variables.get(name) for name in names]
        rows.writerow(map(_cell, [contact.id, contact.number, contact.language, *told, *own]))
        count += 1
    return count


async def _names(ledger: Ledger, campaign: str, outcomes: Collection[Outcome]) -> tuple[list[str], list[str]]:
    """Return the names of all columns of their own, and of all that was found out, as they came."""
    # A first reading of everybody: lists that were imported one after the other need not have the same.
    names: dict[str, None] = {}
    found_out: dict[str, None] = {}
    async for standing in standings(ledger, campaign, outcomes):
        names |= dict.fromkeys(standing.contact.variables)
        found_out |= dict.fromkeys(standing.found_out)
    return list(names), list(found_out)


def _cells(values: Mapping[str, object], names: Iterable[str]) -> list[str]:
    return [_cell(values.get(name)) for name in names]


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    # A list holds anybody's text, and a spreadsheet runs what begins so.
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.match(text) else text


def _iso(moment: float | None) -> str | None:
    return None if moment is None else datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds")
