"""``Idempotency-Key`` (draft-ietf-httpapi-idempotency-key): the same request sent twice is done once, answered twice.

======================= ======= ============================================= ============
key                     type    holds                                         kept
======================= ======= ============================================= ============
``{api}:once:<hash>``   string  the request's fingerprint, then its answer    two days
======================= ======= ============================================= ============

Only what was done is kept: a request that was refused may be mended and sent again. One whose process died is done
again once its lease is over, so whatever must not happen twice sees to that itself, by `wish_of`.
"""

import hashlib
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Header, Request, Response
from fastapi.routing import APIRoute
from pydantic import TypeAdapter
from pydantic.dataclasses import dataclass
from redis.asyncio import Redis

from assist.api.door import Caller
from assist.api.problem import Refusal, retry_after
from assist.store import OUT_OF_CALL, bounded

KEPT: Final = timedelta(days=2)
LEASE: Final = timedelta(seconds=30)
"""Longer than any request takes."""
_KEPT_HEADERS: Final = ("content-type", "location", "etag")

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=128,
        pattern=r"^[\x21-\x7e]+$",
        description="Any name of yours for this request: sent again with it, it is done once and answered as at first.",
        examples=["order-4711"],
    ),
]


@dataclass(frozen=True, slots=True)
class Reply:
    """What was answered."""

    status: int
    headers: dict[str, str]
    body: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A request, by its fingerprint, and its answer; None: it is being worked on."""

    fingerprint: str
    reply: Reply | None = None


_ENTRY: Final = TypeAdapter(Entry)


class Shelf:
    """The requests that had such a key. Every method raises `StoreError`."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def begin(self, name: str, fingerprint: str) -> Entry | None:
        """Return the request that had this name before; None: this is the first, and is to be answered."""
        entry = _ENTRY.dump_json(Entry(fingerprint))
        async with bounded(OUT_OF_CALL):
            if await self._redis.set(_key(name), entry, px=LEASE, nx=True):
                return None
            found: Any = await self._redis.get(_key(name))
        # It lapsed just now, or its process gave up.
        return _ENTRY.validate_json(found) if found else Entry(fingerprint)

    async def keep(self, name: str, entry: Entry) -> None:
        """Keep the answer."""
        async with bounded(OUT_OF_CALL):
            await self._redis.set(_key(name), _ENTRY.dump_json(entry), px=KEPT)

    async def drop(self, name: str) -> None:
        """Forget the request: nothing was done."""
        async with bounded(OUT_OF_CALL):
            await self._redis.unlink(_key(name))


class OnceRoute(APIRoute):
    """A route that heeds ``Idempotency-Key``."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the route's handler, asked only for what is new."""
        handle = super().get_route_handler()

        async def once(request: Request) -> Response:
            sent = request.headers.get("idempotency-key")
            if not sent or len(sent) > 128:
                return await handle(request)
            return await _once(request, _name(request, sent), handle)

        return once


async def _once(request: Request, name: str, handle: Callable[[Request], Coroutine[Any, Any, Response]]) -> Response:
    shelf: Shelf = request.app.state.shelf
    fingerprint = await _fingerprint(request)
    if known := await shelf.begin(name, fingerprint):
        return _again(known, fingerprint)
    done = False
    try:
        response = await handle(request)
        if response.status_code < 300:
            await shelf.keep(name, Entry(fingerprint, _reply(response)))
            done = True
        return response
    finally:
        if not done:
            await shelf.drop(name)


def _again(known: Entry, fingerprint: str) -> Response:
    if known.fingerprint != fingerprint:
        raise Refusal("key-reused", "Take another key for another request.")
    if known.reply is None:
        raise Refusal("in-flight", "Ask again in a moment.", headers=retry_after(1))
    headers = known.reply.headers | {"Idempotency-Replayed": "true"}
    return Response(known.reply.body, known.reply.status, headers)


def _reply(response: Response) -> Reply:
    kept = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
    return Reply(response.status_code, kept, bytes(response.body).decode())


def wish_of(caller: Caller, sent: str) -> str:
    """Return the id of what is made for a request with that key: the same, whenever it is sent again."""
    digest = hashlib.sha256(f"assist\n{caller.id}\n{sent}".encode()).digest()
    return str(UUID(bytes=digest[:16], version=4))


def _name(request: Request, sent: str) -> str:
    caller: Caller = request.scope["state"]["caller"]
    return hashlib.sha256(f"{caller.id}\n{sent}".encode()).hexdigest()


async def _fingerprint(request: Request) -> str:
    asked = f"{request.method} {request.url.path}?{request.url.query}\n".encode()
    return hashlib.sha256(asked + await request.body()).hexdigest()


def _key(name: str) -> str:
    return f"{{api}}:once:{name}"
