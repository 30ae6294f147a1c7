"""How endpoints, events and deliveries are written down."""

from collections.abc import Mapping

from pydantic import TypeAdapter

from assist.webhooks.model import Delivery, DeliveryState, Endpoint, Event

_EVENT = TypeAdapter(Event)
_ENDPOINT = TypeAdapter(Endpoint)


def event_record(event: Event) -> str:
    return _EVENT.dump_json(event).decode()


def event_of(record: bytes) -> Event:
    return _EVENT.validate_json(record)


def endpoint_record(endpoint: Endpoint) -> str:
    """Return what its owner wants of it; how it does is written down apart."""
    return _ENDPOINT.dump_json(endpoint, exclude={"disabled", "failing_since"}).decode()


def endpoint_of(record: bytes, standing: Mapping[bytes, bytes]) -> Endpoint:
    """Return the endpoint, with how it does."""
    return _ENDPOINT.validate_python(
        {
            **_ENDPOINT.dump_python(_ENDPOINT.validate_json(record)),
            "disabled": standing[b"disabled"].decode() if b"disabled" in standing else None,
            "failing_since": int(standing[b"failing"]) / 1000 if b"failing" in standing else None,
        }
    )


def delivery_of(identity: str, fields: Mapping[bytes, bytes]) -> Delivery:
    state = DeliveryState(fields[b"state"].decode())
    return Delivery(
        identity,
        fields[b"endpoint"].decode(),
        event_of(fields[b"event"]),
        state,
        int(fields[b"tries"]),
        int(fields[b"created"]) / 1000,
        int(fields[b"due"]) / 1000 if state is DeliveryState.WAITING else None,
        int(fields[b"ended"]) / 1000 if state is not DeliveryState.WAITING else None,
        int(fields.get(b"status") or 0) or None,
        fields.get(b"reason", b"").decode(),
    )
