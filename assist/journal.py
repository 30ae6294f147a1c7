"""Writes down what happens in a call: its events where the words expire, and its record, without words, for good."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Self

from pydantic import TypeAdapter

from assist.call.channel import Line
from assist.call.events import Answered, CallBack, Ended, Event, Heard, OptedOut, Said, Started, Transferred, Turn
from assist.errors import StoreError
from assist.provider.bill import Item
from assist.provider.member import TookOver
from assist.store import IN_CALL, OUT_OF_CALL, CallRecord, Store, TurnRecord, UseRecord
from assist.store import Event as StoredEvent

log = logging.getLogger(__name__)

BACKLOG = 500
"""Events that wait for a store that does not answer; then the oldest are dropped, since the call must not wait."""

WAIT = timedelta(seconds=5)
"""For the next event; then it is asked for again."""

_KINDS: dict[str, TypeAdapter[Any]] = {
    kind.__name__: TypeAdapter(kind)
    for kind in (Started, Answered, Heard, Said, Turn, Transferred, TookOver, OptedOut, CallBack, Ended)
}


async def _always() -> bool:
    return True


async def follow(store: Store, call: str, up: Callable[[], Awaitable[bool]] = _always) -> AsyncIterator[Event]:
    """Yield what happens in *call*, from its beginning to its end. Raises `StoreError`.

    *up* is asked whether the call still is, when nothing happens: one that no worker held to its end is over untold.
    """
    last, over = "0", False
    while True:
        news = await store.events(call, last, wait=WAIT)
        for identity, fields in news:
            last = identity
            event = event_of(fields)
            yield event
            if isinstance(event, Ended):
                return
        if not news and over:
            return
        over = not news and not await up()


def event_of(fields: StoredEvent) -> Event:
    """Return the event that is stored so."""
    event: Event = _KINDS[fields["kind"]].validate_json(fields["data"])
    return event


def fields_of(event: Event) -> StoredEvent:
    """Return *event* as it is stored."""
    kind = type(event).__name__
    return {"kind": kind, "data": _KINDS[kind].dump_json(event).decode()}


async def turns_of(store: Store, call: str) -> list[TurnRecord]:
    """Return the turns of *call* so far. Raises `StoreError`, soon."""
    told = await store.events(call, within=IN_CALL)
    return [_record(_KINDS["Turn"].validate_json(fields["data"])) for _, fields in told if fields["kind"] == "Turn"]


def _record(turn: Turn) -> TurnRecord:
    return TurnRecord(turn.end_of_turn_ms, turn.stt_ms, turn.llm_ms, turn.tts_ms, turn.first_audio_ms, turn.interrupted)


def _use(item: Item) -> UseRecord:
    return UseRecord(item.kind, item.engine, item.model, item.cost_usd, asdict(item.amount))


class Journal:
    """One call's, as an asynchronous context; `write` is the call's diary."""

    def __init__(
        self, store: Store, line: Line, assistant: str, started: datetime, turns: Sequence[TurnRecord] = ()
    ) -> None:
        """*turns* are those that another worker held."""
        self._store = store
        self._line = line
        self._assistant = assistant
        self._started = started
        self._turns = list(turns)
        self._cause = "UNKNOWN"
        self._answered_by = ""
        self._waiting: asyncio.Queue[Event | None] = asyncio.Queue(BACKLOG)

    async def __aenter__(self) -> Self:
        self._writing = asyncio.create_task(self._write_down(), name="journal")
        return self

    async def __aexit__(self, *_: object) -> None:
        self._put(None)
        await self._writing

    def write(self, event: Event) -> None:
        """Take *event* down soon; returns at once."""
        if isinstance(event, Turn):
            self._turns.append(_record(event))
        if isinstance(event, Answered):
            self._answered_by = event.kind
        if isinstance(event, Ended):
            self._cause = event.cause
        self._put(event)

    async def conclude(self, used: Iterable[Item] = ()) -> None:
        """Add the call to the history, with the engines it *used*, and forget how to go on with it."""
        uses = tuple(map(_use, used))
        record = CallRecord(
            self._line.id,
            self._assistant,
            self._line.direction,
            self._started,
            self._started,
            datetime.now(UTC),
            self._cause,
            tuple(self._turns),
            sum((use.cost_usd for use in uses if use.cost_usd), Decimal(0)),
            uses,
            self._answered_by,
        )
        try:
            await self._store.history.record(record)
            await self._store.end_session(self._line.id, within=OUT_OF_CALL)
        except StoreError as error:
            log.warning("the call is missing in the history: %s", error)

    def _put(self, event: Event | None) -> None:
        try:
            self._waiting.put_nowait(event)
        except asyncio.QueueFull:
            self._waiting.get_nowait()
            self._waiting.put_nowait(event)

    async def _write_down(self) -> None:
        answers = True
        while event := await self._waiting.get():
            fields = fields_of(event)
            # A store that does not answer is not waited for again and again: the end of the call waits for us.
            within = OUT_OF_CALL if answers else IN_CALL
            try:
                await self._store.add_event(self._line.id, fields, within=within)
                if isinstance(event, Started) and not event.resumed:
                    await self._store.history.begin(self._line.id, self._assistant, self._line.direction, within=within)
                answers = True
            except StoreError as error:
                log.warning("an event of the call is lost: %s", error)
                answers = False
