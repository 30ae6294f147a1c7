"""Sends what is due, and settles what comes of it."""

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from assist.errors import StoreError, WebError
from assist.metrics import WEBHOOK_DELIVERIES
from assist.tracing.context import UNTRACED, TraceContext
from assist.web.client import Web
from assist.web.signature import signed
from assist.webhooks.endpoints import Endpoints
from assist.webhooks.ladder import Dead, Delivered, Tried, judge, retry_after
from assist.webhooks.model import Claim, Endpoint, Event, EventType, event_id
from assist.webhooks.payload import Payloads
from assist.webhooks.queue import Queue

log = logging.getLogger(__name__)

AT_ONCE: Final = 8
"""To one endpoint, by one process: what is slow there holds up nobody else."""
LOOK: Final = 1.0
"""Seconds between two looks at what is due, where nobody tells, and at who is to be told what."""
WITHIN: Final = 10.0
"""Seconds that an endpoint has for its answer."""


class Deliverer:
    """As many as wanted may run: what one has claimed, the others leave alone."""

    def __init__(
        self,
        queue: Queue,
        endpoints: Endpoints,
        payloads: Payloads,
        web: Web,
        context: TraceContext = UNTRACED,
    ) -> None:
        self._queue = queue
        self._endpoints = endpoints
        self._payloads = payloads
        self._web = web
        self._context = context
        self._known: Mapping[str, Endpoint] = {}
        self._known_until = 0.0
        self._busy: Counter[str] = Counter()
        self._changed = asyncio.Event()

    def wake(self) -> None:
        """Look at once what is due."""
        self._changed.set()

    async def run(self) -> None:
        """Go on until cancelled; what is being sent then is sent again by somebody else. Redis may come and go."""
        async with asyncio.TaskGroup() as sending:
            while True:
                self._changed.clear()
                try:
                    for claim in await self._claims():
                        self._busy[claim.endpoint] += 1
                        sending.create_task(self._send(claim, self._known[claim.endpoint]))
                except StoreError as error:
                    log.warning("what is due is told later: %s", error)
                try:
                    async with asyncio.timeout(LOOK):
                        await self._changed.wait()
                except TimeoutError:
                    continue

    async def _claims(self) -> Sequence[Claim]:
        """Return what is due, of each endpoint as much as there is room for."""
        now = asyncio.get_running_loop().time()
        if now >= self._known_until:
            self._known = {endpoint.id: endpoint for endpoint in await self._endpoints.all()}
            self._known_until = now + LOOK
        # Whoever has much to be told must not always be the first.
        anyhow = random.sample([*self._known], len(self._known))
        return await self._queue.claim({identity: AT_ONCE - self._busy[identity] for identity in anyhow})

    async def _send(self, claim: Claim, endpoint: Endpoint) -> None:
        try:
            await self._settle(claim, await self._try(claim, endpoint))
        except StoreError as error:
            log.warning("delivery %s is tried again: %s", claim.id, error)
        finally:
            self._busy[claim.endpoint] -= 1
            self.wake()

    async def _try(self, claim: Claim, endpoint: Endpoint) -> Tried:
        """Send *claim*, and return what came of it. Raises `StoreError`."""
        try:
            body = await self._payloads.of(claim.event, endpoint)
            if body is None:
                return Tried(Dead(gone=False), None, "what was said is not kept any more")
            headers = self._context.headers(str(claim.event.data.get("call", "")))
            headers |= signed(claim.event.id, datetime.now(UTC), body, await self._endpoints.secrets(endpoint.id))
            answer = await self._web.post(endpoint.url, body.encode(), headers, within=WITHIN, most=0)
        except WebError as error:
            return Tried(judge(claim.tries, random.random()), None, error.reason)
        except StoreError:
            raise
        except Exception:  # one delivery must not take down the others, nor be sent for ever
            log.exception("delivery %s", claim.id)
            return Tried(judge(claim.tries, random.random()), None, "an error on our side")
        wait = retry_after(answer.headers.get("Retry-After"), datetime.now(UTC))
        verdict = judge(claim.tries, random.random(), answer.status, wait)
        reason = "" if isinstance(verdict, Delivered) else f"answered {answer.status}"
        return Tried(verdict, answer.status, reason)

    async def _settle(self, claim: Claim, tried: Tried) -> None:
        outcome = type(tried.verdict).__name__.lower()
        WEBHOOK_DELIVERIES.labels(outcome).inc()
        if tried.reason:
            log.info("delivery %s, try %d: %s: %s", claim.id, claim.tries, outcome, tried.reason)
        if await self._queue.settle(claim, tried):
            log.warning("webhook endpoint %s is disabled: %s", claim.endpoint, tried.reason)
            await self._tell_disabled(claim)

    async def _tell_disabled(self, claim: Claim) -> None:
        """Tell the other endpoints that one is told nothing any more."""
        kind, at = EventType.WEBHOOK_DISABLED, await self._queue.now()
        event = Event(event_id(kind, claim.id, str(claim.fence)), kind, at, {"endpoint": claim.endpoint})
        others = [endpoint.id for endpoint in await self._endpoints.all() if endpoint.wants(event)]
        await self._queue.put([(event, endpoint) for endpoint in others])
