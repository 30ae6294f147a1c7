"""Tests for signatures, read by the specification's own library."""

from base64 import b64decode
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from assist.web.signature import new_secret, signed


def test_whoever_has_the_secret_knows_that_a_message_is_ours() -> None:
    key = new_secret()
    headers = signed("evt_1", datetime.now(UTC), '{"type":"ping"}', [key])
    assert Webhook(key).verify('{"type":"ping"}', dict(headers)) == {"type": "ping"}


@pytest.mark.parametrize("number", [0, 1])
def test_either_of_two_secrets_is_enough(number: int) -> None:
    keys = [new_secret(), new_secret()]
    headers = signed("evt_1", datetime.now(UTC), "{}", keys)
    assert Webhook(keys[number]).verify("{}", dict(headers)) == {}


def test_another_body_is_not_ours() -> None:
    key = new_secret()
    headers = signed("evt_1", datetime.now(UTC), "{}", [key])
    with pytest.raises(WebhookVerificationError):
        Webhook(key).verify("[]", dict(headers))


def test_secrets_are_long_and_differ() -> None:
    one, other = new_secret(), new_secret()
    assert len(b64decode(one.removeprefix("whsec_"))) == 32
    assert one != other


def test_a_message_of_the_specification_has_its_signature() -> None:
    """The example that all libraries of the specification test themselves with."""
    at = datetime.fromtimestamp(1614265330, UTC)
    headers = signed(
        "msg_p5jXN8AQM9LWM0D4loKWxJek", at, '{"test": 2432232314}', ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
