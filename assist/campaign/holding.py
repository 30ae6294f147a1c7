"""Calls of campaigns, as the worker that holds them sees them: the ledger hears from it that they live, and their end.

A call whose worker is lost is taken over by another, who goes on telling. Redis may be down for a while: a call is
worth more than what is told of it.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import TypeAlias
from urllib.parse import unquote

from assist.aio import end
from assist.assistant import Assistant
from assist.call.answer_words import Kind
from assist.call.errand import Errand
from assist.call.events import Answered, CallBack, Ended, Event, OptedOut, Said
from assist.campaign.declaration import Campaign
from assist.campaign.dialer import LEASE, keep
from assist.campaign.insisting import insist
from assist.campaign.ledger import Ledger
from assist.campaign.model import Claim, Outcome, Result
from assist.campaign.order import ATTEMPT
from assist.campaign.personal import LONGEST, assistant_for, errand_for
from assist.campaign.plans import Plans
from assist.errors import ConfigurationError, HungUp
from assist.switch import events

log = logging.getLogger(__name__)

Open: TypeAlias = Callable[[], Awaitable[tuple[Ledger, Plans]]]
"""Returns what every call of a campaign needs, and most installations never do. Raises `AssistError`."""


class HeldCall:
    """One."""

    def __init__(self, ledger: Ledger, plans: Plans, claim: Claim) -> None:
        """Raise `ConfigurationError` if the campaign's file is broken or gone."""
        self._ledger = ledger
        self._plans = plans
        self._claim = claim
        self._campaign: Campaign = plans.get(claim.campaign).campaign
        self._kind: Kind | None = None
        self._message_left = False
        self._opted_out: OptedOut | None = None
        self._call_back: CallBack | None = None
        self._found_out: dict[str, str] = {}

    def assistant(self, assistant: Assistant) -> Assistant:
        """Return *assistant* as it talks to this contact."""
        return assistant_for(assistant, self._campaign, self._claim.contact)

    def errand(self, assistant: Assistant) -> Errand:
        """Return what *assistant*, as it talks to this contact, is to say."""
        return errand_for(assistant, self._campaign, self._claim, self._plans.policies, self._suppress)

    def note(self, event: Event) -> None:
        """Take what happens in the call."""
        match event:
            case Answered(kind):
                self._kind = kind
            case Said(interrupted=False) if self._kind is Kind.VOICEMAIL:
                self._message_left = True
            case OptedOut():
                self._opted_out = event
            case CallBack():
                self._call_back = event
            case Ended(slots=slots):
                self._found_out = {name: str(value)[:LONGEST] for name, value in slots.items()}

    async def keep(self) -> None:
        """Tell that somebody answered, and then again and again that the call lives."""
        await insist(lambda: self._ledger.attempts.answered(self._claim.id))
        await insist(lambda: self._ledger.attempts.renew(self._claim.id, LEASE))
        await keep(self._ledger, self._claim.id)

    async def finish(self, seconds: float = 0.0, cost: Decimal = Decimal(0)) -> None:
        """Tell that the call is over, how long it was and what it cost."""
        # Who was not heard at all has picked up, and is not called again for that.
        result = Result(self._kind.value) if self._kind else Result.HUMAN
        then = await self._then(result)
        await insist(lambda: self._ledger.attempts.finish(self._claim.id, result, then, seconds, cost, self._found_out))

    async def _then(self, result: Result) -> float | Outcome:
        if self._opted_out:
            if not self._opted_out.kept:
                await insist(self._suppress)
            return Outcome.OPTED_OUT
        if self._call_back is None:
            return self._plans.after(self._claim, result, message_left=self._message_left)
        if self._call_back.at is None:
            return self._plans.after(self._claim, Result.NO_ANSWER)
        calendar = self._plans.get(self._claim.campaign).calendar
        at = calendar.opens(self._claim.contact.group, max(self._call_back.at, time.time()))
        return Outcome.EXPIRED if at is None else at

    async def _suppress(self) -> None:
        number = self._ledger.number_key(self._claim.contact.number)
        await self._ledger.suppress(number, source="asked in a call")


@asynccontextmanager
async def holding(open_: Open, connect: events.Event) -> AsyncIterator[HeldCall | None]:
    """Lend the call that FreeSWITCH says of in *connect*, if it is a campaign's, and keep it meanwhile.

    Whoever holds it to its end calls `HeldCall.finish`. Raises `StoreError`, `ConfigurationError`.
    """
    attempt = connect.get(f"variable_{ATTEMPT}")
    if not attempt:
        yield None
        return
    ledger, plans = await open_()
    claim = await _claim(ledger, attempt, connect)
    # Reads the file if it is new, while other calls go on.
    await asyncio.to_thread(plans.get, claim.campaign)
    held = HeldCall(ledger, plans, claim)
    keeping = asyncio.create_task(held.keep(), name="lease")
    try:
        yield held
    except HungUp:
        # Before anybody could talk.
        await held.finish()
        raise
    finally:
        await end(keeping)


async def _claim(ledger: Ledger, attempt: str, connect: events.Event) -> Claim:
    if live := await ledger.attempts.get(attempt):
        return live.claim
    # It counts as over, but somebody is on the line.
    campaign, contact = (unquote(connect.get(f"variable_assist_{name}")) for name in ("campaign", "contact"))
    standing = await ledger.contact(campaign, contact)
    if standing is None:
        raise ConfigurationError(f"attempt {attempt} is in no campaign of this Redis")
    log.warning("the call counts as over already")
    return Claim(campaign, standing.contact, standing.attempts, 0, "", 0.0)
