"""Contacts that were found good, on disk until all of a list is read: memory does not grow with the list."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import Enum
from typing import Final

from pydantic import TypeAdapter

from assist.campaign.flaw import Unfit
from assist.campaign.model import Contact

_CONTACT = TypeAdapter(Contact)

# A file without a name, gone with the connection, that no other user can read: nothing of it is to survive.
_SETUP: Final = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -65536;
CREATE TABLE contact (id TEXT UNIQUE, number TEXT UNIQUE, row INTEGER, record BLOB);
"""


class Fate(Enum):
    """What becomes of a contact that is in order."""

    NEW = "new"
    KNOWN = "known"
    """The campaign has it already."""


class Staging:
    """Each number once, and each id once."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def know(self, contacts: Iterable[Contact]) -> None:
        """Take *contacts* as those that the campaign has."""
        self._database.executemany(
            "INSERT OR IGNORE INTO contact VALUES (?, ?, 0, NULL)",
            ((contact.id, contact.number) for contact in contacts),
        )

    def add(self, contact: Contact, row: int, *, named: bool) -> Fate:
        """Keep *contact*, unless the campaign has it. Raises `Unfit` if its number or id is another's.

        *named*: its id is the owner's own, not made of the number.
        """
        select = "SELECT id, row FROM contact WHERE number = ?"
        if found := self._database.execute(select, (contact.number,)).fetchone():
            return self._again(found[0], found[1], contact, row, named)
        if found := self._database.execute("SELECT row FROM contact WHERE id = ?", (contact.id,)).fetchone():
            raise Unfit(f"another number has this id, {_place(found[0])}", "give each person an id of his own")
        record = _CONTACT.dump_json(contact)
        self._database.execute("INSERT INTO contact VALUES (?, ?, ?, ?)", (contact.id, contact.number, row, record))
        return Fate.NEW

    def _again(self, first_id: str, first_row: int, contact: Contact, row: int, named: bool) -> Fate:
        if first_row or (named and first_id != contact.id):
            raise Unfit(f"this number is there already, {_place(first_row)}", "keep one of them")
        self._database.execute("UPDATE contact SET row = ? WHERE number = ?", (row, contact.number))
        return Fate.KNOWN

    def batches(self, size: int) -> Iterator[list[Contact]]:
        """Yield the contacts that are new, in the order of their rows."""
        cursor = self._database.execute("SELECT record FROM contact WHERE record IS NOT NULL ORDER BY rowid")
        while batch := cursor.fetchmany(size):
            yield [_CONTACT.validate_json(record) for (record,) in batch]


@contextmanager
def staging() -> Iterator[Staging]:
    """Lend an empty one, to be used by one thread at a time."""
    database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
    try:
        database.executescript(_SETUP)
        database.execute("BEGIN")
        yield Staging(database)
    finally:
        database.close()


def _place(row: int) -> str:
    return f"in row {row}" if row else "in the campaign"
