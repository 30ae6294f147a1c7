"""How routes describe themselves in the OpenAPI document."""

from collections.abc import Mapping
from typing import Any, Final

from assist.api import problem
from assist.api.problem import TITLES, Problem

JSON: Final = "application/json"
_LIMITS: Final = {
    "RateLimit-Policy": {"description": "How often one key may ask.", "schema": {"type": "string"}},
    "RateLimit": {"description": "How often it may at once from now on.", "schema": {"type": "string"}},
}
_RETRY: Final = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer", "minimum": 1}}}
_ALWAYS: Final = (401, 403, 406, 422, 429, 500, 503)


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the answers that are problems: these, and those that any request may get."""
    return {status: _problem(status) for status in sorted({*statuses, *_ALWAYS})}


def _problem(status: int) -> dict[str, Any]:
    names = [name for name, (number, _) in TITLES.items() if number == status]
    described: dict[str, Any] = {
        "description": "; ".join(f"{name}: {TITLES[name][1]}" for name in names),
        "content": {problem.MEDIA_TYPE: {"schema": {"$ref": f"#/components/schemas/{Problem.__name__}"}}},
    }
    if status in (429, 503):
        described["headers"] = _RETRY
    return described


def linked(**links: tuple[str, Mapping[str, str]]) -> dict[str, Any]:
    """Return links from an answer to other operations, given by their ids, with their parameters."""
    return {
        "headers": _LIMITS,
        "links": {
            name: {"operationId": operation, "parameters": dict(parameters)}
            for name, (operation, parameters) in links.items()
        },
    }


def media(*kinds: str, schema: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return an answer, or a body, of these media types."""
    return {"content": {kind: {"schema": dict(schema or {"type": "string"})} for kind in kinds}}


def body(*kinds: str, schema: Mapping[str, Any], example: str) -> dict[str, Any]:
    """Return a body that a route reads by itself."""
    content = {kind: {"schema": dict(schema), "example": example} for kind in kinds}
    return {"requestBody": {"required": True, "content": content}}
