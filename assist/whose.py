"""Whose call it is: what lets a call be found, and erased, by the number of whoever was on the line."""

import asyncio
import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import phonenumbers

from assist.call.channel import Direction, Line
from assist.errors import StoreError
from assist.store import IN_CALL, OUT_OF_CALL, Callers

log = logging.getLogger(__name__)


@asynccontextmanager
async def findable(callers: Callers, line: Line, country: str, began: datetime, kept: timedelta) -> AsyncIterator[None]:
    """Let the call of the block be found by its number, for as long as that is to be *kept*; nobody waits for that.

    *country* (ISO 3166): of numbers that come without its code.
    """
    number = number_of(line, country)
    if not number:
        yield
        return
    adding = asyncio.create_task(callers.add(number, line.id, began, kept, within=OUT_OF_CALL), name="whose call")
    try:
        yield
    finally:
        await asyncio.wait([adding])
        if adding.exception():
            await _add_again(callers, number, line, began, kept)


async def _add_again(callers: Callers, number: str, line: Line, began: datetime, kept: timedelta) -> None:
    try:
        await callers.add(number, line.id, began, kept, within=IN_CALL)
    except StoreError as error:
        log.warning("the call will not be found by its number: %s", error)


def number_of(line: Line, country: str) -> str:
    """Return the number of the person on the line, E.164 if it is one; empty if nobody knows it."""
    return spelled(line.called_number if line.direction is Direction.OUTBOUND else line.caller_number, country)


def spelled(text: str, country: str) -> str:
    """Return a number as ``+34612345678``, however a carrier writes it; only its digits if no country has such a one.

    *country*: of one without a country code.
    """
    digits = re.sub(r"\D", "", text)
    plus = text.lstrip().startswith("+")
    for written, region in ((f"+{digits}" if plus else digits, country), (f"+{digits}", None)):
        try:
            number = phonenumbers.parse(written, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return digits
