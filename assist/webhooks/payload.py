"""What is sent. Words and numbers are looked up only now, for an endpoint that wants them, and kept nowhere."""

import json
from collections.abc import Mapping
from typing import Final

from assist.campaign.ledger.views import Views
from assist.store import OUT_OF_CALL, Store, bounded
from assist.webhooks.model import Endpoint, Event, EventType
from assist.webhooks.news import iso

_SPEAKERS: Final[Mapping[str, str]] = {"Heard": "caller", "Said": "assistant"}


class Payloads:
    """Every method raises `StoreError`."""

    def __init__(self, store: Store, views: Views) -> None:
        self._store = store
        self._views = views

    async def of(self, event: Event, endpoint: Endpoint) -> str | None:
        """Return what to send to *endpoint*; None: there is nothing to tell any more, since what was said is gone."""
        told: dict[str, object] = {"type": event.type, "timestamp": iso(event.at), "data": {**event.data}}
        if event.type is EventType.CALL_TRANSCRIPT:
            words = await self._words(str(event.data["call"]))
            if not words:
                return None
            told["data"] = {**event.data, "words": words}
        elif endpoint.numbers and "contact" in event.data:
            told["data"] = {**event.data, "number": await self._number(event)}
        return json.dumps(told, ensure_ascii=False, separators=(",", ":"))

    async def _words(self, call: str) -> list[dict[str, object]]:
        found = []
        for entry, fields in await self._store.events(call):
            if speaker := _SPEAKERS.get(fields["kind"]):
                at = int(entry.partition("-")[0]) / 1000
                found.append({"at": iso(at), "speaker": speaker, "text": json.loads(fields["data"])["text"]})
        return found

    async def _number(self, event: Event) -> str | None:
        campaign, contact = str(event.data["campaign"]), str(event.data["contact"])
        async with bounded(OUT_OF_CALL):
            standings = await self._views.standings(campaign, [contact])
        return standings[0].contact.number if standings else None
