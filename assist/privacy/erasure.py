"""Removes everything that belongs to one telephone number, and tells what that was.

Nothing here is kept by a readable number: calls are found by its key, and so are contacts, among all of every campaign.
What is removed stays so when it is asked for again, and what was interrupted goes on: what leads to the rest goes last.
"""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from uuid import uuid4

from assist.campaign.ledger import Ledger
from assist.campaign.model import Contact, attempt_id
from assist.errors import AssistError
from assist.privacy import recordings
from assist.store import Store

ACTION: Final = "person.erase"

KEPT: Final = (
    "the history of the calls, which holds neither words nor numbers, and nobody can tell any more whose they were",
    "that the number is not to be called, if it is on a list: as a key that nobody can read",
    "for as long as words are kept: the reference that another system gave to a call which it placed",
    "lists and results as files, logs of FreeSWITCH and of the carrier, and what others were told: these are not ours",
)
"""What is not removed, for the receipt."""


class InProgress(AssistError):
    """Somebody talks there just now: nothing was removed."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was removed."""

    id: str
    """As it stands in the audit log, which does not know the number."""
    at: datetime
    calls: int
    """That could be found by the number, and cannot any more."""
    transcripts: int
    recordings: int
    contacts: int
    """In campaigns, with their results."""
    called: bool
    """It was known how often campaigns called the number, and when."""
    do_not_call: bool
    """The number is on the list of those that nobody may call: that stays."""
    kept: tuple[str, ...] = KEPT


class Erasure:
    """Of an installation whose recordings are in *directory*, if there are any."""

    def __init__(self, store: Store, ledger: Ledger, directory: Path | None) -> None:
        self._store = store
        self._ledger = ledger
        self._directory = directory

    async def erase(self, number: str, actor: str, *, do_not_call: bool = False) -> Receipt:
        """Remove all that belongs to *number*, E.164, for *actor*, as `assist.store.Deed.actor`.

        *do_not_call*: nobody may call it from now on. Raises `InProgress`, `StoreError`, `OSError`.
        """
        key = self._ledger.number_key(number)
        contacts = {
            (campaign, contact.id): contact async for campaign, contact in self._ledger.forgetting.contacts(key)
        }
        calls = await self._calls(number, contacts)
        await self._check_idle(key, calls)
        receipt = f"erasure-{uuid4()}"
        await self._store.audit.record(actor, ACTION, receipt)
        if do_not_call:
            await self._ledger.suppress(key, source="asked to be erased")
        transcripts = sum([await self._store.forget_events(call) for call in calls])
        recorded = await asyncio.to_thread(recordings.remove, recordings.of(self._directory, calls))
        erased = [
            await self._ledger.forgetting.erase(campaign, contact, key) for (campaign, _), contact in contacts.items()
        ]
        called = await self._ledger.forgetting.forget_calls(key)
        for spelling in _spellings(number):
            await self._store.callers.forget(spelling)
        return Receipt(
            id=receipt,
            at=datetime.now(UTC),
            calls=len(calls),
            transcripts=transcripts,
            recordings=recorded,
            contacts=sum(erased),
            called=called,
            do_not_call=await self._ledger.is_suppressed(key),
        )

    async def _calls(self, number: str, contacts: dict[tuple[str, str], Contact]) -> list[str]:
        """Return the ids of all calls with *number*: those that were held, and those that campaigns may have made."""
        found = [call for spelling in _spellings(number) for call in await self._store.callers.calls(spelling)]
        for campaign, contact in contacts:
            standing = await self._ledger.contact(campaign, contact)
            found += [attempt_id(campaign, contact, n + 1) for n in range(standing.attempts if standing else 0)]
        return list(dict.fromkeys(found))

    async def _check_idle(self, key: bytes, calls: list[str]) -> None:
        """Raise `InProgress` if a call goes on, of which more would be written down."""
        ringing = await self._ledger.forgetting.is_ringing(key)
        if ringing or any([await self._store.load_session(call) for call in calls]):
            raise InProgress(
                "a call with that number is in progress, or broke off less than four hours ago: ask again later"
            )


def _spellings(number: str) -> tuple[str, ...]:
    """Return *number* as calls may know it: whole, or as digits of which nobody could say what country they are of."""
    return number, number.removeprefix("+")
