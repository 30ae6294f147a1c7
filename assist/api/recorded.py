"""What is written down of requests: every change, and every look at what was said or at who was called."""

from typing import Final

from fastapi import Request

from assist.api.rooms import Here

PERSONAL: Final = frozenset(
    {
        "getTranscript",
        "getRecording",
        "followCall",
        "listContacts",
        "getContact",
        "getResultsAsCsv",
        "getResultsAsNdjson",
        "getImportErrors",
    }
)
"""Operations that change nothing, and show what is personal."""
_SAFE: Final = frozenset({"GET", "HEAD"})


async def recorded(request: Request, rooms: Here) -> None:
    """Write down who asks for what, before it is done, be it allowed or not."""
    operation = getattr(request.scope["route"], "operation_id", None) or request.method
    if request.method in _SAFE and operation not in PERSONAL:
        return
    subject = "/".join(map(str, request.path_params.values()))
    await rooms.store.audit.record(f"key:{request.scope['state']['caller'].id}", f"api.{operation}", subject)
