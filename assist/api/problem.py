"""Errors as RFC 9457 has them: every answer from 400 on is ``application/problem+json``, the framework's own included.

What a problem says holds ids, counts and names of fields; it never repeats words, telephone numbers or keys.
"""

import http
import logging
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.routing import compile_path
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assist.errors import ConfigurationError, ConnectionLost, StoreError

log = logging.getLogger(__name__)

MEDIA_TYPE: Final = "application/problem+json"
_PREFIX: Final = "urn:assist:problem:"

TITLES: Final[Mapping[str, tuple[int, str]]] = {
    "malformed": (400, "This is not what it says it is"),
    "unauthenticated": (401, "Who asks is not known"),
    "forbidden": (403, "This key may not do that"),
    "destination-not-allowed": (403, "This number is not called from here"),
    "do-not-call": (403, "This number is not to be called"),
    "not-found": (404, "There is no such thing"),
    "method-not-allowed": (405, "This cannot be done with it"),
    "not-acceptable": (406, "There is nothing of the kind that is accepted"),
    "conflict": (409, "As things are, this is not possible"),
    "in-flight": (409, "The same request is being worked on"),
    "not-ready": (409, "Something is missing"),
    "gone": (410, "It was here, and was removed"),
    "precondition-failed": (412, "It has changed meanwhile"),
    "too-large": (413, "This is too large"),
    "unsupported-media-type": (415, "This kind of content is not taken here"),
    "range-not-satisfiable": (416, "There is no such part of it"),
    "invalid": (422, "Something in the request is wrong"),
    "key-reused": (422, "This idempotency key was used for another request"),
    "precondition-required": (428, "Say which version is to be changed"),
    "too-many-requests": (429, "This is too often"),
    "limit-reached": (429, "There are enough calls for today"),
    "internal": (500, "We have made a mistake"),
    "unavailable": (503, "Something that this needs cannot be reached"),
}
"""By the last word of their type: status, and what it means."""

_BY_STATUS: Final = {
    400: "malformed",
    401: "unauthenticated",
    403: "forbidden",
    404: "not-found",
    405: "method-not-allowed",
    406: "not-acceptable",
    409: "conflict",
    412: "precondition-failed",
    413: "too-large",
    415: "unsupported-media-type",
    416: "range-not-satisfiable",
    422: "invalid",
    428: "precondition-required",
    429: "too-many-requests",
    503: "unavailable",
}


class Fault(BaseModel):
    """One thing that is wrong."""

    detail: str = Field(description="What is wrong, and the mend.")
    pointer: str = Field(default="", description="Where: a JSON pointer, a parameter, or a line of a file.")


class Problem(BaseModel):
    """Why a request came to nothing (RFC 9457)."""

    type: str = Field(description="Which kind of problem, for programs.", examples=[f"{_PREFIX}not-found"])
    title: str = Field(description="What that kind means.")
    status: int = Field(ge=400, le=599)
    detail: str = Field(default="", description="What is the matter here, and the mend.")
    instance: str = Field(default="", description="Id of the request, as our log has it.")
    errors: list[Fault] = Field(default_factory=list, description="Everything that is wrong.")


class Refusal(Exception):
    """A request comes to nothing, of one of the kinds in `TITLES`."""

    def __init__(
        self, kind: str, detail: str = "", errors: Sequence[Fault] = (), headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(kind)
        self.kind = kind
        self.detail = detail
        self.errors = errors
        self.headers = dict(headers or {})

    def response(self, instance: str) -> Response:
        """Return the answer to the request *instance*."""
        status, title = TITLES[self.kind]
        problem = Problem(
            type=f"{_PREFIX}{self.kind}",
            title=title,
            status=status,
            detail=self.detail,
            instance=instance,
            errors=list(self.errors),
        )
        return Response(problem.model_dump_json(), status, self.headers, MEDIA_TYPE)


def retry_after(seconds: float) -> dict[str, str]:
    """Return the header that says when to try again."""
    return {"Retry-After": str(max(1, math.ceil(seconds)))}


def instance_of(scope: Scope) -> str:
    """Return the id of a request."""
    return f"urn:uuid:{scope['state']['request']}" if "request" in scope.get("state", {}) else ""


def install(app: FastAPI) -> None:
    """Let *app* answer every error with a problem."""

    methods: list[tuple[re.Pattern[str], str]] = []

    async def answer(request: Request, error: Exception) -> Response:
        refusal = _refusal_of(error)
        if refusal.kind == "method-not-allowed":
            if not methods:
                methods.extend(_methods(app))
            refusal.headers["Allow"] = next(
                (names for path, names in methods if path.fullmatch(request.url.path)), refusal.headers.get("allow", "")
            )
        return refusal.response(instance_of(request.scope))

    for kind in (
        Refusal,
        RequestValidationError,
        HTTPException,
        StoreError,
        ConnectionLost,
        ConfigurationError,
        Exception,
    ):
        app.add_exception_handler(kind, answer)


def _methods(app: FastAPI) -> Iterator[tuple[re.Pattern[str], str]]:
    """Yield what every path looks like, with what can be done there: each route knows only its own part of that."""
    paths = app.openapi()["paths"]
    # One without variables goes before one that would match it as well.
    for path in sorted(paths, key=lambda path: "{" in path):
        yield compile_path(path)[0], ", ".join(sorted(name.upper() for name in paths[path]))


def _refusal_of(error: Exception) -> Refusal:
    match error:
        case Refusal():
            return error
        case RequestValidationError():
            return _invalid(error)
        case HTTPException():
            return Refusal(_kind(error.status_code), headers=error.headers)
        case StoreError() | ConnectionLost():
            log.warning("a request came to nothing: %s", error)
            return Refusal("unavailable", str(error), headers=retry_after(1))
        case ConfigurationError():
            return Refusal("conflict", str(error))
    return Refusal("internal", "It is in our log, under this instance.")


def _kind(status: int) -> str:
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    return "internal" if status >= 500 else "malformed"


def _invalid(error: RequestValidationError) -> Refusal:
    faults = [_fault(detail) for detail in error.errors()]
    if any(detail["type"] == "json_invalid" for detail in error.errors()):
        return Refusal("malformed", "The body is no JSON.", faults)
    return Refusal("invalid", errors=faults)


def _fault(detail: Mapping[str, Any]) -> Fault:
    """Return what is wrong without repeating it."""
    where, *path = detail["loc"]
    what = str(detail["msg"]).removeprefix("Value error, ")
    pointer = "".join(f"/{step}" for step in path) if where == "body" else ".".join(map(str, [where, *path]))
    return Fault(detail=what[:1].lower() + what[1:], pointer=pointer)


class OnlyProblems:
    """Makes a problem of every answer from 400 on that is none: what the framework and its parts say in plain text."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        replaced = False

        async def told(message: Message) -> None:
            nonlocal replaced
            if message["type"] == "http.response.start" and not _is_well(message):
                replaced = True
                await _replacement(message, scope)(scope, receive, send)
            elif not replaced:
                await send(message)

        await self._app(scope, receive, told)


def _is_well(start: Message) -> bool:
    if start["status"] < http.HTTPStatus.BAD_REQUEST:
        return True
    return any(name == b"content-type" and value.startswith(MEDIA_TYPE.encode()) for name, value in start["headers"])


def _replacement(start: Message, scope: Scope) -> Response:
    kept = {b"allow", b"content-range", b"retry-after", b"www-authenticate", b"request-id"}
    headers = {name.decode(): value.decode() for name, value in start["headers"] if name in kept}
    return Refusal(_kind(start["status"]), headers=headers).response(instance_of(scope))
