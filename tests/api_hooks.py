"""What schemathesis is told of the API that no document can say; it loads this file by itself."""

from typing import Any
from uuid import uuid4

import schemathesis

KEY = "Idempotency-Key"
REAL = {"name": "uno"}
"""Of the assistant and the campaign that there are: what is made up is seldom the name of anything."""
CALL = {"to": "+34910000101", "assistant": "uno"}


@schemathesis.hook
def before_call(context: schemathesis.HookContext, case: schemathesis.Case[Any], kwargs: dict[str, Any]) -> None:
    """Let right requests be about what there is, every other time, and have new keys: one used again is refused."""
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    if KEY in (case.headers or {}):
        case.headers[KEY] = str(uuid4())
    if hash(case.id) % 2:
        return
    for name, value in REAL.items():
        if name in (case.path_parameters or {}):
            case.path_parameters[name] = value
    if isinstance(case.body, dict) and CALL.keys() <= case.body.keys():
        case.body |= CALL


@schemathesis.serializer("application/x-ndjson")
def ndjson(context: schemathesis.SerializationContext, value: Any) -> Any:
    """Send text as it is."""
    return value.encode() if isinstance(value, str) else str(value).encode()
