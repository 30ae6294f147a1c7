"""Server-sent events: what happens, told while it happens."""

import logging
from contextlib import aclosing
from typing import Annotated, Final

from fastapi import Header
from fastapi.responses import StreamingResponse
from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event
from starlette.types import Receive, Scope, Send

from assist.aio import Stream
from assist.api.hub import TooMany
from assist.errors import StoreError

log = logging.getLogger(__name__)

MEDIA_TYPE: Final = "text/event-stream"
HEADERS: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}

LastEventId = Annotated[
    str | None,
    Header(
        alias="Last-Event-ID",
        pattern=r"^[0-9]{1,15}(-[0-9]{1,15})?$",
        description="The last event that was seen: only those after it are told.",
    ),
]


class EventStream(StreamingResponse):
    """Events until *told* ends, or whoever listens goes."""

    media_type = MEDIA_TYPE

    def __init__(self, told: Stream[bytes]) -> None:
        super().__init__(_as_far_as_possible(told), headers=HEADERS)
        self._told = told

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with aclosing(self._told):
            await super().__call__(scope, receive, send)


async def _as_far_as_possible(told: Stream[bytes]) -> Stream[bytes]:
    """Yield what is told; where that ends too early, whoever listens comes again from where he was."""
    try:
        async for piece in told:
            yield piece
    except (StoreError, TooMany) as error:
        log.warning("a stream of events ends early: %s", error or type(error).__name__)


def event(kind: str, identity: str, data: str) -> bytes:
    """Return one event as it is sent: *data* is JSON."""
    return format_sse_event(data_str=data, event=kind, id=identity)


def quiet() -> bytes:
    """Return what is sent so that nobody on the way takes the connection for dead."""
    return KEEPALIVE_COMMENT
