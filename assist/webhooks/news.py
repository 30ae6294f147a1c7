"""What the streams say, as events: nothing here waits."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from assist.campaign.model import Outcome
from assist.store import CallRecord
from assist.store import Event as Entry
from assist.webhooks.model import Event, EventType, event_id

_STATES: Mapping[str, EventType] = {
    "running": EventType.CAMPAIGN_STARTED,
    "paused": EventType.CAMPAIGN_PAUSED,
    "cancelled": EventType.CAMPAIGN_CANCELLED,
    "finished": EventType.CAMPAIGN_FINISHED,
}


def of_calls(entry: str, fields: Entry, record: CallRecord | None) -> Iterator[Event]:
    """Yield what an entry of `assist.store.NEWS` says; *record* is the call's, once it is over."""
    at, call = _at(entry), fields["call"]
    if fields["kind"] == "began":
        began = {"call": call, "assistant": fields["assistant"], "direction": fields["direction"]}
        yield _of_call(EventType.CALL_STARTED, at, call, began)
    elif record:
        yield _of_call(EventType.CALL_ENDED, at, call, _ended(record))
        yield _of_call(EventType.CALL_TRANSCRIPT, at, call, {"call": call, "assistant": record.assistant})


def of_campaign(campaign: str, entry: str, fields: Entry) -> Iterator[Event]:
    """Yield what an entry of the campaign's stream in the ledger says, if anything that is told."""
    of = {"campaign": campaign}
    match fields["kind"]:
        case "state" if kind := _STATES.get(fields["state"]):
            yield _of_entry(kind, campaign, entry, of)
        case "breaker":
            counts = {"failed": int(fields["failed"]), "short": int(fields["short"])}
            yield _of_entry(EventType.CAMPAIGN_BREAKER, campaign, entry, {**of, **counts})
        case "finished":
            yield _of_entry(EventType.ATTEMPT_ENDED, campaign, entry, {**of, **_attempt(fields)})
        case "done":
            done = {**of, "contact": fields["contact"], "outcome": fields["outcome"]}
            yield _of_entry(EventType.CONTACT_DONE, campaign, entry, done)
            if fields["outcome"] == Outcome.OPTED_OUT:
                yield _of_entry(EventType.CONTACT_OPTED_OUT, campaign, entry, {**of, "contact": fields["contact"]})


def iso(moment: float) -> str:
    """Return *moment*, seconds since the epoch, as events tell it."""
    text = datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def _at(entry: str) -> float:
    """Return when an entry was written: its id begins with that."""
    return int(entry.partition("-")[0]) / 1000


def _of_call(kind: EventType, at: float, call: str, data: Mapping[str, object]) -> Event:
    # Once for a call, however often it was written down.
    return Event(event_id(kind, call), kind, at, data)


def _of_entry(kind: EventType, campaign: str, entry: str, data: Mapping[str, object]) -> Event:
    return Event(event_id(kind, campaign, entry), kind, _at(entry), data)


def _ended(record: CallRecord) -> Mapping[str, object]:
    since = record.answered or record.ended
    return {
        "call": record.id,
        "assistant": record.assistant,
        "direction": record.direction,
        "started": iso(record.started.timestamp()),
        "answered": record.answered and iso(record.answered.timestamp()),
        "ended": iso(record.ended.timestamp()),
        "seconds": round((record.ended - since).total_seconds(), 3),
        "cause": record.cause,
        "answered_by": record.answered_by or None,
        "turns": len(record.turns),
        "cost_usd": str(record.cost_usd),
    }


def _attempt(fields: Entry) -> Mapping[str, object]:
    then = fields["then"]
    again = then.isdecimal()
    return {
        "contact": fields["contact"],
        "call": fields["attempt"],
        "result": fields["result"],
        "seconds": int(fields["ms"]) / 1000,
        "again_at": iso(int(then) / 1000) if again else None,
        "outcome": None if again else then,
    }
