"""How contacts, limits and attempts are written in Redis. Times there are whole milliseconds, money is millionths."""

import json
import math
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from decimal import ROUND_CEILING, Decimal
from typing import Any, Final

from assist.campaign.model import Claim, Consent, Contact, ContactState, Elsewhere, Limits
from assist.errors import ConfigurationError
from assist.store.secret import NUMBER_BYTES

MOST_OF_A_CAP: Final = 60
"""Of those that look back in time: the ledger remembers 64 calls of a number."""


@dataclass(frozen=True, slots=True)
class Live:
    """An attempt in progress, whoever has it."""

    claim: Claim
    state: ContactState
    """`CLAIMED`, `DIALING` or `ANSWERED`."""
    at: float
    """When it was claimed, or when it was written down that it is dialed."""


def contact_record(contact: Contact, number: bytes) -> bytes:
    """Return *contact*, without its id, as `contact_of` reads it. *number*: its key."""
    consent = list(astuple(contact.consent)) if contact.consent else None
    fields = [contact.number, contact.group, contact.language, dict(contact.variables), consent]
    while fields[-1] in (None, {}, ""):
        fields.pop()
    return number + json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()


def contact_of(identity: str, record: bytes) -> Contact:
    """Return the contact that was written so."""
    fields: list[Any] = json.loads(record[NUMBER_BYTES:])
    number, group, language, variables, consent = fields + ["", "", "", {}, None][len(fields) :]
    return Contact(identity, number, group, variables, language, Consent(*consent) if consent else None)


def live_of(attempt: Mapping[str, Any], contact: Contact) -> Live:
    """Return the attempt that the scripts wrote so."""
    claim = Claim(
        campaign=attempt["c"],
        contact=contact,
        attempt=int(attempt["n"]),
        fence=int(attempt["f"]),
        node=attempt["node"],
        lease=attempt["lease"] / 1000,
        shown=attempt.get("show", ""),
    )
    return Live(claim, ContactState(attempt["s"]), attempt["at"] / 1000)


def limits_record(limits: Limits) -> str:
    """Return *limits* as the scripts read them. Raises `ConfigurationError` for what cannot be kept."""
    caps, ceilings, breaker = limits.caps, limits.ceilings, limits.breaker
    _check(limits)
    return json.dumps(
        {
            "trunk": limits.trunk.name,
            "period": _period(limits.trunk.cps),
            "own_period": _period(limits.cps) if limits.cps else 0,
            "shown": [{"number": one.number, "near": one.near, "day": one.per_day} for one in limits.shown],
            "trunk_calls": limits.trunk.calls,
            "calls": limits.calls,
            "everybody": limits.everybody,
            "rolling": caps.rolling,
            "day": caps.day,
            "week": caps.week,
            "life": caps.life,
            "call_seconds": ms(ceilings.call_seconds),
            "call_cost": millionths(ceilings.call_cost),
            "seconds": _optional_ms(ceilings.seconds),
            "cost": _optional_millionths(ceilings.cost),
            "day_seconds": _optional_ms(ceilings.day_seconds),
            "day_cost": _optional_millionths(ceilings.day_cost),
            "midnight": ms(ceilings.midnight),
            "sample": breaker.sample,
            "failed": breaker.failed,
            "short": breaker.short,
            "short_seconds": ms(breaker.short_seconds),
            "rest": ms(breaker.rest),
            "elsewhere": _elsewhere(limits.elsewhere),
        }
    )


def _elsewhere(elsewhere: Elsewhere | None) -> Mapping[str, Any] | bool:
    # Lua takes false for nothing, and null for something.
    return {"within": ms(elsewhere.seconds), "by": elsewhere.campaigns} if elsewhere else False


def _period(cps: float) -> int:
    """Return the µs between two calls."""
    return math.ceil(1_000_000 / cps)


def ms(seconds: float) -> int:
    """Return whole milliseconds, rounded up."""
    return math.ceil(seconds * 1000)


def millionths(money: Decimal) -> int:
    """Return whole millionths, rounded up."""
    return int((money * 1_000_000).to_integral_value(ROUND_CEILING))


def _optional_ms(seconds: float | None) -> int | None:
    return None if seconds is None else ms(seconds)


def _optional_millionths(money: Decimal | None) -> int | None:
    return None if money is None else millionths(money)


def _check(limits: Limits) -> None:
    if not limits.trunk.cps > 0:
        raise ConfigurationError(f"trunk {limits.trunk.name}: cps is {limits.trunk.cps}: must be above 0")
    caps = limits.caps
    for name, cap in (("rolling", caps.rolling), ("day", caps.day), ("week", caps.week)):
        if cap is not None and not 1 <= cap <= MOST_OF_A_CAP:
            raise ConfigurationError(f"caps: {name} is {cap}: must be from 1 to {MOST_OF_A_CAP}, or left out")
