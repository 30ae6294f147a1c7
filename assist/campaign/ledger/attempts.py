"""Attempts, from their claim to their end: who may call whom, and what became of it."""

import asyncio
import json
import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from redis.asyncio import Redis

from assist.campaign.ledger.durability import Confirm
from assist.campaign.ledger.keys import Keys
from assist.campaign.ledger.records import Live, contact_of, millionths, ms
from assist.campaign.ledger.scripts import Scripts
from assist.campaign.ledger.views import Views
from assist.campaign.model import NAMESPACE, Blocked, Claim, ContactState, Outcome, Refusal, Result, Window
from assist.errors import StoreError
from assist.metrics import ATTEMPTS, BLOCKED
from assist.store import OUT_OF_CALL, bounded

LOOK: Final = 1.0
"""Seconds between two looks, at most, whether whoever waits for the trunk may still go on."""
LOOKED_AT: Final = 32
"""Contacts in one claim that may turn out not to be callable."""
_BROKEN: Final = frozenset({Result.FAILED, Result.CONGESTION})


class Attempts:
    """The right to call, and calls. Every method raises `StoreError`."""

    def __init__(self, redis: Redis, keys: Keys, scripts: Scripts, confirm: Confirm) -> None:
        self._redis = redis
        self._keys = keys
        self._scripts = scripts
        self._confirm = confirm
        self._views = Views(redis, keys)

    async def claim(self, campaign: str, group: str, window: Window, node: str, lease_s: float) -> Claim | Refusal:
        """Return the right to call the first who is due, from *node*, within *lease_s* seconds; or why there is none.

        Contacts that may not be called are passed over: done if their number is suppressed or was called as often as it
        may ever be, else due when they may.
        """
        answer = await self._claim(campaign, group, window, node, lease_s, LOOKED_AT)
        if isinstance(answer, Refusal):
            BLOCKED.labels(answer.reason).inc()
        return answer

    async def blocked(self, campaign: str, group: str, window: Window) -> Refusal:
        """Return what a claim of this moment would be refused for; `NOBODY_DUE` until a moment that is past: nothing.

        Nothing is changed.
        """
        answer = await self._claim(campaign, group, window, "", 0.0, 0)
        assert isinstance(answer, Refusal), "who looks at nobody claims nobody"
        return answer

    async def _claim(
        self, campaign: str, group: str, window: Window, node: str, lease_s: float, most: int
    ) -> Claim | Refusal:
        span = (ms(window.opens), _floor_ms(window.closes), _floor_ms(window.day), _floor_ms(window.week))
        arguments = (campaign, group, *span, node, ms(lease_s), most, NAMESPACE.bytes)
        async with bounded(OUT_OF_CALL):
            allowed, *answer = await self._scripts.claim(self._keys.of(campaign, group), arguments)
        if not allowed:
            reason, until = answer
            return Refusal(Blocked(reason.decode()), None if until < 0 else until / 1000)
        identity, record, attempt, fence, lease, shown = answer
        contact = contact_of(identity.decode(), record)
        return Claim(campaign, contact, attempt, fence, node, lease / 1000, shown.decode())

    async def dialing(self, claim: Claim, node: str | None = None) -> bool:
        """Return whether *claim* is to be dialed, now. Only once for a claim, and not without the trunk's next token.

        *node*: the FreeSWITCH that will; None: the one that was meant. When it returns, it is written, as safely as
        the installation demands, that the number is being dialed. If it raises, do not dial: that it was written is
        not known.
        """
        held = (claim.id, claim.fence)
        keys = self._keys.of(claim.campaign, claim.contact.group)
        async with self._redis.client() as connection, bounded(OUT_OF_CALL):
            if not await self._scripts.dial(keys, (*held, node or claim.node), client=connection):
                return False
            safe = await self._confirm(connection)
        if not safe:
            await self._withdraw(claim, ContactState.DIALING, "")
            raise StoreError("Redis: what must not be lost is not as safe as demanded")
        while True:
            async with bounded(OUT_OF_CALL):
                wait: int = await self._scripts.send(keys, held)
            if wait <= 0:
                return wait < 0
            await asyncio.sleep(min(wait / 1_000_000, LOOK))

    async def release(self, claim: Claim, then: float | Outcome | None = None, *, held: str = "") -> bool:
        """Give *claim* back: nothing was sent. The contact waits, until *then*, or is done. Returns whether it was so.

        *held*: why somebody held the call back, which is told until it is made. A claim whose `dialing` was true or
        raised is not given back.
        """
        return await self._withdraw(claim, ContactState.CLAIMED, "" if then is None else _after(then), held)

    async def answered(self, attempt: str) -> bool:
        """Tell that somebody or something picked up. Returns whether the attempt was `DIALING`."""
        return await self._change(attempt, self._scripts.answered)

    async def renew(self, attempt: str, lease_s: float) -> bool:
        """Hold the attempt for *lease_s* seconds from now. Returns False if it is over, or was a claim that lapsed."""
        return await self._change(attempt, self._scripts.renew, ms(lease_s))

    async def finish(
        self,
        attempt: str,
        result: Result,
        then: float | Outcome,
        seconds: float = 0.0,
        cost: Decimal = Decimal(0),
        found_out: Mapping[str, str] | None = None,
    ) -> bool:
        """Tell how a call ended, and when its contact is to be called again, or why not. Returns whether that counts.

        *found_out*: what the contact made clear, by name, in place of what he did before. Only the first end of an
        attempt does, and none of one that was not `DIALING` yet.
        """
        letter = "f" if result in _BROKEN else "h" if result is Result.HUMAN else "."
        used = (ms(seconds), millionths(cost))
        found = json.dumps(dict(found_out), ensure_ascii=False) if found_out else ""
        counts = await self._change(attempt, self._scripts.finish, result, _after(then), *used, letter, found)
        if counts:
            ATTEMPTS.labels(result).inc()
        return counts

    async def expired(self, most: int = 100) -> list[Live]:
        """Return attempts whose lease ran out. A `CLAIMED` one is to be released; of the others the node knows more."""
        async with bounded(OUT_OF_CALL):
            return await self._views.lives(await self._scripts.lapsed(self._keys.shared, (most,)))

    async def get(self, attempt: str) -> Live | None:
        """Return an attempt in progress; None: it is over, or never was."""
        async with bounded(OUT_OF_CALL):
            return await self._views.attempt(attempt)

    async def live(self) -> list[Live]:
        """Return all attempts in progress, of all campaigns."""
        async with bounded(OUT_OF_CALL):
            attempts: Any = await self._redis.hvals(self._keys("live"))
            return await self._views.lives(attempts)

    async def _withdraw(self, claim: Claim, state: ContactState, after: str | int, held: str = "") -> bool:
        keys = self._keys.of(claim.campaign, claim.contact.group)
        async with bounded(OUT_OF_CALL):
            return bool(await self._scripts.withdraw(keys, (claim.id, claim.fence, state, after, held)))

    async def _change(self, attempt: str, script: Any, *arguments: str | int) -> bool:
        """Run a script about an attempt in progress. Which campaign and group it is of never changes."""
        async with bounded(OUT_OF_CALL):
            found: Any = await self._redis.hget(self._keys("live"), attempt)
            if found is None:
                return False
            about = json.loads(found)
            return bool(await script(self._keys.of(about["c"], about["g"]), (attempt, *arguments)))


def _after(then: float | Outcome) -> str | int:
    return then.value if isinstance(then, Outcome) else ms(then)


def _floor_ms(time: float | None) -> int | str:
    return "" if time is None else math.floor(time * 1000)
