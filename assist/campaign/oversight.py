"""What must never happen, looked for apart from what prevents it: if it does, somebody is woken.

The ledger decides who is called; here is read what was done.
"""

import logging
import time
from typing import Final

from assist.campaign.calendar import Calendar
from assist.campaign.ledger import Ledger
from assist.campaign.model import Claim, is_attempt
from assist.errors import StoreError
from assist.metrics import DUPLICATES, VIOLATIONS
from assist.switch.events import Event

log = logging.getLogger(__name__)

SLACK: Final = 5.0
"""Seconds between the ledger's look at its clock and ours."""
REMEMBERED: Final = 100_000
"""Attempts: some hours of the busiest installation."""


async def oversee(ledger: Ledger, calendar: Calendar, claim: Claim) -> None:
    """Count what is wrong with a call that has just been asked for."""
    now = time.time()
    window = calendar.window(claim.contact.group, now - SLACK)
    if window is None or now < window.opens:
        _violation(claim, "window")
    try:
        if await ledger.is_suppressed(ledger.number_key(claim.contact.number), claim.campaign):
            _violation(claim, "do_not_call")
    except StoreError as error:
        log.warning("call %s is not overseen: %s", claim.id, error)


def _violation(claim: Claim, rule: str) -> None:
    VIOLATIONS.labels(rule).inc()
    log.error("call %s of campaign %s was begun against the rule %s", claim.id, claim.campaign, rule)


class Once:
    """Notices calls beyond the first of one attempt, whichever FreeSWITCH had them."""

    def __init__(self) -> None:
        self._channels: dict[str, str] = {}

    def ended(self, event: Event) -> None:
        """Take that a channel is gone. Several may tell of the same."""
        call = event.get("Unique-ID")
        if not is_attempt(call):
            return
        channel = f"{event.get('Core-UUID')} {event.get('Caller-Channel-Created-Time')}"
        if self._channels.setdefault(call, channel) != channel:
            DUPLICATES.inc()
            log.error("call %s was placed more than once", call)
        if len(self._channels) > REMEMBERED:
            del self._channels[next(iter(self._channels))]
