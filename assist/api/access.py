"""What a route asks of whoever comes: a scope, a kind of content, a version."""

from typing import Annotated, Any

from fastapi import Depends, Request

from assist.api.door import Caller
from assist.api.keys import Scope
from assist.api.problem import Refusal


async def caller_of(request: Request) -> Caller:
    """Return who asks."""
    caller: Caller = request.scope["state"]["caller"]
    return caller


Asker = Annotated[Caller, Depends(caller_of)]


def needs(scope: Scope) -> Any:
    """Return a dependency that lets only those in whose key has *scope*."""

    async def check(request: Request) -> None:
        if not request.scope["state"]["caller"].may(scope):
            raise Refusal("forbidden", f"This takes a key with the scope {scope}.")

    return Depends(check)


def answers(*kinds: str) -> Any:
    """Return a dependency that lets only those in who accept one of these media types."""

    async def check(request: Request) -> None:
        accept = request.headers.get("accept", "*/*")
        if accept != "*/*" and not any(_accepts(accept, kind) for kind in kinds):
            raise Refusal("not-acceptable", f"Here is {' or '.join(kinds)}.")

    return Depends(check)


def takes(*kinds: str) -> Any:
    """Return a dependency that lets only those in whose body is of one of these media types."""

    async def check(request: Request) -> None:
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in kinds:
            raise Refusal("unsupported-media-type", f"Send {' or '.join(kinds)}.")

    return Depends(check)


def _accepts(accept: str, kind: str) -> bool:
    return _quality(accept, kind) > 0


def _quality(accept: str, kind: str) -> float:
    """Return how welcome *kind* is, by the most specific range that it is in."""
    found = [(_specific(name), quality) for name, quality in map(_range, accept.split(",")) if _matches(name, kind)]
    return max(found, default=(0, 0.0))[1]


def _range(text: str) -> tuple[str, float]:
    name, *parameters = (part.strip().lower() for part in text.split(";"))
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return name, float(parameter[2:])
            except ValueError:
                return name, 0.0
    return name, 1.0


def _matches(name: str, kind: str) -> bool:
    return name in ("*/*", "", kind) or (name.endswith("/*") and kind.startswith(name[:-1]))


def _specific(name: str) -> int:
    return 0 if name in ("*/*", "") else 1 if name.endswith("/*") else 2
