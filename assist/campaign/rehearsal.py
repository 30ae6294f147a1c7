"""Who would be called and who would be skipped, and why, if a campaign started now. Nothing is dialed or written."""

import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Final

from assist.campaign.bounds import elsewhere
from assist.campaign.calendar import Calendar
from assist.campaign.demands import Demands
from assist.campaign.estimate import Work
from assist.campaign.flaw import Flaw, Unfit
from assist.campaign.identity import Identity
from assist.campaign.ledger import Ledger
from assist.campaign.ledger.views import Known, Standing
from assist.campaign.model import Caps, Contact, ContactState
from assist.campaign.readiness import Lack, Wanting
from assist.campaign.reasons import free, spared
from assist.campaign.rows import Row, open_file
from assist.campaign.staging import Fate, Staging, staging
from assist.campaign.table import read_table
from assist.store import AT_LEISURE

AT_ONCE: Final = 1000
NAMED: Final = 3
"""Contacts or rows that are named of those who are skipped for the same reason."""


@dataclass(frozen=True, slots=True)
class Skip:
    """Why some are not called."""

    why: str
    mend: str
    count: int
    named: tuple[str, ...]
    """The first of them: ids of contacts, or ``row 17`` of the list."""


@dataclass(slots=True)
class Cast:
    """Who would be called, and who not."""

    looked_at: int = 0
    later: int = 0
    """Who would be called, but not before some time has passed: their numbers were called often enough just now."""
    work: Counter[tuple[str, float, int]] = field(default_factory=Counter)
    """By group, when they are due, and which attempt is next."""
    _skipped: Counter[tuple[str, str]] = field(default_factory=Counter)
    _named: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    def take(self, group: str, due: float, attempt: int, now: float) -> None:
        """Somebody would be called."""
        self.looked_at += 1
        self.later += due > now
        # Who was called in the same quarter of an hour waits about as long.
        self.work[group, now + -(-(due - now) // 900) * 900, attempt] += 1

    def skip(self, who: str, why: str, mend: str) -> None:
        """Somebody would not."""
        self.looked_at += 1
        self._skipped[why, mend] += 1
        named = self._named.setdefault((why, mend), [])
        if len(named) < NAMED:
            named.append(who)

    @property
    def called(self) -> int:
        return self.work.total()

    @property
    def skipped(self) -> list[Skip]:
        """The reasons, that of most first."""
        return [Skip(*why, count, tuple(self._named[why])) for why, count in self._skipped.most_common()]

    def works(self) -> list[Work]:
        return [Work(group, due, count, attempt) for (group, due, attempt), count in self.work.items()]


class Casting:
    """Looks at everybody."""

    def __init__(self, calendar: Calendar, demands: Demands, caps: Caps, ledger: Ledger, now: float) -> None:
        self._calendar = calendar
        self._demands = demands
        self._caps = caps
        self._elsewhere = elsewhere(calendar.campaign)
        self._ledger = ledger
        self._now = now
        self.cast = Cast()
        self._wanting = Wanting(demands)
        self.identity = Identity(ledger.number_key, demands.once_per, demands.timezone, now)
        """Of those on a list."""

    @property
    def lacks(self) -> list[Lack]:
        """What those who wait in the campaign lack."""
        return self._wanting.lacks

    async def contacts(self, kept: Staging | None) -> AsyncIterator[int]:
        """Look at everybody in the campaign, and let *kept* know them; yields how many were looked at so far."""
        cursor: int | None = 0
        while cursor is not None:
            page = await self._ledger.contacts(self._calendar.campaign.name, cursor, size=AT_ONCE, within=AT_LEISURE)
            if kept:
                kept.know(page.standings)
            await self._judge(page.standings)
            cursor = page.cursor
            yield self.cast.looked_at

    async def rows(self, path: Path, kept: Staging, numbers_in: str | None = None) -> AsyncIterator[int]:
        """Look at a list as if it were imported; yields how many were looked at so far. Raises `ConfigurationError`."""
        file = open_file(path)
        with file.open() as reading:
            rows = read_table(file, reading.rows, self._demands, time.time(), numbers_in).rows
            while some := list(islice(rows, AT_ONCE)):
                await self._judge(Standing(new, ContactState.WAITING, 0) for new in self._new(some, kept))
                yield self.cast.looked_at

    def _new(self, rows: Iterable[tuple[Row, Contact | list[Flaw]]], kept: Staging) -> Iterator[Contact]:
        for row, found in rows:
            if not isinstance(found, Contact):
                self.cast.skip(f"row {row.number}", found[0].mistake, found[0].mend)
                continue
            contact = self.identity.identified(found)
            try:
                if kept.add(contact, row.number, named=bool(found.id)) is Fate.NEW:
                    yield contact
            except Unfit as twice:
                # Where the other one is differs from row to row.
                self.cast.skip(f"row {row.number}", twice.mistake.partition(",")[0], twice.mend)

    async def _judge(self, standings: Iterable[Standing]) -> None:
        people = list(standings)
        keys = [self._ledger.number_key(standing.contact.number) for standing in people]
        known = await self._ledger.known(self._calendar.campaign.name, keys, within=AT_LEISURE)
        for standing, number in zip(people, known, strict=True):
            contact = standing.contact
            lacks = self._wanting.look(contact) if standing.state is ContactState.WAITING else ()
            if why := self._why_not(standing, number, lacks):
                self.cast.skip(contact.id, *why)
            else:
                due = max(
                    standing.due or self._now,
                    free(number, self._caps, self._now),
                    spared(number, self._elsewhere, self._now),
                )
                self.cast.take(contact.group, due, standing.attempts + 1, self._now)

    def _why_not(self, standing: Standing, number: Known, lacks: Sequence[str]) -> tuple[str, str] | None:
        contact = standing.contact
        if standing.outcome:
            return f"done already: {standing.outcome}", "assist campaign results tells more"
        if standing.state is not ContactState.WAITING:
            return "a call to them is in progress", "it ends by itself"
        if source := number.suppressed or number.suppressed_here:
            where = "everybody's" if number.suppressed else "this campaign's"
            return f"on {where} do-not-call list, by {source}", "nothing: they want no calls"
        if self._caps.life is not None and number.calls >= self._caps.life:
            return "called as often as it may ever be", "caps.life in its file or the policy says how often"
        if self._calendar.window(contact.group, self._now) is None:
            return f"no hours to call are left in {contact.group}", "look at when: in its file"
        if lacks:
            return lacks[0], "the file changed since the import: change it back"
        return None


async def cast_of(
    casting: Casting, path: Path | None, tell: Callable[[int], None], *, numbers_in: str | None = None, begun: bool
) -> Cast:
    """Look at everybody in the campaign, if it has *begun*, and on the list at *path*; *tell* how many so far."""
    with staging(casting.identity.key) as kept:
        if begun:
            async for count in casting.contacts(kept if path else None):
                tell(count)
        if path:
            async for count in casting.rows(path, kept, numbers_in):
                tell(count)
    return casting.cast
