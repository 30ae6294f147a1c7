"""Contacts that were found good, on disk until all of a list is read: memory does not grow with the list."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from enum import Enum
from typing import Final

from pydantic import TypeAdapter

from assist.campaign.flaw import Unfit
from assist.campaign.ledger.views import Standing
from assist.campaign.model import Contact, ContactState

_CONTACT = TypeAdapter(Contact)

# A file without a name, gone with the connection, that no other user can read: nothing of it is to survive.
# key: of whom there is one. row: 0 for who is in the campaign, and not in the list so far. record: what is to be
# written. waiting: who is in the campaign, as he waits there. open: his group, unless he is done.
_SETUP: Final = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -65536;
CREATE TABLE contact (id TEXT UNIQUE, key TEXT UNIQUE, row INTEGER, record BLOB, waiting BLOB, open TEXT);
"""


class Fate(Enum):
    """What becomes of a contact that is in order."""

    NEW = "new"
    UPDATED = "updated"
    """The campaign has it and will call, and knew otherwise of it."""
    KNOWN = "known"
    """The campaign has it already."""


class Staging:
    """Each person once, and each id once."""

    def __init__(self, database: sqlite3.Connection, key: Callable[[Contact], str]) -> None:
        self._database = database
        self._key = key

    def know(self, standings: Iterable[Standing]) -> None:
        """Take these as those that the campaign has."""
        self._database.executemany(
            "INSERT OR IGNORE INTO contact VALUES (?, ?, 0, NULL, ?, ?)",
            (
                (
                    standing.contact.id,
                    self._key(standing.contact),
                    _CONTACT.dump_json(standing.contact) if standing.state is ContactState.WAITING else None,
                    standing.contact.group if standing.state is not ContactState.DONE else None,
                )
                for standing in standings
            ),
        )

    def add(self, contact: Contact, row: int, *, named: bool) -> Fate:
        """Keep *contact*, unless the campaign has it as it is. Raises `Unfit` if somebody else has its key or id.

        *named*: its id is the owner's own, not made of the number.
        """
        key = self._key(contact)
        select = "SELECT id, row, waiting FROM contact WHERE key = ?"
        if found := self._database.execute(select, (key,)).fetchone():
            identity, first_row, waiting = found
            if first_row or (named and identity != contact.id):
                raise Unfit(f"this number is there already, {_place(first_row)}", "keep one of them")
            return self._again(replace(contact, id=identity), key, row, waiting)
        if found := self._database.execute("SELECT row FROM contact WHERE id = ?", (contact.id,)).fetchone():
            raise Unfit(f"another number has this id, {_place(found[0])}", "give each person an id of his own")
        record = _CONTACT.dump_json(contact)
        self._database.execute("INSERT INTO contact VALUES (?, ?, ?, ?, NULL, NULL)", (contact.id, key, row, record))
        return Fate.NEW

    def _again(self, contact: Contact, key: str, row: int, waiting: bytes | None) -> Fate:
        record = None
        if waiting:
            known = _CONTACT.validate_json(waiting)
            # What was agreed to stays so, though this list may not tell of it.
            told = replace(
                contact, consent=contact.consent or known.consent, language=contact.language or known.language
            )
            record = _CONTACT.dump_json(told) if told != known else None
        self._database.execute("UPDATE contact SET row = ?, record = ? WHERE key = ?", (row, record, key))
        return Fate.UPDATED if record else Fate.KNOWN

    def batches(self, size: int) -> Iterator[list[tuple[Contact, str]]]:
        """Yield the contacts that are new or updated, each with the group in which he waits; the new in order."""
        cursor = self._database.execute("SELECT record, waiting FROM contact WHERE record IS NOT NULL ORDER BY rowid")
        while batch := cursor.fetchmany(size):
            contacts = [(_CONTACT.validate_json(record), waiting) for record, waiting in batch]
            yield [
                (contact, _CONTACT.validate_json(waiting).group if waiting else contact.group)
                for contact, waiting in contacts
            ]

    def absent(self, size: int) -> Iterator[list[tuple[str, str]]]:
        """Yield those in the campaign who are not done and were not added: ids, with their groups."""
        cursor = self._database.execute("SELECT id, open FROM contact WHERE row = 0 AND open IS NOT NULL")
        while batch := cursor.fetchmany(size):
            yield batch


@contextmanager
def staging(key: Callable[[Contact], str]) -> Iterator[Staging]:
    """Lend an empty one, to be used by one thread at a time. *key*: there is one contact of each."""
    database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
    try:
        database.executescript(_SETUP)
        database.execute("BEGIN")
        yield Staging(database, key)
    finally:
        database.close()


def _place(row: int) -> str:
    return f"in row {row}" if row else "in the campaign"
