"""Signs what is sent, so that whoever receives it knows that it is ours: https://www.standardwebhooks.com."""

import secrets
from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from standardwebhooks import Webhook

BYTES: Final = 32
"""Of a secret; the specification asks for 24 to 64."""


def new_secret() -> str:
    """Return a secret that nobody else has, as ``whsec_…``."""
    return f"whsec_{b64encode(secrets.token_bytes(BYTES)).decode()}"


def signed(identity: str, at: datetime, body: str, keys: Sequence[str]) -> Mapping[str, str]:
    """Return the headers that *body* is sent with: a signature by each of the *keys*, any of which is enough.

    *identity* is the message's, the same each time it is sent; *at* is when, and knows its zone.
    """
    return {
        "content-type": "application/json",
        "webhook-id": identity,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(Webhook(key).sign(identity, at, body) for key in keys),
    }
