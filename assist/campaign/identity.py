"""Who of a list is who: a person is called once, or once for each of what some columns say.

An id is the owner's own, or made of the number; where columns count too, there is a mark behind it made of what they
say. It is the same whenever the list is read, so what was imported once is never imported again, and the ids of
attempts, which are made of it, differ from one appointment of a person to the next.
"""

import hashlib
from base64 import b32encode
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from assist.campaign.model import Contact

IMPORT_DAY: Final = "import_day"
"""In place of a column: the day on which the list is imported, by the campaign's clock."""
MARK: Final = 8
"""Letters: two appointments of one person have the same once in 10¹²."""


class Identity:
    """Tells contacts of one import apart."""

    def __init__(
        self, number_key: Callable[[str], bytes], once_per: Sequence[str], timezone: ZoneInfo, now: float
    ) -> None:
        """*once_per*: columns, or `IMPORT_DAY`; none: each number once."""
        self._number_key = number_key
        self._once_per = once_per
        self._day = datetime.fromtimestamp(now, timezone).date().isoformat()

    def identified(self, contact: Contact) -> Contact:
        """Return *contact*, whose id is the owner's or empty, with his own."""
        identity = contact.id or self._number_key(contact.number).hex()
        return replace(contact, id=f"{identity}.{self._mark(contact)}" if self._once_per else identity)

    def key(self, contact: Contact) -> str:
        """Return what only the same number has, for the same, whatever his id is."""
        return f"{contact.number} {contact.id[-MARK:]}" if self._once_per else contact.number

    def _mark(self, contact: Contact) -> str:
        said = [
            self._day if name == IMPORT_DAY else contact.variables.get(name, "").casefold() for name in self._once_per
        ]
        digest = hashlib.sha256("\0".join(said).encode()).digest()
        return b32encode(digest).decode()[:MARK].lower()
