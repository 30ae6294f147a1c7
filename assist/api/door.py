"""Who comes in: every request is given an id, asked for its key, and kept from coming too often."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Send
from starlette.types import Scope as Connection

from assist.api.keys import Keys, Scope
from assist.api.limiter import Limiter, Verdict
from assist.api.problem import Refusal, instance_of, retry_after
from assist.errors import StoreError

OPEN: Final = ("/health/", "/v1/openapi.json")
"""Beginnings of paths for which nobody needs a key."""
HERE: Final = frozenset({"localhost", "127.0.0.1", "::1"})
"""Names of this machine for itself."""

Admit = Callable[[Connection], Awaitable["Caller"]]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks."""

    id: str
    """Of the key; ``local`` for whoever is on this machine, as long as there are no keys."""
    scopes: frozenset[Scope]

    def may(self, scope: Scope) -> bool:
        """Return whether the caller may do that."""
        return scope in self.scopes or Scope.ADMIN in self.scopes


LOCAL: Final = Caller("local", frozenset(Scope))


class Door:
    """An ASGI application before another."""

    def __init__(self, app: ASGIApp, keys: Keys, limiter: Limiter, *, local: bool) -> None:
        """*local*: only this machine can reach us, and while there are no keys nobody needs one."""
        self._app = app
        self._keys = keys
        self._limiter = limiter
        self._local = local

    async def __call__(self, scope: Connection, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = str(uuid4())
        scope.setdefault("state", {})["request"] = request
        told: dict[str, str] = {"Request-Id": request}

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(told)
            await send(message)

        try:
            if not scope["path"].startswith(OPEN):
                scope["state"]["caller"] = caller = await self._admit(Headers(scope=scope))
                told |= self._count(caller)
        except Refusal as refusal:
            await refusal.response(instance_of(scope))(scope, receive, marked)
            return
        await self._app(scope, receive, marked)

    async def _admit(self, headers: Headers) -> Caller:
        """Return who asks. Raises `Refusal`."""
        try:
            sent = headers.get("authorization")
            if sent is None and self._local and not await self._keys.any():
                return _local(headers)
            kind, _, key = (sent or "").partition(" ")
            found = await self._keys.holder(key.strip()) if kind.lower() == "bearer" else None
        except StoreError as error:
            raise Refusal("unavailable", str(error), headers=retry_after(1)) from error
        if found is None:
            detail = "Send Authorization: Bearer and a key that is good; assist keys create makes one."
            raise Refusal("unauthenticated", detail, headers={"WWW-Authenticate": 'Bearer realm="assist"'})
        return Caller(found.id, frozenset(found.scopes))

    def _count(self, caller: Caller) -> dict[str, str]:
        """Return what is told of the caller's allowance. Raises `Refusal` if it is used up."""
        verdict = self._limiter.ask(caller.id, asyncio.get_running_loop().time())
        told = _allowance(self._limiter, verdict)
        if not verdict.allowed:
            raise Refusal("too-many-requests", headers=told | retry_after(verdict.retry_after))
        return told


def _local(headers: Headers) -> Caller:
    """Return whoever is on this machine. Raises `Refusal` if a web page of elsewhere may be behind it."""
    host, origin = headers.get("host", ""), headers.get("origin")
    for name in (urlsplit(f"//{host}").hostname, urlsplit(origin).hostname if origin else "localhost"):
        if name not in HERE:
            raise Refusal("forbidden", "As long as there is no key, only this machine may ask, and by its own name.")
    return LOCAL


def _allowance(limiter: Limiter, verdict: Verdict) -> dict[str, str]:
    return {
        "RateLimit-Policy": f'"key";q={limiter.burst};w={max(round(limiter.burst / limiter.rate), 1)}',
        "RateLimit": f'"key";r={verdict.remaining};t={max(round(verdict.full_after), 1)}',
    }
